import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromBase64Url, toBase64Url } from '../../src/core/encoding'

describe('base64url', () => {
  it('is that of RFC 4648, without padding', () => {
    expect(toBase64Url(new TextEncoder().encode('foobar'))).toBe('Zm9vYmFy')
    expect(toBase64Url(new TextEncoder().encode('fooba'))).toBe('Zm9vYmE')
    expect(toBase64Url(new Uint8Array([0xfb, 0xff, 0xbf]))).toBe('-_-_')
    expect(toBase64Url(new Uint8Array())).toBe('')
  })

  it('gives back the bytes it was given', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        const text = toBase64Url(bytes)

        expect(text).toMatch(/^[A-Za-z0-9_-]*$/)
        expect(fromBase64Url(text)).toEqual(bytes)
      }),
    )
  })

  it.for(['A', 'AAAAA', 'ab+c', 'ab/c', 'a.bc', 'añbc', '=', 'QQ==', 'QR', 'QU\nFB', '٣٣٣٣'])('does not read %j', (text) => {
    expect(fromBase64Url(text)).toBeUndefined()
  })

  it('never throws', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const bytes = fromBase64Url(text)
        expect(bytes === undefined || bytes instanceof Uint8Array).toBe(true)
      }),
    )
  })
})
