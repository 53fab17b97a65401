import { PROVIDER_VARIABLES } from '../config/gupshup'
import type { Profile } from '../config/profiles'
import { refuse } from '../core/app-error'
import type { Channel } from '../messaging/message'
import type { Provider } from '../messaging/provider'
import type { VerificationDeps } from './deps'

export interface Route {
  readonly channel: Channel
  readonly providers: readonly Provider[]
}

/**
 * How a code will travel: on the channel asked for, else on the profile's first channel that somebody serves.
 * @throws `not_configured` where nobody does, with the names of the settings that are missing
 */
export function chooseChannel(deps: Pick<VerificationDeps, 'providersFor'>, profile: Profile, asked: Channel | undefined): Route {
  const channels = asked === undefined ? profile.channels : [asked]
  for (const channel of channels) {
    const providers = deps.providersFor(profile, channel)
    if (providers.length > 0) return { channel, providers }
  }
  const missing = channels.flatMap((channel) => profile.providers[channel]).flatMap((provider) => PROVIDER_VARIABLES[provider])
  throw refuse('not_configured', { missing: [...new Set(missing)] })
}
