import { eq } from 'drizzle-orm'
import { sees } from '../access/principal'
import type { VerificationStatus } from '../audit/event'
import { refuse } from '../core/app-error'
import { verifications } from '../db/schema'
import { fromDatabase } from '../messaging/communications/from-database'
import { maskPhone } from '../phone/mask-phone'
import type { Caller, VerificationDeps } from './deps'
import type { IntentFacts } from './intent'
import { sendWindows } from './send-policy'

/** What a caller may know of a verification. Times in milliseconds since the epoch. */
export interface VerificationView {
  readonly id: string
  readonly status: VerificationStatus
  readonly phoneMasked: string
  readonly channel: string
  readonly purpose: string
  readonly createdAt: number
  readonly expiresAt: number
  readonly completedAt: number | null
  /** When another send to the number is allowed; null where the gate has forgotten the verification. */
  readonly resendAt: number | null
  readonly guessesLeft: number
  /** The newest message; null where the gate has forgotten the verification. */
  readonly communicationId: string | null
  /** What its code confirms, or has confirmed; null: nothing beside the number. */
  readonly intent: IntentFacts | null
}

/**
 * One verification that the caller may see, from its gate, or from D1 once the gate has been quiet for a day.
 * @throws `verification_not_found`, `dependency_unavailable`
 */
export async function getVerification(
  deps: VerificationDeps,
  { principal }: Pick<Caller, 'principal'>,
  id: string,
): Promise<VerificationView> {
  const gate = deps.gates.forVerification(id)
  if (!gate) throw refuse('verification_not_found', {})
  const found = await gate.call((remote) => remote.describe(id, sendWindows(deps.config.limits)))
  if (!found) return fromRecord(deps, principal, id)
  if (!sees(principal, found.owner ?? '')) throw refuse('verification_not_found', {})
  return {
    ...found,
    phoneMasked: maskPhone(found.phone),
    communicationId: found.message?.communicationId ?? null,
    intent: found.intent?.facts ?? null,
  }
}

async function findRecord(deps: VerificationDeps, id: string) {
  return deps.db.select().from(verifications).where(eq(verifications.id, id)).get()
}

async function fromRecord(deps: VerificationDeps, principal: Caller['principal'], id: string): Promise<VerificationView> {
  const record = await fromDatabase(findRecord(deps, id))
  if (!record || !sees(principal, record.owner)) throw refuse('verification_not_found', {})
  const isOver = record.status === 'pending' && deps.clock() >= record.expiresAt
  const { phoneMasked, channel, purpose, createdAt, expiresAt, completedAt } = record
  const status = isOver ? 'expired' : (record.status as VerificationStatus)
  const intent = (record.intent ?? null) as IntentFacts | null
  const forgotten = { intent, resendAt: null, guessesLeft: 0, communicationId: null }
  return { id, status, phoneMasked, channel, purpose, createdAt, expiresAt, completedAt, ...forgotten }
}
