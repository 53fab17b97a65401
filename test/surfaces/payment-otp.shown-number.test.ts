import { describe, expect, it } from 'vitest'
import { maskedNumber, plainNumber } from '../../src/surfaces/payment-otp/shown-number'

const shown = (e164: string, country: string, region = 'IN') => [
  plainNumber({ e164, country }, region),
  maskedNumber({ e164, country }, region),
]

describe('the number of a contact', () => {
  it('is shown as in brief 000', () => {
    expect(shown('+919876543210', 'IN')).toEqual(['9876543210', '987****10'])
  })

  it.each([
    ['+14155552671', 'US', 'US', '4155552671', '415****71'],
    // One calling code, two countries.
    ['+16135550123', 'CA', 'US', '+16135550123', '+16****23'],
    ['+255694230173', 'TZ', 'TZ', '694230173', '69****73'],
    ['+255694230173', 'TZ', 'IN', '+255694230173', '+25****73'],
    // A leading zero that is part of the number.
    ['+390612345678', 'IT', 'IT', '0612345678', '061****78'],
  ])('%s of %s, where the region is %s, is %s and %s', (e164, country, region, plain, masked) => {
    expect(shown(e164, country, region)).toEqual([plain, masked])
  })

  it.each([
    ['+911234567890', '123****90'],
    ['+91123456789', '12****89'],
    ['+9112345678', '12****78'],
    ['+911234567', '1****67'],
    ['+91123456', '1****56'],
    ['+9112345', '****45'],
    ['+911234', '****34'],
    ['+91123', '****3'],
    ['+911', '****'],
    ['+91', '****'],
  ])('%s is masked as %s: four stars, and never more than half', (e164, masked) => {
    expect(maskedNumber({ e164, country: 'IN' }, 'IN')).toBe(masked)
  })
})
