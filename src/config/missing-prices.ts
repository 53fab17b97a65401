import type { Config } from './config'
import { priceOf } from './prices'
import { VENDOR_CHANNELS, type VendorId } from './vendors'

type PricedConfig = Pick<
  Config,
  'abuse' | 'mockEnabled' | 'prices' | 'phone' | 'gupshup' | 'msg91' | 'mshastra' | 'twilio' | 'whatsappCloud'
>

/** Under a cap every message needs a price: one without would be free, and the cap never be reached. */
export function addMissingPriceProblem(config: PricedConfig, problems: string[]): void {
  const { abuse, mockEnabled, prices, phone } = config
  if (!abuse.spend || !prices || mockEnabled) return
  const { gupshup, msg91, mshastra, twilio, whatsappCloud: whatsapp_cloud } = config
  const vendors: Readonly<Record<VendorId, object | undefined>> = { gupshup, msg91, mshastra, twilio, whatsapp_cloud }
  // Where every country is allowed, a price for some of them is not enough.
  const countries = phone.allowedCountries ? [...phone.allowedCountries] : ['']
  const hasPrice = (provider: VendorId) =>
    VENDOR_CHANNELS[provider].every((channel) =>
      countries.every((country) => priceOf(prices, { provider, channel, country }) !== undefined),
    )
  const missing = (Object.keys(vendors) as VendorId[]).filter((provider) => vendors[provider] && !hasPrice(provider))
  if (missing.length > 0) {
    problems.push(`MESSAGE_PRICES has no price for all messages of ${missing.join(', ')}, which SPEND_CAP_PER_DAY is to bound`)
  }
}
