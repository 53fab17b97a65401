import { sees } from '../access/principal'
import type { Profile, Profiles } from '../config/profiles'
import { refuse } from '../core/app-error'
import type { Channel } from '../messaging/message'
import type { Caller, VerificationDeps } from './deps'
import { profileOf } from './profile-of'
import type { Description } from './rules/describe'
import { type SendInput, type SentVerification, sendVerification } from './send-verification'
import { sendWindows } from './send-policy'

/**
 * Sends a new code for a verification that its id names; the old code is worth nothing from then on. It costs one more
 * call to the gate than a send by number: only the gate knows the number.
 * @throws as {@link sendVerification}
 */
export async function resendVerification(
  deps: VerificationDeps,
  caller: Caller,
  input: { readonly id: string; readonly profile: Profile; readonly profiles: Profiles; readonly channel?: Channel | undefined },
): Promise<SentVerification> {
  const gate = deps.gates.forVerification(input.id)
  if (!gate) throw refuse('verification_not_found', {})
  const found = await gate.call((remote) => remote.describe(input.id, sendWindows(deps.config.limits)))
  // A code for something is sent again only by who looks whether that may still be.
  if (!found || found.mustShow || !sees(caller.principal, found.owner ?? '')) throw refuse('verification_not_found', {})
  return sendVerification(deps, caller, {
    phone: { e164: found.phone, country: found.country },
    // What it is about goes on by the vendors and in the words of its own profile.
    profile: (found.subject == null ? undefined : profileOf(found, input.profiles)) ?? input.profile,
    purpose: found.purpose,
    bindingHash: found.bindingHash,
    channel: input.channel ?? (found.channelIsFixed ? (found.channel as Channel) : undefined),
    preferredChannel: found.channel as Channel,
    locale: found.locale,
    templateId: found.templateId ?? undefined,
    ...keptWith(found),
    resendOf: input.id,
  })
}

/** What a send was for, for another one that goes on with it. */
export function keptWith(found: Description): Partial<SendInput> {
  return {
    values: found.values ?? undefined,
    mustShow: (found.mustShow ?? undefined) as SendInput['mustShow'],
    subject: found.subject ?? undefined,
    intent: found.intent ?? undefined,
    updateWindowMs: found.updateWindowMs ?? undefined,
    owner: found.owner,
  }
}
