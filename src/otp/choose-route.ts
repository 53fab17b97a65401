import type { Profile } from '../config/profiles'
import { VENDOR_VARIABLES } from '../config/vendors'
import { refuse } from '../core/app-error'
import type { Hop } from '../messaging/deliver'
import { type FailureReason, mayFollow } from '../messaging/failure-reason'
import type { Channel } from '../messaging/message'
import type { VerificationDeps } from './deps'

/** The ways a code can travel, in order of preference; at least one. */
export type Route = readonly [Hop, ...Hop[]]

interface Wish {
  /** This channel and no other. */
  readonly channel?: Channel | undefined
  /** This one first. */
  readonly preferredChannel?: Channel | undefined
  /** Only where it makes sense after this. */
  readonly replaces?: LostAttempt
}

/** A message that its provider took, and lost. */
export interface LostAttempt {
  readonly provider: string
  readonly channel: Channel
  readonly reason: FailureReason
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
    .filter(
      (hop) => !replaces || (hop.provider.id !== replaces.provider && mayFollow(replaces.reason, replaces.channel, hop.channel)),
    )
  const [first, ...others] = hops
  if (first) return [first, ...others]
  const vendors = channels.flatMap((channel) => profile.providers[channel])
  throw refuse('not_configured', { anyOf: vendors.map((vendor) => VENDOR_VARIABLES[vendor]) })
}
