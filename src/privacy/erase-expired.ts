import type { SQL } from 'drizzle-orm'
import { WALKED_RECEIPTS, eraseCommunicationsBefore, eraseReceiptsBefore } from '../audit/erase-communications'
import { WALKED_EVENTS, WALKED_VERIFICATIONS, eraseEventsBefore, eraseVerificationsBefore } from '../audit/erase-records'
import { ERASURE_TIMEOUT_MS, RETENTION_ROWS_PER_STEP, RETENTION_STEPS_PER_RUN } from '../config/limits'
import { errorName } from '../core/log'
import { withTimeout } from '../core/with-timeout'
import type { Database } from '../db/client'
import type { Taking } from '../db/erasing'
import { type Walked, keepPlace, nextRows, readPlace } from '../db/walk'
import { eraseLeadsBefore } from '../leads/erase-leads'
import { eraseDecisionsBefore } from '../limits/decisions/erase-decisions'
import type { VerificationDeps } from '../otp/deps'

const DAY_MS = 24 * 60 * 60 * 1000

/** How much one run does at most, of each kind. */
export interface Pace {
  /** Rows that a step looks at, or erases. */
  readonly rows: number
  readonly steps: number
}

const PACE: Pace = { rows: RETENTION_ROWS_PER_STEP, steps: RETENTION_STEPS_PER_RUN }

/** One step, in one transaction. */
type Step = (rows: number) => Promise<{ readonly erased: number; readonly isLast: boolean }>

/**
 * Erases what is older than `config.retention` says, for the scheduled job. A run ends after so many steps and the next one
 * goes on from there. Leads and messages stand in order of time: only what is erased is looked at, 100,000 of each in a run.
 * Verifications, events and reports of vendors do not: the whole table is looked through, 100,000 rows in a run, and then
 * from its beginning again. With a run an hour that is a round of an hour up to 100,000 rows, of ten hours for a million and
 * of four days for ten millions, by which a row can outlive its day.
 * @param now milliseconds since the epoch
 * @returns rows by kind; of one that failed (which is logged, and keeps no other from its turn) those until then
 */
export async function eraseExpired(
  { db, config: { retention }, log }: Pick<VerificationDeps, 'db' | 'config' | 'log'>,
  now: number,
  pace: Pace = PACE,
): Promise<Readonly<Record<string, number>>> {
  const before = (days: number) => now - days * DAY_MS
  const communications = before(retention.communicationsDays)
  const verifications = before(retention.verificationsDays)
  const payments = before(retention.paymentsDays)
  const kinds: Readonly<Record<string, Step>> = {
    leads: oldestFirst(db, (rows) => eraseLeadsBefore(db, before(retention.leadsDays), rows)),
    communications: oldestFirst(db, (rows) => eraseCommunicationsBefore(db, communications, rows)),
    limit_decisions: oldestFirst(db, (rows) => eraseDecisionsBefore(db, verifications, rows)),
    receipts: rowByRow(db, 'receipts', WALKED_RECEIPTS, (which) => eraseReceiptsBefore(db, which, communications)),
    verifications: rowByRow(db, 'verifications', WALKED_VERIFICATIONS, (which) =>
      eraseVerificationsBefore(db, which, { verifications, payments }),
    ),
    events: rowByRow(db, 'events', WALKED_EVENTS, (which) => eraseEventsBefore(db, which, verifications)),
  }
  const erased: Record<string, number> = {}
  // One after the other: D1 does one thing at a time, and others wait for it.
  for (const [kind, step] of Object.entries(kinds)) {
    erased[kind] = 0
    try {
      for (let steps = 1, isLast = false; steps <= pace.steps && !isLast; steps++) {
        const done = await withTimeout(step(pace.rows), ERASURE_TIMEOUT_MS)
        erased[kind] += done.erased
        isLast = done.isLast
      }
    } catch (error) {
      log('error', 'retention.failed', { dependency: 'd1', names: [kind], error_name: errorName(error) })
    }
  }
  return erased
}

/** For tables in order of time. */
function oldestFirst(db: Database, statements: (rows: number) => readonly Taking[]): Step {
  return async (rows) => {
    const erased = await take(db, statements(rows))
    return { erased, isLast: erased < rows }
  }
}

/** For tables in another order. Where the step came to is kept in its transaction. */
function rowByRow(db: Database, kind: string, walked: Walked, statements: (which: SQL | undefined) => readonly Taking[]): Step {
  return async (rows) => {
    const { range, last } = await nextRows(db, walked, await readPlace(db, kind), rows)
    const erased = await take(db, [keepPlace(db, kind, last ?? []), ...statements(range)])
    return { erased, isLast: last === undefined }
  }
}

/** @returns how many rows the last of the statements took */
async function take(db: Database, statements: readonly Taking[]): Promise<number> {
  const [first, ...rest] = statements
  if (!first) return 0
  const results = await db.batch([first, ...rest])
  return results.at(-1)!.meta.changes
}
