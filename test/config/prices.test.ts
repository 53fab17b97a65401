import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { loadConfig } from '../../src/config/load-config'
import { type MessagePrices, priceOf, pricesSchema } from '../../src/config/prices'
import { aSecret } from '../support/secrets'

const table = (prices: Record<string, unknown>, currency: unknown = 'USD') => JSON.stringify({ currency, prices })
const priceIn = (price: unknown) => pricesSchema.safeParse(table({ twilio: price }))
const micros = (decimal: string) => pricesSchema.parse(table({ twilio: decimal })).prices['twilio']

describe('a price', () => {
  it.each([
    ['0', 0],
    ['0.0832', 83_200],
    ['0.1', 100_000],
    ['0.000001', 1],
    ['1', 1_000_000],
    ['1.10', 1_100_000],
    ['007.5', 7_500_000],
    ['999999.999999', 999_999_999_999],
    // 1.005 * 1e6, 8.7 * 1e6 and 0.29 * 1e6 are no whole numbers in binary.
    ['1.005', 1_005_000],
    ['8.7', 8_700_000],
    ['0.29', 290_000],
  ])('%s is %d micros', (decimal, expected) => {
    expect(micros(decimal)).toBe(expected)
  })

  it('is exact, whatever it is', () => {
    const whole = fc.nat({ max: 999_999_999_999 })
    fc.assert(
      fc.property(whole, (expected) => {
        const digits = String(expected).padStart(7, '0')
        expect(micros(`${digits.slice(0, -6)}.${digits.slice(-6)}`)).toBe(expected)
      }),
    )
  })

  it.each(['', '-1', '+1', '1.', '.5', '0,5', '1e3', '0.0000001', '1000000', ' 1', 'NaN', 0.5, 1, null, true, ['1'], {}])(
    'is not %o',
    (price) => {
      expect(priceIn(price).success).toBe(false)
    },
  )
})

describe('the price of a message', () => {
  const prices: MessagePrices = {
    currency: 'USD',
    prices: { 'twilio/sms/IN': 1, 'twilio/sms': 2, twilio: 3, 'gupshup/whatsapp': 4, 'msg91/sms/IN': 0 },
  }

  it.each([
    ['twilio', 'sms', 'IN', 1],
    ['twilio', 'sms', 'TZ', 2],
    ['twilio', 'whatsapp', 'IN', 3],
    ['gupshup', 'whatsapp', 'IN', 4],
    ['gupshup', 'sms', 'IN', undefined],
    ['msg91', 'sms', 'IN', 0],
    ['msg91', 'sms', 'TZ', undefined],
    ['mock', 'sms', 'IN', undefined],
  ])('by %s, %s to %s is the most exact one', (provider, channel, country, expected) => {
    expect(priceOf(prices, { provider, channel, country })).toBe(expected)
  })

  it('is not known without a table', () => {
    expect(priceOf(undefined, { provider: 'twilio', channel: 'sms', country: 'IN' })).toBeUndefined()
  })
})

describe('a table', () => {
  it('is read from text', () => {
    expect(pricesSchema.parse(table({ 'twilio/sms/IN': '0.0832', whatsapp_cloud: '0.05' }))).toEqual({
      currency: 'USD',
      prices: { 'twilio/sms/IN': 83_200, whatsapp_cloud: 50_000 },
    })
    expect(pricesSchema.parse(table({}))).toEqual({ currency: 'USD', prices: {} })
  })

  it('reaches the configuration by MESSAGE_PRICES', () => {
    const secrets = { OTP_PEPPER: aSecret('p'), PHONE_HASH_KEY: aSecret('h') }
    expect(loadConfig({ ...secrets, MESSAGE_PRICES: table({ twilio: '0.05' }) })).toMatchObject({
      ok: true,
      config: { prices: { currency: 'USD', prices: { twilio: 50_000 } } },
    })
    expect(loadConfig(secrets)).toMatchObject({ ok: true, config: { prices: undefined } })
  })

  const CANARY = 'canary-97'
  it.each([
    ['no JSON', `{${CANARY}`],
    ['a list', JSON.stringify([CANARY])],
    ['null', 'null'],
    ['a number', '97'],
    ['a currency of other letters', table({ twilio: '1' }, CANARY)],
    ['a currency in lower case', table({ twilio: '1' }, 'usd')],
    ['no currency', JSON.stringify({ prices: { twilio: '1' } })],
    ['no prices', JSON.stringify({ currency: 'USD' })],
    ['another field', JSON.stringify({ currency: 'USD', prices: {}, [CANARY]: 1 })],
    ['a price that is no decimal', table({ twilio: CANARY })],
    ['a price that is a number', table({ twilio: 97.978645 })],
    ['a vendor of other characters', table({ [CANARY]: '1' })],
    ['another channel', table({ 'twilio/canary': '1' })],
    ['a country in lower case', table({ 'twilio/sms/in': '1' })],
    ['a country without a channel', table({ 'twilio/IN': '1' })],
    ['no vendor', table({ '': '1' })],
  ])('is not %s, and what is said of it repeats no value', (_what, text) => {
    expect(pricesSchema.safeParse(text).success).toBe(false)

    const result = loadConfig({ OTP_PEPPER: aSecret('p'), PHONE_HASH_KEY: aSecret('h'), MESSAGE_PRICES: text })

    expect(result.ok).toBe(false)
    const problems = result.ok ? [] : result.problems
    expect(problems).toHaveLength(1)
    expect(problems[0]).toContain('MESSAGE_PRICES')
    expect(problems[0]).not.toMatch(/canary|97|usd/)
  })
})
