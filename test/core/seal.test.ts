import { describe, expect, it } from 'vitest'
import { fromBase64Url, toBase64Url } from '../../src/core/encoding'
import { createSealer } from '../../src/core/seal'

const SECRET = 'a secret for tests only, 32 and more characters'
const PLACE = '123/applicant'
const PHONE = '+919876543210'
const sealer = createSealer(SECRET, 'loan_contact')

describe('createSealer', () => {
  it.each([PHONE, '', 'गुप्त 🔑', 'x'.repeat(10_000)])('opens what it has sealed: %.20s', async (text) => {
    expect(await sealer.open(await sealer.seal(text, PLACE), PLACE)).toBe(text)
  })

  it('opens what another isolate has sealed', async () => {
    expect(await createSealer(SECRET, 'loan_contact').open(await sealer.seal(PHONE, PLACE), PLACE)).toBe(PHONE)
  })

  it('seals one text differently each time, and never shows it', async () => {
    const seals = await Promise.all(Array.from({ length: 100 }, () => sealer.seal(PHONE, PLACE)))
    expect(new Set(seals).size).toBe(100)
    for (const sealed of seals) {
      expect(sealed).toMatch(/^v1\.[\w-]+$/)
      expect(new TextDecoder().decode(fromBase64Url(sealed.slice(3)))).not.toContain(PHONE.slice(1))
    }
    // The start of the seal is the nonce: one that comes twice under a key would give both texts away.
    expect(new Set(seals.map((sealed) => sealed.slice(0, 19))).size).toBe(100)
  })

  it.each(['123/co_applicant', '1234/applicant', '', '123/applicant '])(
    'does not open it in another place: "%s"',
    async (place) => {
      expect(await sealer.open(await sealer.seal(PHONE, PLACE), place)).toBeUndefined()
    },
  )

  it.each([
    ['another secret', createSealer(`${SECRET}.`, 'loan_contact')],
    ['another use of the secret', createSealer(SECRET, 'loan_contacts')],
  ])('does not open it with %s', async (_title, other) => {
    expect(await other.open(await sealer.seal(PHONE, PLACE), PLACE)).toBeUndefined()
  })

  it('does not open it with any bit altered', async () => {
    const bytes = fromBase64Url((await sealer.seal(PHONE, PLACE)).slice(3))!
    for (const [index, byte] of bytes.entries()) {
      const altered = bytes.with(index, byte ^ 1)
      expect(await sealer.open(`v1.${toBase64Url(new Uint8Array(altered))}`, PLACE), `byte ${index}`).toBeUndefined()
    }
  })

  it.each(['', 'v1.', 'v1.AAAA', 'v1.!!!!', PHONE, `v1.${'A'.repeat(16)}`, `v1.${'A'.repeat(200)}`])(
    'opens nothing that is no seal: %s',
    async (text) => {
      expect(await sealer.open(text, PLACE)).toBeUndefined()
    },
  )

  it('opens no seal of another version, cut short or added to', async () => {
    const sealed = await sealer.seal(PHONE, PLACE)
    for (const other of [sealed.replace('v1.', 'v2.'), sealed.slice(3), sealed.slice(0, -1), `${sealed}A`, `${sealed}=`]) {
      expect(await sealer.open(other, PLACE), other).toBeUndefined()
    }
  })
})
