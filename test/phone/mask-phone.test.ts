import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { maskPhone } from '../../src/phone/mask-phone'

describe('maskPhone', () => {
  it.for([
    ['+917888888888', '+91********88'],
    ['+14155552671', '+1********71'],
    ['+255694230173', '+255*******73'],
    ['+2908943', '+290**43'],
    ['+683123', '+683**3'],
  ] as const)('%s is shown as %s', ([e164, masked]) => {
    expect(maskPhone(e164)).toBe(masked)
  })

  it.for(['', 'Asha', '7888888888', '+', '+999123456789', '+91 7888888888'])(
    'shows nothing of %j, which is no E.164 number',
    (text) => {
      expect(maskPhone(text)).toBe('*'.repeat(text.length))
    },
  )

  it('keeps the length and shows at most two digits after the country code, and never more than half', () => {
    const callingCode = fc.constantFrom('1', '7', '44', '91', '255', '683')
    const national = fc.stringMatching(/^[2-9]\d{2,11}$/)
    fc.assert(
      fc.property(callingCode, national, (code, digits) => {
        const masked = maskPhone(`+${code}${digits}`)
        const shown = masked.slice(1 + code.length).replace(/\*/g, '')

        expect(masked).toHaveLength(1 + code.length + digits.length)
        expect(shown.length).toBeLessThanOrEqual(Math.min(2, digits.length / 2))
        expect(digits.endsWith(shown)).toBe(true)
      }),
    )
  })
})
