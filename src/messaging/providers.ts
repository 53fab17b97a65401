import type { Config } from '../config/config'
import type { Profile } from '../config/profiles'
import { type Clock, systemClock } from '../core/clock'
import type { Channel } from './message'
import type { Provider, ProviderId } from './provider'
import { createGupshup } from './providers/gupshup'
import type { VendorHttp } from './providers/http'
import { createMock } from './providers/mock'
import { createMsg91 } from './providers/msg91'
import { createMshastra } from './providers/mshastra'
import { createTwilio } from './providers/twilio'
import { createWhatsappCloud } from './providers/whatsapp-cloud'

/** The configured providers by id. In mock mode there is nobody but the mock, so no call can leave. */
export type ProviderRegistry = Readonly<Partial<Record<ProviderId, Provider>>>

type ProviderConfig = Pick<Config, 'mockEnabled' | 'webhooks' | 'gupshup' | 'msg91' | 'mshastra' | 'twilio' | 'whatsappCloud'>

/** Builds every provider whose settings are there. */
export function createProviders(config: ProviderConfig, http: VendorHttp, clock: Clock = systemClock): ProviderRegistry {
  if (config.mockEnabled) return { mock: createMock(clock) }
  const { gupshup, msg91, mshastra, twilio, whatsappCloud, webhooks } = config
  return {
    ...(gupshup && { gupshup: createGupshup(gupshup, http) }),
    ...(msg91 && { msg91: createMsg91(msg91, http) }),
    ...(mshastra && { mshastra: createMshastra(mshastra, http) }),
    ...(twilio && { twilio: createTwilio(twilio, http, webhooks.publicUrl) }),
    ...(whatsappCloud && { whatsapp_cloud: createWhatsappCloud(whatsappCloud, http) }),
  }
}

/** The vendors, by provider, whose word on a code the configuration wants. */
export function confirmersOf(registry: ProviderRegistry): ReadonlyMap<string, NonNullable<Provider['confirm']>> {
  return new Map(Object.values(registry).flatMap(({ id, confirm }) => (confirm ? [[id, confirm] as const] : [])))
}

/**
 * Who may carry a message, in order of preference: the profile's providers of the channel, without those that are not
 * configured or cannot carry it. Empty where nobody can.
 */
export function providersFor(
  profile: Pick<Profile, 'providers'>,
  channel: Channel,
  registry: ProviderRegistry,
  codeLength: number,
): readonly Provider[] {
  const order: readonly ProviderId[] = registry.mock ? ['mock'] : profile.providers[channel]
  return order
    .map((id) => registry[id])
    .filter((provider) => provider !== undefined)
    .filter(({ channels, facts }) => channels.includes(channel) && codeLength <= facts.maxCodeLength)
}
