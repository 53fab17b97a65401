import type { Profile, Profiles } from '../config/profiles'
import type { Description } from './rules/describe'

/** The profile that a verification was asked for with; undefined where that was not kept, or is of older or newer code. */
export function profileOf({ profile }: Pick<Description, 'profile'>, profiles: Profiles): Profile | undefined {
  return profile && Object.hasOwn(profiles, profile) ? profiles[profile as keyof Profiles] : undefined
}
