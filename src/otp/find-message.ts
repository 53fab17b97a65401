import { eq } from 'drizzle-orm'
import { sees } from '../access/principal'
import { refuse } from '../core/app-error'
import type { Database } from '../db/client'
import { communications } from '../db/schema'
import { fromDatabase } from '../messaging/communications/from-database'
import { maskPhone } from '../phone/mask-phone'
import type { Caller, VerificationDeps } from './deps'
import type { GateClient } from './gate-client'
import { phoneInMockId, readMessageId } from './message-id'
import type { MessageTarget } from './rules/find-message'

/** What anybody who has a message's id may know of it. */
export interface MessageView {
  readonly status: string
  /** Null until a provider was tried, and where all refused. */
  readonly provider: string | null
  readonly channel: string
  readonly phoneMasked: string
  /** Milliseconds since the epoch; null where only the gate knows the message yet. */
  readonly statusAt: number | null
}

/**
 * The state of a message by the id that its sender was given: from D1, where receipts go, or from the gate of its number
 * while D1 has not heard of it, or not of its outcome.
 * @throws `communication_not_found`, `dependency_unavailable`
 */
export async function findSentMessage(
  deps: VerificationDeps,
  { principal }: Pick<Caller, 'principal'>,
  messageId: string,
): Promise<MessageView> {
  const located = await locate(deps, messageId)
  if (!located) throw refuse('communication_not_found', {})
  const { gate, target } = located
  const view = await findView(deps, gate, target)
  if (!view || !sees(principal, view.owner)) throw refuse('communication_not_found', {})
  return view
}

type OwnedView = MessageView & { readonly owner: string }

async function findView(deps: VerificationDeps, gate: GateClient, target: MessageTarget): Promise<OwnedView | undefined> {
  const record = await readRecord(deps.db, target)
  if (record && record.status !== 'pending') return record
  const found = await gate.call((remote) => remote.message(target))
  if (!found) return record
  const { status, provider, channel, phone, owner = '' } = found
  return { status, provider, channel, phoneMasked: maskPhone(phone), statusAt: null, owner }
}

/** Ids of the mock have the number in them, and are looked up in mock mode only. */
async function locate(
  { gates, config }: Pick<VerificationDeps, 'gates' | 'config'>,
  messageId: string,
): Promise<{ readonly gate: GateClient; readonly target: MessageTarget } | undefined> {
  const phone = config.mockEnabled ? phoneInMockId(messageId) : undefined
  if (phone !== undefined) return { gate: (await gates.forPhone(phone)).gate, target: { providerMessageId: messageId } }
  const read = readMessageId(messageId)
  // An id that names no gate of this deployment is refused before D1 is asked.
  const gate = read && gates.forVerification(read.verificationId)
  return gate && { gate, target: { communicationId: read.communicationId } }
}

async function readRecord(db: Database, target: MessageTarget): Promise<OwnedView | undefined> {
  const { status, provider, channel, phoneMasked, statusAt, owner } = communications
  const isMeant =
    'communicationId' in target
      ? eq(communications.id, target.communicationId)
      : eq(communications.providerMessageId, target.providerMessageId)
  return fromDatabase(
    db.select({ status, provider, channel, phoneMasked, statusAt, owner }).from(communications).where(isMeant).get(),
  )
}
