import type { DeliveryStatus } from '../audit/delivery-status'
import type { AuditEvent } from '../audit/event'
import type { Counted } from '../limits/count-by'
import type { Approval, Intent } from './intent'

/** The code that is live. Only its digest; the same stands in KV under its id, this copy is the net under that. */
export interface LiveCode {
  /** Random; the KV key is made from it. */
  readonly id: string
  readonly digest: string
  readonly keyVersion: string
  /** Whose place it takes, until its own message is taken by a provider. Absent: nobody's. */
  readonly replaces?: LostCode
}

/** The code of a message that was lost: good again if its replacement cannot be sent, since a vendor may be wrong. */
export interface LostCode {
  readonly code: LiveCode
  readonly channel: string
  readonly expiresAt: number
  readonly message: SentMessage
}

/** The answer to a check, kept for a minute so that a lost reply can be asked for again. */
export interface CheckReplay {
  readonly attemptKey: string
  readonly at: number
  readonly reply: { readonly status: 'approved' | 'incorrect' | 'incorrect_and_locked'; readonly guessesLeft: number }
}

/** One attempt of the person to prove the number for one purpose. Times in milliseconds since the epoch. */
export interface Verification {
  readonly id: string
  readonly purpose: string
  readonly bindingHash: string
  /** Whose it is; nobody else sees it. Absent: nobody's. */
  readonly owner?: string
  readonly surface: string
  readonly channel: string
  readonly locale: string
  /** `expired` is not stored: it follows from `pending` and the time. */
  readonly status: 'pending' | 'approved' | 'locked' | 'canceled' | 'failed'
  readonly createdAt: number
  readonly expiresAt: number
  readonly completedAt: number | null
  readonly sends: number
  readonly guessLimit: number
  readonly wrongGuessLimit: number
  /** Guesses that were let in; counted before they are weighed. */
  readonly guesses: number
  /** Guesses that were weighed and found wrong. */
  readonly wrong: number
  readonly code: LiveCode | null
  /** The newest reservation, for answering its repetition. */
  readonly lastCodeId: string
  /** Reservations whose outcome has not been told yet. */
  readonly unsettled: readonly string[]
  readonly replay: CheckReplay | null
  /** The audit sequence number of its newest event. */
  readonly version: number
  /** The message with the newest code. Absent where it was sent before messages were kept. */
  readonly message?: SentMessage
  /** The profile and the template it was asked for with. Absent as above; null: the template of its purpose. */
  readonly profile?: string
  readonly templateId?: string | null
  /** Did the caller name the channel? Then no other is used. Absent: no. */
  readonly channelIsFixed?: boolean
  /** May a new code be sent by another provider when the message is lost? Once at most. Absent: no. */
  readonly replaceable?: boolean
  /** Was it asked for from a page, with a key that everybody can read? Absent: no. */
  readonly isPublic?: boolean
  /** Did we make the newest code, and not its caller? Absent: nobody knows. */
  readonly codeIsOurs?: boolean
  /** Values of its text that are not the same for all messages. Absent: none. */
  readonly values?: Readonly<Record<string, string>>
  /** Names of values that every message of it has to show. Absent: none. */
  readonly mustShow?: readonly string[]
  /** What it is about; the audit finds it by that. Absent: nothing with a story of its own. */
  readonly subject?: string
  /** Where its sends were counted, by the codes that they had: taken back when one is right. Absent: nowhere. */
  readonly counted?: readonly CountedSend[]
  /** What its code is for, fixed when it was sent, or what the right code was given for. Absent: neither. */
  readonly intent?: Intent
  /** How long after the right code an intent may follow, and be asked for again. Absent: there is none to follow. */
  readonly updateWindowMs?: number
  /** After the right code, for as long as that: who comes again must know it. A keyed digest that approves nothing. */
  readonly proof?: string
  /** Guesses at that, wrong ones only: it is compared in the moment that it is asked for. Absent: none. */
  readonly wrongProofs?: number
  /** When and where its intent was let through. Absent: it was not. */
  readonly accepted?: Pick<Approval, 'acceptedAt' | 'surface' | 'requestId'>
  /** When its token was redeemed, and by which attempt. Absent: it was not. */
  readonly redemption?: { readonly at: number; readonly attemptId: string }
}

/** Where a send was counted by the rules against abuse. */
export interface CountedSend extends Counted {
  readonly codeId: string
}

/** What the gate remembers of a message, before D1 has it. */
export interface SentMessage {
  readonly communicationId: string
  /** Null until an outcome was told, and where everybody refused. */
  readonly provider: string | null
  readonly providerMessageId: string | null
  readonly status: DeliveryStatus
}

/**
 * All that the gate of one number knows. Versioned: old and new code run side by side during a deploy, so fields are only
 * ever added, each with a meaning for "absent".
 */
export interface GateState {
  readonly v: 1
  readonly phone: string
  readonly phoneHash: string
  readonly phoneMasked: string
  readonly country: string
  readonly seq: number
  readonly cooldownUntil: number
  /** Which reservation started the cooldown: only its rejection gives it back. */
  readonly cooldownCodeId: string
  /** Times of the sends of the last 24 hours. */
  readonly sends: readonly number[]
  /** Times of the guesses of the last 24 hours that were not right, those being weighed included. */
  readonly wrongGuesses: readonly number[]
  /** Those of them at codes that a page asked for, where anybody can guess: they are not among the others. Absent: none. */
  readonly publicGuesses?: readonly number[]
  /** Times of the refusals of the last hour that the audit has. */
  readonly refusals: readonly number[]
  readonly verifications: readonly Verification[]
  readonly outbox: readonly AuditEvent[]
  /** Verifications whose accepted intents may not have been carried out yet, by id. Absent: none. */
  readonly unfulfilled?: readonly string[]
  /** Failed attempts in a row to carry these two to D1. */
  readonly flushFailures: number
  readonly lastActivityAt: number
  /** When the alarm is set for; 0 for none. */
  readonly alarmAt: number
}

export const EMPTY_GATE_STATE: GateState = {
  v: 1,
  phone: '',
  phoneHash: '',
  phoneMasked: '',
  country: '',
  seq: 0,
  cooldownUntil: 0,
  cooldownCodeId: '',
  sends: [],
  wrongGuesses: [],
  refusals: [],
  verifications: [],
  outbox: [],
  flushFailures: 0,
  lastActivityAt: 0,
  alarmAt: 0,
}

/** What a rule decides: the state after it and the answer. The same state object back means that nothing is to be written. */
export interface Decision<Reply> {
  readonly state: GateState
  readonly reply: Reply
}

export const DAY_MS = 24 * 60 * 60 * 1000

/** Whose a verification is; empty: nobody's. */
export function ownerIn({ owner }: Pick<Verification, 'owner'>): string {
  return owner ?? ''
}

/** Is the verification one that a right code would still approve? */
export function isLive(verification: Verification, now: number): boolean {
  return verification.status === 'pending' && verification.code !== null && now < verification.expiresAt
}

/** The status as the world sees it, with the one that follows from the time. */
export function statusAt(verification: Verification, now: number): Verification['status'] | 'expired' {
  return verification.status === 'pending' && now >= verification.expiresAt ? 'expired' : verification.status
}

/** What is to be carried out of an accepted intent; undefined where none was accepted. */
export function approvalOf({ id, intent, accepted, message }: Verification): Approval | undefined {
  return intent && accepted && { verificationId: id, intent, ...accepted, communicationId: message?.communicationId ?? null }
}

/** The state without the digests of codes whose time is up: an ended verification has nothing to compare with. */
export function withoutExpiredCodes(state: GateState, now: number): GateState {
  return { ...state, verifications: state.verifications.map((one) => withoutProof(withoutCode(one, now), now)) }
}

function withoutCode(verification: Verification, now: number): Verification {
  return now >= verification.expiresAt && verification.code ? { ...verification, code: null } : verification
}

function withoutProof(verification: Verification, now: number): Verification {
  if (verification.proof === undefined || now < verification.expiresAt + (verification.updateWindowMs ?? 0)) return verification
  const { proof: _, ...rest } = verification
  return rest
}

/** The state with one verification changed, or added at the end. */
export function withVerification(state: GateState, changed: Verification): GateState {
  const index = state.verifications.findIndex(({ id }) => id === changed.id)
  return { ...state, verifications: index < 0 ? [...state.verifications, changed] : state.verifications.with(index, changed) }
}
