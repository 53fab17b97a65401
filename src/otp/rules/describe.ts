import { type GateState, type SentMessage, ownerIn, statusAt } from '../gate-state'
import type { Intent } from '../intent'
import { type SendWindow, nextSendAt } from './send-window'

/** What can be told of a verification; `null` where the gate knows none by that id. Times in milliseconds. */
export interface Description {
  readonly id: string
  readonly status: ReturnType<typeof statusAt>
  readonly phone: string
  readonly country: string
  readonly purpose: string
  readonly bindingHash: string
  readonly channel: string
  readonly locale: string
  readonly sends: number
  readonly guessesLeft: number
  readonly createdAt: number
  readonly expiresAt: number
  readonly completedAt: number | null
  readonly resendAt: number
  /** Who asked for it. Absent in a reply of older code, as all below; null where it was not kept yet. */
  readonly surface?: string
  readonly message?: SentMessage | null
  readonly profile?: string | null
  readonly templateId?: string | null
  readonly channelIsFixed?: boolean
  readonly replaceable?: boolean
  readonly values?: Readonly<Record<string, string>> | null
  readonly mustShow?: readonly string[] | null
  readonly subject?: string | null
  readonly intent?: Intent | null
  readonly updateWindowMs?: number | null
  /** Whose it is; empty: nobody's. */
  readonly owner?: string
}

/** Describes one verification. Reads only. */
export function describe(state: GateState, id: string, windows: readonly SendWindow[], now: number): Description | null {
  const found = state.verifications.find((verification) => verification.id === id)
  if (!found) return null
  const { purpose, bindingHash, channel, locale, sends, createdAt, expiresAt, completedAt } = found
  return {
    id,
    status: statusAt(found, now),
    phone: state.phone,
    country: state.country,
    purpose,
    bindingHash,
    channel,
    locale,
    sends,
    guessesLeft: Math.max(0, found.guessLimit - found.guesses),
    createdAt,
    expiresAt,
    completedAt,
    resendAt: nextSendAt(state, windows, now),
    surface: found.surface,
    message: found.message ?? null,
    profile: found.profile ?? null,
    templateId: found.templateId ?? null,
    channelIsFixed: found.channelIsFixed ?? false,
    replaceable: found.replaceable ?? false,
    values: found.values ?? null,
    mustShow: found.mustShow ?? null,
    subject: found.subject ?? null,
    intent: found.intent ?? null,
    updateWindowMs: found.updateWindowMs ?? null,
    owner: ownerIn(found),
  }
}
