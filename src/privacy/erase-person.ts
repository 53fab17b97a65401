import { type SQL, sql } from 'drizzle-orm'
import { eraseCommunicationsOf } from '../audit/erase-communications'
import { eraseEventsOf, eraseVerificationsOf } from '../audit/erase-records'
import { ERASURE_TIMEOUT_MS } from '../config/limits'
import { refuse } from '../core/app-error'
import { uuidv7 } from '../core/ids'
import type { Database } from '../db/client'
import type { Erasing } from '../db/erasing'
import { erasures } from '../db/schema'
import { eraseLeadsOf } from '../leads/erase-leads'
import { fromDatabase } from '../messaging/communications/from-database'
import type { Caller, VerificationDeps } from '../otp/deps'
import type { GateClient } from '../otp/gate-client'
import { verificationIdsOf } from '../otp/verification-id'
import { eraseContactsOf } from '../payments/erase-contacts'

/** What a person leaves behind, by kind. */
export const ERASED_KINDS = ['leads', 'verifications', 'events', 'communications', 'loan_contacts'] as const
export type ErasedKind = (typeof ERASED_KINDS)[number]

export interface ErasePersonRequest {
  /** E.164. */
  readonly phone: string
  /** By whom, as far as the caller said. */
  readonly requestedBy: string | undefined
}

/** What is kept of it, and nothing by which the person could be found. */
export interface PersonErased {
  readonly id: string
  /** Milliseconds since the epoch. */
  readonly erasedAt: number
  /** Rows. */
  readonly erased: Readonly<Record<ErasedKind, number>>
}

/** People may be typing a code in that very moment: what that leaves to be carried is tried again. */
const TRIES = 3

/**
 * Erases a person by the number: first in its gate and in KV, then in D1, in one transaction with the trace of it. Again it
 * erases what has come meanwhile, so whoever is refused asks again.
 * @throws `dependency_unavailable`
 */
export async function erasePerson(
  { gates, db, clock }: Pick<VerificationDeps, 'gates' | 'db' | 'clock'>,
  { surface, requestId }: Pick<Caller, 'surface' | 'requestId'>,
  { phone, requestedBy }: ErasePersonRequest,
): Promise<PersonErased> {
  const { gate, phoneHash } = await gates.forPhone(phone)
  // First, since what it carries to D1 on its way out is to be erased there.
  await eraseGate(gate)
  const at = clock()
  const id = uuidv7(at)
  const kinds = erasingsOf(db, phoneHash, gate.gateId)
  const trace = sql`select ${id}, ${at}, ${surface}, ${requestId}, ${requestedBy ?? null}, ${countsOf(kinds)}`
  const [[kept]] = await fromDatabase(
    db.batch([
      // First, since it counts what the others take.
      db.insert(erasures).select(trace).returning({ erased: erasures.erased }),
      ...Object.values(kinds).flatMap(({ statements }) => statements),
    ]),
    ERASURE_TIMEOUT_MS,
  )
  return { id, erasedAt: at, erased: kept!.erased as PersonErased['erased'] }
}

async function eraseGate(gate: GateClient): Promise<void> {
  for (let tries = 1; !(await gate.call((remote) => remote.erase())); tries++) {
    // What waits for D1 is told nowhere else: it is not forgotten before it is there.
    if (tries === TRIES) throw refuse('dependency_unavailable', { dependency: 'd1' })
  }
}

function erasingsOf(db: Database, phoneHash: string, gateId: string): Readonly<Record<ErasedKind, Erasing>> {
  const verificationIds = verificationIdsOf(gateId)
  return {
    leads: eraseLeadsOf(db, phoneHash),
    verifications: eraseVerificationsOf(db, phoneHash, verificationIds),
    events: eraseEventsOf(db, verificationIds),
    communications: eraseCommunicationsOf(db, phoneHash),
    loan_contacts: eraseContactsOf(db, phoneHash),
  }
}

function countsOf(kinds: Readonly<Record<ErasedKind, Erasing>>): SQL {
  const members = ERASED_KINDS.map((kind) => sql`${kind}, ${kinds[kind].count}`)
  return sql`json_object(${sql.join(members, sql`, `)})`
}
