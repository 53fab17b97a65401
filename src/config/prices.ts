import * as z from 'zod'
import { parseJson } from '../core/decode'

/** Millionths of the currency's unit: an SMS can cost a fraction of a cent. */
export type Micros = number

/** What messages cost, by `vendor`, `vendor/channel` or `vendor/channel/country`; the most exact one counts. */
export interface MessagePrices {
  /** ISO 4217. */
  readonly currency: string
  /** For one SMS segment, or one WhatsApp message. */
  readonly prices: Readonly<Record<string, Micros>>
}

const MICROS_PER_UNIT_DIGITS = 6

const price = z
  .string()
  .regex(/^\d{1,6}(\.\d{1,6})?$/)
  .transform(toMicros)

const tableSchema = z.strictObject({
  currency: z.string().regex(/^[A-Z]{3}$/),
  prices: z.record(z.string().regex(/^[a-z\d_]+(\/(sms|whatsapp)(\/[A-Z]{2})?)?$/), price),
})

/** The text of `MESSAGE_PRICES`: `{"currency":"USD","prices":{"twilio/sms/IN":"0.0832","twilio":"0.05"}}`. */
export const pricesSchema = z.string().transform((text, context): MessagePrices => {
  const table = tableSchema.safeParse(parseJson(text))
  if (table.success) return table.data
  // One sentence whatever is wrong: what is said of a configuration never repeats its values.
  context.addIssue('must be JSON such as {"currency":"USD","prices":{"twilio/sms/IN":"0.0832"}}, with 6 decimals at most')
  return z.NEVER
})

/** An amount in the currency of the prices, such as `250` or `99.50`. */
export const amountVariable = z
  .string()
  .regex(/^\d{1,9}(\.\d{1,6})?$/, 'must be an amount such as 250 or 99.50')
  .transform(toMicros)

/** Digits only, no floating point: 0.1 has no exact form there. */
function toMicros(decimal: string): Micros {
  const [units = '0', fraction = ''] = decimal.split('.')
  return Number(units + fraction.padEnd(MICROS_PER_UNIT_DIGITS, '0'))
}

/** The price of one segment or message, undefined where the table has none. */
export function priceOf(
  table: MessagePrices | undefined,
  message: { readonly provider: string; readonly channel: string; readonly country: string },
): Micros | undefined {
  const { provider, channel, country } = message
  return table?.prices[`${provider}/${channel}/${country}`] ?? table?.prices[`${provider}/${channel}`] ?? table?.prices[provider]
}
