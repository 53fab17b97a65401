import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { createGates } from '../../src/otp/gate-client'
import { createVerificationId, gateIdOf, verificationIdsOf } from '../../src/otp/verification-id'

const gateId = env.PHONE_GATE.idFromName('a number').toString()
const id = createVerificationId(gateId)

describe('a verification id', () => {
  it('carries the id of its gate', () => {
    expect(gateIdOf(id)).toBe(gateId)
    expect(env.PHONE_GATE.idFromString(gateIdOf(id)!).equals(env.PHONE_GATE.idFromName('a number'))).toBe(true)
  })

  it.each(['0'.repeat(64), 'f'.repeat(64), `00${'ab'.repeat(31)}`])('carries %s', (hex) => {
    expect(gateIdOf(createVerificationId(hex))).toBe(hex)
  })

  it('is new every time, opaque, and fit for a URL', () => {
    const ids = new Set(Array.from({ length: 1_000 }, () => createVerificationId(gateId)))
    expect(ids.size).toBe(1_000)
    for (const one of ids) expect(one).toMatch(/^ver_[\w-]{64}$/)
  })

  it.each([
    ['nothing', ''],
    ['the prefix alone', 'ver_'],
    ['no prefix', id.slice(4)],
    ['another prefix', `com_${id.slice(4)}`],
    ['another case of the prefix', `VER_${id.slice(4)}`],
    ['one cut off', id.slice(0, -1)],
    ['four cut off', id.slice(0, -4)],
    ['something added', `${id}AAAA`],
    ['a character that is none of base64url', `${id.slice(0, -1)}+`],
    ['a space inside', `${id.slice(0, 20)} ${id.slice(20)}`],
    ['padding', `${id}=`],
    ['a percent sign', `${id.slice(0, -3)}%41`],
    ['a gate id itself', gateId],
    ['a UUID', '0198c7f0-7b1a-7cc3-98c4-dc0c0c07398f'],
    ['NUL', `${id.slice(0, -1)}\0`],
    ['a path', '../../etc/passwd'],
  ])('is not %s', (_name, text) => {
    expect(gateIdOf(text)).toBeUndefined()
  })
})

describe('the ids of a gate', () => {
  // The last four bits of a gate's id share a character with the random part.
  const GATES = [gateId, '0'.repeat(64), 'f'.repeat(64), `${'0'.repeat(63)}f`, `${'f'.repeat(63)}0`, `00${'ab'.repeat(31)}`]

  it.each(GATES)('all stand in one range: %s', (hex) => {
    const { from, until } = verificationIdsOf(hex)
    for (let nth = 0; nth < 200; nth++) {
      const one = createVerificationId(hex)
      expect(from < one && one < until).toBe(true)
    }
    expect(from).toHaveLength('ver_'.length + 42)
  })

  it('stand apart from those of all others', () => {
    const { from, until } = verificationIdsOf(gateId)
    for (let nth = 0; nth < 200; nth++) {
      const other = createVerificationId(env.PHONE_GATE.idFromName(`another number, ${nth}`).toString())
      expect(from < other && other < until).toBe(false)
    }
  })

  it('are found there by D1, which orders texts as we do', async () => {
    const { from, until } = verificationIdsOf(gateId)
    const isBetween = (one: string) =>
      env.DB.prepare('SELECT ?1 >= ?2 AND ?1 < ?3')
        .bind(one, from, until)
        .raw<[number]>()
        .then((rows) => rows[0]![0])
    expect(await isBetween(id)).toBe(1)
    expect(await isBetween(createVerificationId('a'.repeat(64)))).toBe(0)
  })
})

describe('the gate that an id names', () => {
  const gates = createGates(
    env.PHONE_GATE,
    () => Promise.resolve('a number'),
    () => {},
  )

  it('is found without a look-up', () => {
    expect(gates.forVerification(id)?.gateId).toBe(gateId)
  })

  it('is the one of the number', async () => {
    const { gate, phoneHash } = await gates.forPhone('+917888888888')
    expect(gate.gateId).toBe(gateId)
    expect(phoneHash).toBe('a number')
  })

  it.each(['0'.repeat(64), 'f'.repeat(64), gateId.replace(/.$/, (last) => (last === '0' ? '1' : '0'))])(
    'is none where the object id is not one of ours: %s',
    (foreign) => {
      const forged = createVerificationId(foreign)
      expect(gateIdOf(forged)).toBe(foreign)
      expect(gates.forVerification(forged)).toBeUndefined()
    },
  )

  it('is none for a garbled id', () => {
    expect(gates.forVerification('ver_garbled')).toBeUndefined()
  })
})
