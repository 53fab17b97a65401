import { type SQL, and, eq, gte, inArray, lt, ne, notExists, sql } from 'drizzle-orm'
import type { Database } from '../db/client'
import { type Erasing, type Taking, countOf } from '../db/erasing'
import { auditEvents, verifications } from '../db/schema'
import type { Walked } from '../db/walk'
import type { VerificationStatus } from './event'

/** The ids from the one on, and not from the other on. */
export interface IdRange {
  readonly from: string
  readonly until: string
}

/** A person's verifications: a range of the primary key. */
export function eraseVerificationsOf(db: Database, phoneHash: string, { from, until }: IdRange): Erasing {
  const isTheirs = and(gte(verifications.id, from), lt(verifications.id, until), eq(verifications.phoneHash, phoneHash))
  return { count: countOf(verifications, isTheirs), statements: [db.delete(verifications).where(isTheirs)] }
}

/** All that happened to a person's verifications, and the sends that were refused before there was one. */
export function eraseEventsOf(db: Database, { from, until }: IdRange): Erasing {
  const isTheirs = and(gte(auditEvents.verificationId, from), lt(auditEvents.verificationId, until))
  return { count: countOf(auditEvents, isTheirs), statements: [db.delete(auditEvents).where(isTheirs)] }
}

export const WALKED_VERIFICATIONS: Walked = { table: verifications, key: [verifications.id] }
export const WALKED_EVENTS: Walked = { table: auditEvents, key: [auditEvents.verificationId, auditEvents.seq] }

/** Milliseconds since the epoch. */
export interface Before {
  readonly verifications: number
  /** For those that are about something: the evidence of payments. */
  readonly payments: number
}

/**
 * Of some verifications those that were begun too long ago, with their events; but none that may still be approved.
 * @returns statements for one transaction, of which the last one takes the verifications
 */
export function eraseVerificationsBefore(db: Database, which: SQL | undefined, before: Before): readonly Taking[] {
  const ended = ne(verifications.status, 'pending' satisfies VerificationStatus)
  const limit = sql`iif(${verifications.subject} is null, ${before.verifications}, ${before.payments})`
  const isOld = and(which, ended, lt(verifications.createdAt, limit))
  const ids = db.select({ id: verifications.id }).from(verifications).where(isOld)
  return [db.delete(auditEvents).where(inArray(auditEvents.verificationId, ids)), db.delete(verifications).where(isOld)]
}

/** Of some events those from too long ago that are of no verification: the others live as long as theirs. */
export function eraseEventsBefore(db: Database, which: SQL | undefined, before: number): readonly Taking[] {
  const its = db
    .select({ one: sql`1` })
    .from(verifications)
    .where(eq(verifications.id, auditEvents.verificationId))
  return [db.delete(auditEvents).where(and(which, lt(auditEvents.at, before), notExists(its)))]
}
