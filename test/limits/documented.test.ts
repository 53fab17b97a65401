import { describe, expect, it } from 'vitest'
import document from '../../docs/limits.md?raw'
import type { UnverifiedRule } from '../../src/config/abuse'
import { RULE_MODES } from '../../src/config/rule-modes'
import { SHORT_CODE_GUESSES_PER_VERIFICATION, SHORT_CODE_WRONG_GUESSES_PER_24_HOURS } from '../../src/config/limits'
import { loadConfig } from '../../src/config/load-config'
import { variablesSchema } from '../../src/config/variables'
import { hiddenWaitSeconds } from '../../src/limits/hidden-wait'
import { SHARE_AFTER_STRIKE, STRIKES_KEPT_MS, STRIKE_MS } from '../../src/limits/rules/usage'
import { aSecret } from '../support/secrets'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

/** The cells of each row of each table. */
const rows = document
  .split('\n')
  .filter((line) => line.startsWith('| ') || line.startsWith('| `'))
  .map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
const rowWith = (text: string) => rows.find((cells) => cells.some((cell) => cell.includes(text)))!
const prose = document.replaceAll(/\s+/g, ' ')

const result = loadConfig({ OTP_PEPPER: aSecret('p'), ENVIRONMENT: 'production', PHONE_HASH_KEY: aSecret('h') })
if (!result.ok) throw new Error(result.problems.join())
const { limits, abuse } = result.config

describe('docs/limits.md (R-AUT-13)', () => {
  it.each([
    ['SEND_COOLDOWN_SECONDS', `${limits.cooldownSeconds} s`],
    ['SEND_LIMIT_10_MINUTES', `${limits.sendsPer10Minutes}`],
    ['SEND_LIMIT_24_HOURS', `${limits.sendsPer24Hours}`],
    ['GUESS_LIMIT', `${limits.guessesPerVerification}`],
    ['WRONG_GUESS_LIMIT_24_HOURS', `${limits.wrongGuessesPer24Hours}`],
  ])('says of %s what is in force', (name, figure) => {
    expect(rowWith(`\`${name}\``)[1]).toBe(figure)
  })

  it.each(['key', 'address', 'prefix', 'country', 'guess'] as const)('says of the rule %s what is in force', (rule) => {
    const { limit, windowSeconds, share, mode }: UnverifiedRule = abuse[rule]
    const hours = windowSeconds / 3_600
    const [, , figure, window, most, variable] = rows.find(([name]) => name === `\`${rule}\``)!
    expect([figure, window, most]).toEqual([`${limit}`, `${hours} ${hours === 1 ? 'hour' : 'hours'}`, `${share * 100} %`])
    expect(variablesSchema.shape).toHaveProperty(variable!.replaceAll('`', ''))
    expect(document).toContain(`LIMIT_${rule.toUpperCase()}_MODE`)
    expect(mode).toBe('enforce')
  })

  it('says how strikes grow, and are forgotten', () => {
    const [first, ...others] = STRIKE_MS
    expect(prose).toContain(`for ${first / MINUTE_MS} minutes; the next one for 1 hour`)
    expect(others.map((ms) => ms / HOUR_MS)).toEqual([1, 4, 12])
    expect(prose).toContain('1 hour, then 4 hours, then 12 hours each time')
    expect(prose).toContain(`forgotten after ${STRIKES_KEPT_MS / (24 * HOUR_MS)} days`)
    expect([SHARE_AFTER_STRIKE, prose.includes('a quarter of the figure is enough')]).toEqual([0.25, true])
  })

  it('says how a refusal hides its time, and what short codes have', () => {
    expect([hiddenWaitSeconds(1, 0), hiddenWaitSeconds(1, 1)]).toEqual([15 * 60, 20 * 60])
    expect(prose).toContain('rounded up to 15 minutes, with up to 5 more by chance')
    expect(prose).toContain(
      `have ${SHORT_CODE_GUESSES_PER_VERIFICATION} guesses for a verification and ${SHORT_CODE_WRONG_GUESSES_PER_24_HOURS} wrong ones`,
    )
  })

  it('explains every mode, and names only settings that there are', () => {
    for (const mode of RULE_MODES) expect(rowWith(`\`${mode}\``)).toHaveLength(2)
    const named = [...document.matchAll(/`([A-Z][A-Z\d_]{5,})`/g)].map(([, name]) => name!)
    expect(named.length).toBeGreaterThan(12)
    for (const name of named) expect(variablesSchema.shape).toHaveProperty(name)
  })

  it('keeps a number from shutting its neighbours out: what it may have in a day is less than its range', () => {
    expect(limits.sendsPer24Hours).toBeLessThan(abuse.prefix.limit)
    expect(limits.sendsPer24Hours).toBeLessThan(abuse.prefix.leastAfterStrike!)
    expect(prose).toContain(`for a range ${abuse.prefix.leastAfterStrike}`)
  })
})
