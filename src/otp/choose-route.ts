import type { Profile } from '../config/profiles'
import { VENDOR_VARIABLES } from '../config/vendors'
import { refuse } from '../core/app-error'
import type { Hop } from '../messaging/deliver'
import type { Channel } from '../messaging/message'
import type { VerificationDeps } from './deps'

/** The ways a code can travel, in order of preference; at least one. */
export type Route = readonly [Hop, ...Hop[]]

interface Wish {
  /** This channel and no other. */
  readonly channel?: Channel | undefined
  /** This one first. */
  readonly preferredChannel?: Channel | undefined
  /** Without the provider that has had its turn. */
  readonly replaces?: { readonly provider: string }
}

/**
 * How a code will travel: on the channel asked for, else on the profile's channels in their order, each by the profile's
 * providers in theirs.
 * @throws `not_configured` where nobody can carry it, with the names of the settings that are missing
 */
export function chooseRoute(
  deps: Pick<VerificationDeps, 'providersFor'>,
  profile: Profile,
  { channel: asked, preferredChannel: preferred, replaces }: Wish,
): Route {
  const channels = asked ? [asked] : profile.channels.toSorted((a, b) => Number(b === preferred) - Number(a === preferred))
  const hops = channels
    .flatMap((channel) => deps.providersFor(profile, channel).map((provider) => ({ provider, channel })))
    .filter(({ provider }) => provider.id !== replaces?.provider)
  const [first, ...others] = hops
  if (first) return [first, ...others]
  const missing = channels.flatMap((channel) => profile.providers[channel]).flatMap((provider) => VENDOR_VARIABLES[provider])
  throw refuse('not_configured', { missing: [...new Set(missing)] })
}
