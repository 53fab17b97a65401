import { and, eq, sql } from 'drizzle-orm'
import type { AuditDetail } from '../../audit/event'
import { refuse } from '../../core/app-error'
import type { Database } from '../../db/client'
import { auditEvents, repaymentChanges, repayments, verifications } from '../../db/schema'
import { fromDatabase } from '../../messaging/communications/from-database'
import { type RepaymentChangeRow, type RepaymentRow, repaymentSubject } from '../loan'
import type { StoryPlace } from './place'

/** Verifications of a page, and entries: what one call reads and answers is bounded. */
export const VERIFICATIONS_PER_PAGE = 100
export const ENTRIES_PER_PAGE = 1_000

/** An event of the audit, with what its verification adds. */
export interface StoryEvent {
  readonly verificationId: string
  readonly seq: number
  readonly at: number
  readonly kind: string
  readonly surface: string
  readonly requestId: string
  readonly detail: AuditDetail
  readonly verification: {
    readonly createdAt: number
    readonly phoneHash: string
    readonly phoneMasked: string
    readonly bindingHash: string | null
  }
}

export interface StoryPage {
  /** As it was in the moment of the events. */
  readonly repayment: RepaymentRow
  /** By verification, the oldest first, and as they happened. More than a page takes where there is more. */
  readonly events: readonly StoryEvent[]
  /** All of the repayment, and of each whether the event that let it through is in D1. */
  readonly changes: readonly { readonly change: RepaymentChangeRow; readonly isAudited: boolean }[]
}

/**
 * A page of what D1 has of a repayment, in one transaction: what is said of its status fits the changes that are told.
 * @throws `repayment_not_found`, `dependency_unavailable`
 */
export async function readPage(
  db: Database,
  loanId: string,
  repaymentId: string,
  after: StoryPlace | undefined,
): Promise<StoryPage> {
  const isIts = and(eq(repayments.loanId, loanId), eq(repayments.id, repaymentId))
  const subject = repaymentSubject(loanId, repaymentId)
  const [[repayment], events, changes] = await fromDatabase(
    db.batch([
      db.select().from(repayments).where(isIts),
      selectEvents(db, subject, after),
      selectChanges(db, loanId, repaymentId, subject),
    ]),
  )
  if (!repayment) throw refuse('repayment_not_found', {})
  return {
    repayment,
    events: events.map(({ event, verification }) => ({ ...event, detail: event.detail as AuditDetail, verification })),
    changes: changes.map(({ change, isAudited }) => ({ change, isAudited: isAudited === 1 })),
  }
}

function selectEvents(db: Database, subject: string, after: StoryPlace | undefined) {
  const { id, createdAt, phoneHash, phoneMasked, bindingHash } = verifications
  const isFromThere = after && sql`(${createdAt}, ${id}) >= (${after.createdAt}, ${after.verificationId})`
  const page = db
    .select({ id, createdAt, phoneHash, phoneMasked, bindingHash })
    .from(verifications)
    .where(and(eq(verifications.subject, subject), isFromThere))
    .orderBy(createdAt, id)
    // The one that the page before ended in, which may have more, and one that tells whether there is a page after this.
    .limit(VERIFICATIONS_PER_PAGE + 2)
    .as('page')
  const isBehind =
    after &&
    sql`(${page.createdAt}, ${page.id}, ${auditEvents.seq}) > (${after.createdAt}, ${after.verificationId}, ${after.seq})`
  const verification = {
    createdAt: page.createdAt,
    phoneHash: page.phoneHash,
    phoneMasked: page.phoneMasked,
    bindingHash: page.bindingHash,
  }
  return (
    db
      .select({ event: auditEvents, verification })
      .from(page)
      // For SQLite "cross" fixes the order: of each verification a range of the key.
      .crossJoin(auditEvents)
      .where(and(eq(auditEvents.verificationId, page.id), isBehind))
      .orderBy(page.createdAt, page.id, auditEvents.seq)
      .limit(ENTRIES_PER_PAGE + 1)
  )
}

function selectChanges(db: Database, loanId: string, repaymentId: string, subject: string) {
  const isAudited = sql<number>`exists (
    select 1 from ${verifications} v cross join ${auditEvents} e on e.verification_id = v.id
    where v.id = ${repaymentChanges}.verification_id and v.subject = ${subject} and e.kind = 'intent.accepted')`
  return db
    .select({ change: repaymentChanges, isAudited })
    .from(repaymentChanges)
    .where(and(eq(repaymentChanges.loanId, loanId), eq(repaymentChanges.repaymentId, repaymentId)))
    .orderBy(repaymentChanges.version)
}
