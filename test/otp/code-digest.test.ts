import { describe, expect, it } from 'vitest'
import { toBase64Url } from '../../src/core/encoding'
import { type CodeFacts, createCodeDigester, digestsEqual } from '../../src/otp/code-digest'

const PEPPER = 'a pepper for this test, 32 and more characters'
const OTHER_PEPPER = 'another pepper for this test, as long as that'
const digester = createCodeDigester(PEPPER)

const facts: CodeFacts = {
  codeId: 'AAAAAAAAAAAAAAAAAAAAAA',
  phone: '+917888888888',
  purpose: 'payment',
  bindingHash: 'hash-of-loan-1',
  code: '0042',
}

async function sha256(text: string): Promise<string> {
  return toBase64Url(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))))
}

const fourDigits = Array.from({ length: 10_000 }, (_, code) => String(code).padStart(4, '0'))

describe('the digest of a code', () => {
  it('is the same for the same facts, 43 characters of base64url', async () => {
    const { digest, keyVersion } = await digester.digest(facts)
    expect(digest).toMatch(/^[\w-]{43}$/)
    expect(keyVersion).toMatch(/^[\w-]{8}$/)
    expect(await createCodeDigester(PEPPER).digest({ ...facts })).toEqual({ digest, keyVersion })
    expect(await digester.digestWith(keyVersion, facts)).toBe(digest)
  })

  it.each([
    ['codeId', 'AAAAAAAAAAAAAAAAAAAAAB'],
    ['phone', '+917888888889'],
    ['purpose', 'login'],
    ['bindingHash', 'hash-of-loan-2'],
    ['bindingHash', ''],
    ['code', '0043'],
    ['code', '042'],
    ['code', '42'],
  ] as const)('is another one for another %s (%s)', async (fact, value) => {
    const one = await digester.digest(facts)
    const other = await digester.digest({ ...facts, [fact]: value })
    expect(other.digest).not.toBe(one.digest)
    expect(other.keyVersion).toBe(one.keyVersion)
  })

  it.each([
    [
      { purpose: 'ab', bindingHash: 'c' },
      { purpose: 'a', bindingHash: 'bc' },
    ],
    [
      { purpose: 'a","b', bindingHash: 'c' },
      { purpose: 'a', bindingHash: 'b","c' },
    ],
    [
      { purpose: 'a,b', bindingHash: '' },
      { purpose: 'a', bindingHash: 'b' },
    ],
    [
      { phone: '+1', purpose: '2' },
      { phone: '+12', purpose: '' },
    ],
    [
      { bindingHash: '1', code: '234' },
      { bindingHash: '12', code: '34' },
    ],
  ])('keeps its parts apart: %j and %j', async (one, other) => {
    expect((await digester.digest({ ...facts, ...one })).digest).not.toBe((await digester.digest({ ...facts, ...other })).digest)
  })

  it('is no plain hash of the code, alone or with its facts', async () => {
    const { digest } = await digester.digest(facts)
    const { codeId, phone, purpose, bindingHash, code } = facts
    const parts = [codeId, phone, purpose, bindingHash, code]
    const plain = [code, ...['', '.', ':', '|', ','].map((mark) => parts.join(mark)), JSON.stringify(['code:v1', ...parts])]
    for (const text of plain) expect(await sha256(text)).not.toBe(digest)
  })

  it(
    'cannot be searched without the pepper: all 10,000 codes, with what a thief of the store knows',
    { timeout: 30_000 },
    async () => {
      const { digest, keyVersion } = await digester.digest(facts)
      const found = async (with_: (code: string) => Promise<string>) => {
        const digests = await Promise.all(fourDigits.map(with_))
        return fourDigits.filter((_, index) => digests[index] === digest)
      }
      for (const guess of [OTHER_PEPPER, keyVersion, digest, facts.codeId]) {
        const thief = createCodeDigester(guess)
        expect(await found(async (code) => (await thief.digest({ ...facts, code })).digest)).toEqual([])
      }
      expect(await found(sha256)).toEqual([])
      // The search itself works: with the pepper it finds the code, and only that.
      expect(await found(async (code) => (await digester.digest({ ...facts, code })).digest)).toEqual(['0042'])
    },
  )
})

describe('rotating the pepper', () => {
  it('accepts codes of the pepper before, and makes them with the new one', async () => {
    const old = await createCodeDigester(OTHER_PEPPER).digest(facts)
    const rotating = createCodeDigester(PEPPER, OTHER_PEPPER)
    expect(await rotating.digestWith(old.keyVersion, facts)).toBe(old.digest)
    expect(await rotating.digest(facts)).toEqual(await digester.digest(facts))
    expect((await rotating.digest(facts)).keyVersion).not.toBe(old.keyVersion)
  })

  it('knows no third one', async () => {
    const old = await createCodeDigester(OTHER_PEPPER).digest(facts)
    expect(await digester.digestWith(old.keyVersion, facts)).toBeUndefined()
    const rotated = createCodeDigester(PEPPER, 'a third pepper, again 32 and more characters')
    expect(await rotated.digestWith(old.keyVersion, facts)).toBeUndefined()
    for (const version of ['', 'unknown', 'undefined']) expect(await rotated.digestWith(version, facts)).toBeUndefined()
  })

  it('names a version by nothing that helps to find the pepper', async () => {
    const { keyVersion } = await digester.digest(facts)
    expect(await sha256(PEPPER)).not.toContain(keyVersion)
    expect(PEPPER).not.toContain(keyVersion)
  })
})

describe('the key of an attempt', () => {
  it('is the same for the same request and code, and only then', async () => {
    const key = await digester.attemptKey('request-1', '0042', null)
    expect(await digester.attemptKey('request-1', '0042', null)).toBe(key)
    expect(await digester.attemptKey('request-2', '0042', null)).not.toBe(key)
    expect(await digester.attemptKey('request-1', '0043', null)).not.toBe(key)
    expect(await digester.attemptKey('request-10', '042', null)).not.toBe(key)
    expect(await digester.attemptKey('request-1', '0042', 'hash-of-loan-1')).not.toBe(key)
    // Presented empty is not the same as not presented.
    expect(await digester.attemptKey('request-1', '0042', '')).not.toBe(key)
    expect(key).not.toContain('0042')
  })

  it('cannot be searched without the pepper either', async () => {
    const key = await digester.attemptKey('request-1', '0042', null)
    const thief = createCodeDigester(OTHER_PEPPER)
    const keys = await Promise.all(fourDigits.map((code) => thief.attemptKey('request-1', code, null)))
    expect(keys).not.toContain(key)
  })
})

describe('the proofs of a code', () => {
  const asked = ['gate-1', 'payment hash-of-loan-1', '0042'] as const

  it('are one for each pepper, the current one first', async () => {
    const [now, ...others] = await digester.proofs(...asked)
    expect(others).toEqual([])
    expect(now).toMatch(/^[\w-]{43}$/)
    const [before] = await createCodeDigester(OTHER_PEPPER).proofs(...asked)
    expect(before).not.toBe(now)
    expect(await createCodeDigester(PEPPER, OTHER_PEPPER).proofs(...asked)).toEqual([now, before])
  })

  it.each<[string, readonly [string, string, string]]>([
    ['number', ['gate-2', asked[1], asked[2]]],
    ['binding', [asked[0], 'payment hash-of-loan-2', asked[2]]],
    ['code', [asked[0], asked[1], '0043']],
    ['place between its parts', ['gate-1p', 'ayment hash-of-loan-1', asked[2]]],
  ])('are others for another %s', async (_name, other) => {
    expect(await digester.proofs(...other)).not.toEqual(await digester.proofs(...asked))
  })

  it('are no digest that a code could be right by', async () => {
    const proofs = await digester.proofs(facts.phone, `${facts.purpose} ${facts.bindingHash}`, facts.code)
    expect(proofs).not.toContain((await digester.digest(facts)).digest)
  })
})

describe('comparing digests', () => {
  const bytes = new Uint8Array(32).fill(7)
  const digest = toBase64Url(bytes)

  it('finds equal ones equal', () => {
    expect(digestsEqual(digest, toBase64Url(bytes.slice()))).toBe(true)
  })

  it('finds a difference in any single bit', () => {
    for (let bit = 0; bit < 256; bit++) {
      const changed = bytes.slice()
      changed[bit >> 3]! ^= 1 << (bit & 7)
      expect(digestsEqual(digest, toBase64Url(changed))).toBe(false)
    }
  })

  it.each([
    ['nothing', ''],
    ['a shorter one', toBase64Url(new Uint8Array(31).fill(7))],
    ['a longer one', toBase64Url(new Uint8Array(33).fill(7))],
    ['one cut off', digest.slice(0, -2)],
    ['no base64url', `${digest.slice(0, -1)}!`],
    ['one with stray bits', `${digest.slice(0, -1)}d`],
    ['one with a space', `${digest} `],
    ['plain base64', toBase64Url(new Uint8Array(32).fill(255)).replaceAll('_', '/')],
    ['another script', 'ä'.repeat(43)],
    ['the word undefined', 'undefined'],
  ])('is false and no error for %s', (_name, other) => {
    expect(digestsEqual(digest, other)).toBe(false)
    expect(digestsEqual(other, digest)).toBe(false)
  })

  it('is false for two malformed ones, even the same', () => {
    expect(digestsEqual('not a digest!', 'not a digest!')).toBe(false)
  })
})
