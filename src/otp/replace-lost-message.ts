import type { Profiles } from '../config/profiles'
import { AppError, type ErrorCode } from '../core/app-error'
import { errorName } from '../core/log'
import type { Channel } from '../messaging/message'
import type { LostMessage } from '../messaging/receipts/record-receipts'
import type { Caller, VerificationDeps } from './deps'
import { profileOf } from './profile-of'
import { keptWith } from './resend-verification'
import type { Description } from './rules/describe'
import { sendVerification } from './send-verification'
import { sendWindows } from './send-policy'

/**
 * Sends a new code by the next provider of the profile, when the lost message had the code that a person is waiting for
 * and was not lost by a fault of the number, which another provider would meet as well.
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
    // In the name of whoever asked for the code: the vendor that reports is nobody's client.
    await sendVerification(
      deps,
      { ...caller, surface: found.surface ?? caller.surface },
      {
        phone: { e164: found.phone, country: found.country },
        profile,
        purpose: found.purpose,
        bindingHash: found.bindingHash,
        channel: found.channelIsFixed ? (found.channel as Channel) : undefined,
        locale: found.locale,
        templateId: found.templateId ?? undefined,
        ...keptWith(found),
        resendOf: found.id,
        replaces: { communicationId: lost.communicationId, provider, channel: found.channel as Channel, reason: lost.reason },
      },
    )
    deps.log('info', 'message.replaced', note)
  } catch (error) {
    const reason = error instanceof AppError ? (REASONS[error.refusal.code] ?? error.refusal.code) : errorName(error)
    deps.log(reason === REPLACED_ALREADY ? 'info' : 'warn', 'message.not_replaced', { ...note, reason })
  }
}

const REPLACED_ALREADY = 'replaced_or_over'
/** In words of a replacement: somebody is configured, or there would have been no message. */
const REASONS: Readonly<Partial<Record<ErrorCode, string>>> = {
  not_configured: 'no_other_provider',
  verification_not_pending: REPLACED_ALREADY,
}

/** Saves a send that the gate would refuse. */
function isWaitedFor({ status, replaceable, message }: Description, lost: LostMessage): boolean {
  return status === 'pending' && replaceable === true && message?.communicationId === lost.communicationId
}
