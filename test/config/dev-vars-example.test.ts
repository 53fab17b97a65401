import { describe, expect, it } from 'vitest'
import example from '../../.dev.vars.example?raw'
import { loadConfig } from '../../src/config/load-config'
import { variablesSchema } from '../../src/config/variables'
import { aSecret } from '../support/secrets'

const SETTING = /^(# )?([A-Z][A-Z0-9_]*)=(.*)$/
const lines = example.split('\n')
const settings = lines.flatMap((line, index) => {
  const match = SETTING.exec(line)
  return match ? [{ index, isCommentedOut: match[1] !== undefined, name: match[2]!, value: match[3]! }] : []
})

describe('.dev.vars.example', () => {
  it('has every variable of the schema, once, and no other', () => {
    expect(settings.map(({ name }) => name).toSorted()).toEqual(Object.keys(variablesSchema.shape).toSorted())
  })

  it('explains every variable in the lines above it', () => {
    for (const { name, index } of settings) {
      const above = lines.slice(0, index).findLast((line) => !SETTING.test(line))
      expect(above, name).toMatch(/^# [a-zA-Z].{20,}\.|openssl rand -hex 32$/)
    }
  })

  it('puts nothing in force but the three secrets, all empty: a deploy button would deploy what stands here', () => {
    const inForce = settings.filter(({ isCommentedOut }) => !isCommentedOut)

    expect(inForce.map(({ name, value }) => [name, value])).toEqual([
      ['OTP_PEPPER', ''],
      ['PHONE_HASH_KEY', ''],
      ['ADMIN_API_KEY', ''],
    ])
  })

  it('shows values that the schema accepts, all together', () => {
    const shown = Object.fromEntries(settings.map(({ name, value }) => [name, value]))
    const secrets = { OTP_PEPPER: aSecret('p'), PHONE_HASH_KEY: aSecret('h') }
    // A number alone would be half a provider.
    const result = loadConfig({ ...shown, ...secrets, GUPSHUP_SOURCE: '' })

    expect(result).toMatchObject({ ok: true, config: { environment: 'development', mockEnabled: true } })
  })

  it('shows the defaults, except where it says otherwise', () => {
    const defaults = loadConfig({ OTP_PEPPER: aSecret('p') })
    const untold = settings.filter(({ index }) => {
      const explanation = lines[index - 1]!
      return !/default/i.test(explanation)
    })
    const shown = Object.fromEntries(untold.map(({ name, value }) => [name, value]))

    expect(Object.keys(shown).length).toBeGreaterThan(10)
    expect(loadConfig({ ...shown, OTP_PEPPER: aSecret('p'), GUPSHUP_SOURCE: '' })).toEqual(defaults)
  })
})
