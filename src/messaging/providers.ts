import type { Config } from '../config/config'
import type { Profile } from '../config/profiles'
import { type Clock, systemClock } from '../core/clock'
import type { Channel } from './message'
import type { Provider, ProviderId } from './provider'
import { createGupshup } from './providers/gupshup'
import type { VendorHttp } from './providers/http'
import { createMock } from './providers/mock'

/** The configured providers by id. In mock mode there is nobody but the mock, so no call can leave. */
export type ProviderRegistry = Readonly<Partial<Record<ProviderId, Provider>>>

/** Builds every provider whose settings are there. */
export function createProviders(
  config: Pick<Config, 'mockEnabled' | 'gupshup'>,
  http: VendorHttp,
  clock: Clock = systemClock,
): ProviderRegistry {
  if (config.mockEnabled) return { mock: createMock(clock) }
  return config.gupshup ? { gupshup: createGupshup(config.gupshup, http) } : {}
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
