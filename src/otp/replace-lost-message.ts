import type { Profile, Profiles } from '../config/profiles'
import { AppError } from '../core/app-error'
import { errorName } from '../core/log'
import type { Channel } from '../messaging/message'
import type { Caller, VerificationDeps } from './deps'
import type { Description } from './rules/describe'
import { sendVerification } from './send-verification'
import { sendWindows } from './send-policy'

/** A message that a vendor reports as lost. */
export interface LostMessage {
  readonly communicationId: string
  readonly verificationId: string
}

/**
 * Sends a new code by the next provider of the profile, when the lost message had the code that a person is waiting for.
 * Once for a verification, and within the limits of the number but for the cooldown; the gate decides both. A report that
 * comes again, late or for an older message changes nothing. Never throws: nobody waits for it.
 */
export async function replaceLostMessage(
  deps: VerificationDeps,
  profiles: Profiles,
  caller: Caller,
  lost: LostMessage,
): Promise<void> {
  const note = { communication_id: lost.communicationId, verification_id: lost.verificationId }
  try {
    const gate = deps.gates.forVerification(lost.verificationId)
    const found = await gate?.call((remote) => remote.describe(lost.verificationId, sendWindows(deps.config.limits)))
    const profile = found && profileOf(found, profiles)
    const provider = found?.message?.provider
    if (!found || !profile || !provider || !isWaitedFor(found, lost)) return
    await sendVerification(deps, caller, {
      phone: { e164: found.phone, country: found.country },
      profile,
      purpose: found.purpose,
      bindingHash: found.bindingHash,
      channel: found.channelIsFixed ? (found.channel as Channel) : undefined,
      locale: found.locale,
      templateId: found.templateId ?? undefined,
      resendOf: found.id,
      replaces: { communicationId: lost.communicationId, provider },
    })
    deps.log('info', 'message.replaced', note)
  } catch (error) {
    const reason = error instanceof AppError ? error.refusal.code : errorName(error)
    deps.log('warn', 'message.not_replaced', { ...note, reason })
  }
}

/** Saves a send that the gate would refuse. */
function isWaitedFor({ status, replaceable, message }: Description, lost: LostMessage): boolean {
  return status === 'pending' && replaceable === true && message?.communicationId === lost.communicationId
}

function profileOf({ profile }: Description, profiles: Profiles): Profile | undefined {
  return profile && Object.hasOwn(profiles, profile) ? profiles[profile as keyof Profiles] : undefined
}
