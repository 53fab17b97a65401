import { describe, expect, it } from 'vitest'
import { fromBase64Url, toBase64Url } from '../../src/core/encoding'
import { createKeyRing } from '../../src/core/key-ring'

const [OLD, NOW, NEXT] = [1, 2, 3].map((nth) => `key number ${nth} for tests only, 32 and more characters`) as [
  string,
  string,
  string,
]
const ring = (current: string, previous?: string, use = 'lead') => createKeyRing({ current, previous }, use)
const PLACE = 'row-1'
const TEXT = '{"pan":"QWXYZ9876K"}'

describe('a ring of keys', () => {
  it.each([TEXT, '', 'गुप्त 🔑', 'x'.repeat(10_000)])('opens what it has sealed: %.20s', async (text) => {
    expect(await ring(NOW).open(await ring(NOW).seal(text, PLACE), PLACE)).toBe(text)
  })

  it('opens what the key before has sealed, and seals with the current one', async () => {
    const rotating = ring(NOW, OLD)
    const old = await ring(OLD).seal(TEXT, PLACE)
    expect(await rotating.open(old, PLACE)).toBe(TEXT)

    const sealed = await rotating.seal(TEXT, PLACE)
    expect(sealed.keyId).toBe(await ring(NOW).keyId())
    expect(await ring(NOW).open(sealed, PLACE)).toBe(TEXT)
    // The old one may still be at work beside it.
    expect(await ring(OLD).open(sealed, PLACE)).toBeUndefined()
    expect(await ring(OLD, NOW).open(sealed, PLACE)).toBe(TEXT)
  })

  it('opens nothing of a key that it does not have', async () => {
    const sealed = await ring(OLD).seal(TEXT, PLACE)
    expect(await ring(NEXT, NOW).open(sealed, PLACE)).toBeUndefined()
    expect(await ring(NOW).open({ ...sealed, keyId: '' }, PLACE)).toBeUndefined()
    // The name of a key that it has does not make it that key's.
    expect(await ring(NOW, OLD).open({ ...sealed, keyId: await ring(NOW).keyId() }, PLACE)).toBeUndefined()
    expect(await ring(NOW).open({ ...sealed, keyId: await ring(NOW).keyId() }, PLACE)).toBeUndefined()
  })

  it('opens nothing in another row', async () => {
    const sealed = await ring(NOW, OLD).seal(TEXT, PLACE)
    for (const place of ['row-2', '', 'row-1 ', 'row-10']) expect(await ring(NOW, OLD).open(sealed, place)).toBeUndefined()
  })

  it('opens nothing that was altered', async () => {
    const { sealed, keyId } = await ring(NOW).seal(TEXT, PLACE)
    const bytes = fromBase64Url(sealed.slice(3))!
    for (const [index, byte] of bytes.entries()) {
      const altered = `v1.${toBase64Url(new Uint8Array(bytes.with(index, byte ^ 1)))}`
      expect(await ring(NOW).open({ sealed: altered, keyId }, PLACE), `byte ${index}`).toBeUndefined()
    }
    for (const text of ['', TEXT, sealed.slice(0, -2), `${sealed}AA`]) {
      expect(await ring(NOW).open({ sealed: text, keyId }, PLACE)).toBeUndefined()
    }
  })

  it('opens nothing of another use of the same secrets', async () => {
    const sealed = await ring(NOW, OLD, 'lead').seal(TEXT, PLACE)
    const other = ring(NOW, OLD, 'other')
    expect(await other.open(sealed, PLACE)).toBeUndefined()
    expect(await other.open({ ...sealed, keyId: await other.keyId() }, PLACE)).toBeUndefined()
  })
})

describe('the id of a key', () => {
  it('is always the same, short, and another for another key or use', async () => {
    const ids = await Promise.all([ring(OLD), ring(NOW), ring(NEXT), ring(NOW, undefined, 'other')].map((one) => one.keyId()))
    expect(new Set(ids).size).toBe(4)
    for (const id of ids) expect(id).toMatch(/^[\w-]{12}$/)
    expect(await ring(NOW, OLD).keyId()).toBe(ids[1])
    expect(NOW).not.toContain(ids[1])
  })

  it('tells whether a key is being rotated out', async () => {
    expect(await ring(NOW).previousKeyId()).toBeUndefined()
    expect(await ring(NOW, OLD).previousKeyId()).toBe(await ring(OLD).keyId())
    // One key under both names is no rotation.
    expect(await ring(NOW, NOW).previousKeyId()).toBeUndefined()
    expect(await ring(NOW, NOW).open(await ring(NOW).seal(TEXT, PLACE), PLACE)).toBe(TEXT)
  })
})
