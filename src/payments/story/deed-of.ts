import { textIn, wholeIn } from '../../audit/detail'
import type { AuditDetail, AuditEventKind } from '../../audit/event'
import type { SendOutcome, StoryDeed, WantedStoryChange } from './entry'

/** What an event of the audit tells. Of another form, as older or newer code writes it, it tells less. */
export function deedOf({ kind, detail }: { readonly kind: string; readonly detail: AuditDetail }): StoryDeed {
  const text = (name: string) => textIn(detail, name)
  const whole = (name: string) => wholeIn(detail, name)
  switch (kind as AuditEventKind) {
    case 'send.reserved': {
      const change = changeIn(detail)
      return { type: 'code.requested', channel: text('channel'), send: whole('send'), replaces: text('replaces'), change }
    }
    case 'send.accepted':
      return { type: 'code.sent', ...outcomeIn(detail) }
    case 'send.rejected':
      return { type: 'code.not_sent', ...outcomeIn(detail) }
    case 'send.unknown':
      return { type: 'code.unconfirmed', ...outcomeIn(detail) }
    case 'send.refused':
      return { type: 'code.refused', channel: text('channel'), reason: text('reason'), waitMs: whole('wait_ms') }
    case 'check.approved':
      return { type: 'guess.right', guess: whole('guess'), guessesLeft: whole('guesses_left') }
    case 'check.incorrect':
      return { type: 'guess.wrong', guessesLeft: whole('guesses_left'), locked: detail['locked'] === true }
    case 'check.refused':
      return { type: 'guess.refused', reason: text('reason') }
    case 'intent.accepted':
      return { type: 'change.accepted', change: changeIn(detail) }
    case 'intent.refused':
      return { type: 'change.refused', reason: text('reason') }
    case 'verification.canceled':
      return { type: 'verification.canceled' }
    // That somebody was shown the proof changes nothing of the repayment.
    case 'token.redeemed':
    case 'token.refused':
    default:
      return { type: 'other' }
  }
}

/** The message that an event names. */
export function communicationIn(detail: AuditDetail): string | null {
  return textIn(detail, 'communication_id')
}

function outcomeIn(detail: AuditDetail): SendOutcome {
  const id = textIn(detail, 'template_id')
  const version = wholeIn(detail, 'template_version')
  return {
    channel: textIn(detail, 'channel'),
    provider: textIn(detail, 'provider'),
    template: id === null || version === null ? null : { id, version },
    reason: textIn(detail, 'reason'),
    providerCode: textIn(detail, 'provider_code'),
  }
}

/** The facts of a change (`ChangeFacts`); null where the event has none. */
function changeIn(detail: AuditDetail): WantedStoryChange | null {
  const statusId = wholeIn(detail, 'repayment_status')
  const amount = wholeIn(detail, 'amount')
  const currency = textIn(detail, 'currency')
  const paymentModeId = wholeIn(detail, 'payment_mode_id')
  if (statusId === null || amount === null || currency === null || paymentModeId === null) return null
  return { statusId, amount, currency, paymentModeId, requestedBy: textIn(detail, 'requested_by') }
}
