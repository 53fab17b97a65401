import { describe, expect, it } from 'vitest'
import { createHmacSigner } from '../../src/core/hmac'

describe('createHmacSigner', () => {
  it('signs as RFC 4231 does (test case 2)', async () => {
    const hex = '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843'

    const signature = await createHmacSigner('Jefe')('what do ya want for nothing?')

    expect(signature).toBe(Uint8Array.fromHex(hex).toBase64({ alphabet: 'base64url', omitPadding: true }))
    expect(signature).toHaveLength(43)
  })

  it('gives one signature for one text, also for many at once, and others for other texts and secrets', async () => {
    const sign = createHmacSigner('one secret')
    const [first, second, otherText] = await Promise.all([sign('a'), sign('a'), sign('b')])

    expect(second).toBe(first)
    expect(otherText).not.toBe(first)
    expect(await createHmacSigner('another secret')('a')).not.toBe(first)
  })

  it('takes texts and secrets of every script', async () => {
    expect(await createHmacSigner('ключ')('गुप्त')).toHaveLength(43)
  })
})
