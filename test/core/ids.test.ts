import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromBase64Url } from '../../src/core/encoding'
import { randomId, uuidv7 } from '../../src/core/ids'

/** Milliseconds that a UUIDv7 can carry. */
const time = fc.integer({ min: 0, max: 2 ** 48 - 1 })

describe('uuidv7', () => {
  it('has the layout of RFC 9562: time, version 7, variant 10, random', () => {
    fc.assert(
      fc.property(time, (now) => {
        const id = uuidv7(now)

        expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
        expect(Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16)).toBe(now)
      }),
    )
  })

  it("has the time of the RFC's example", () => {
    expect(uuidv7(Date.UTC(2022, 1, 22, 19, 22, 22)).slice(0, 13)).toBe('017f22e2-79b0')
  })

  it('sorts by time as text', () => {
    fc.assert(
      fc.property(time, time, (one, other) => {
        fc.pre(one !== other)
        expect(uuidv7(one) < uuidv7(other)).toBe(one < other)
      }),
    )
  })

  it('is never the same twice, not even within a millisecond', () => {
    expect(new Set(Array.from({ length: 10_000 }, () => uuidv7(1))).size).toBe(10_000)
  })

  it('leaves 74 bits to chance', () => {
    const ids = Array.from({ length: 500 }, () => BigInt(`0x${uuidv7(0).replaceAll('-', '')}`))
    const everSet = ids.reduce((all, id) => all | id, 0n)
    const alwaysSet = ids.reduce((all, id) => all & id, everSet)
    const varying = (everSet ^ alwaysSet).toString(2).replaceAll('0', '')

    expect(varying).toHaveLength(74)
  })
})

describe('randomId', () => {
  it('is 16 bytes in 22 URL-safe characters', () => {
    for (let n = 0; n < 100; n++) {
      const id = randomId()
      expect(id).toMatch(/^[A-Za-z0-9_-]{22}$/)
      expect(fromBase64Url(id)).toHaveLength(16)
    }
  })

  it('is never the same twice', () => {
    expect(new Set(Array.from({ length: 10_000 }, randomId)).size).toBe(10_000)
  })
})
