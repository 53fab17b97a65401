import { type SQL, and, eq, lt, sql } from 'drizzle-orm'
import { SAME_LEAD_MS } from '../config/limits'
import { uuidv7 } from '../core/ids'
import { selectRows } from '../db/select-rows'
import { leadEvents, leadNotices, leads } from '../db/schema'
import type { Caller } from '../otp/deps'
import type { LeadChange } from './submission/decide-submission'
import type { LeadDeps } from './deps'
import type { LeadNoticeRow, LeadRow } from './lead'

/**
 * Puts a new lead into D1, in one transaction, unless the same one is there.
 * @returns the lead that is there now: this one, or the one that was first
 */
export async function insertLead({ db }: Pick<LeadDeps, 'db'>, lead: LeadRow & { requestHash: string }): Promise<LeadRow> {
  const isSame = eq(leads.requestHash, lead.requestHash)
  const [, , [found]] = await db.batch([
    // Who asks for the same long after wants it anew.
    db
      .update(leads)
      .set({ requestHash: null })
      .where(and(isSame, lt(leads.createdAt, lead.createdAt - SAME_LEAD_MS))),
    db.insert(leads).values(lead).onConflictDoNothing(),
    db.select().from(leads).where(isSame),
  ])
  return found!
}

/** A lead as a change made it, with the message that its customer is to get. */
export interface ChangedLead {
  readonly lead: LeadRow
  readonly notice: LeadNoticeRow | undefined
}

/**
 * Makes a change of a lead, in one transaction: its columns, the row of its history, and the message to the customer.
 * @returns undefined where it was changed by somebody else since it was read
 */
export async function changeLead(
  { db, clock, carrierOf }: Pick<LeadDeps, 'db' | 'clock' | 'carrierOf'>,
  { surface, requestId }: Pick<Caller, 'surface' | 'requestId'>,
  before: LeadRow,
  { set, event, notice }: LeadChange,
): Promise<ChangedLead | undefined> {
  const at = clock()
  const lead = { ...before, ...set, version: before.version + 1, updatedAt: at }
  const ofIt = { leadId: lead.id, version: lead.version, surface }
  const told: LeadNoticeRow | undefined =
    notice && carrierOf(notice.kind)
      ? { ...ofIt, ...notice, communicationId: uuidv7(at), isSending: false, dueAt: at, attempts: 0, createdAt: at }
      : undefined
  const isBefore = unchanged(before)
  const history = { ...ofIt, at, kind: event.kind, requestId, detail: event.detail }
  const [, , updated] = await db.batch([
    db.insert(leadEvents).select(sql`${selectRows(leadEvents, [history])} and exists (select 1 from ${leads} where ${isBefore})`),
    db
      .insert(leadNotices)
      .select(sql`${selectRows(leadNotices, told ? [told] : [])} and exists (select 1 from ${leads} where ${isBefore})`),
    // Last, since what is before it asks for the version that it changes.
    db
      .update(leads)
      .set({ ...set, version: lead.version, updatedAt: at })
      .where(isBefore),
  ])
  return updated.meta.changes > 0 ? { lead, notice: told } : undefined
}

/**
 * Takes a lead to submit it: nobody else does until the lease is over, and from now on it is in doubt.
 * @returns undefined where somebody else was first
 */
export async function claimLead(
  { db, clock }: Pick<LeadDeps, 'db' | 'clock'>,
  before: LeadRow,
  leaseMs: number,
): Promise<LeadRow | undefined> {
  const now = clock()
  const claim = {
    version: before.version + 1,
    attempts: before.attempts + 1,
    inDoubt: true,
    // While it goes on, nothing has failed.
    failure: null,
    nextAttemptAt: now + leaseMs,
    updatedAt: now,
  }
  const done = await db.update(leads).set(claim).where(unchanged(before))
  return done.meta.changes > 0 ? { ...before, ...claim } : undefined
}

function unchanged({ id, version }: LeadRow): SQL | undefined {
  return and(eq(leads.id, id), eq(leads.version, version))
}
