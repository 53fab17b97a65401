import { and, gt, gte, lt } from 'drizzle-orm'
import { uuidv7From } from '../../audit/uuid-time'
import { errorName } from '../../core/log'
import { leads } from '../../db/schema'
import { fromDatabase } from '../../messaging/communications/from-database'
import type { Caller } from '../../otp/deps'
import { type CsvCell, csvLine } from './csv'
import type { LeadDeps } from '../deps'
import { isUnsubmitted } from './is-unsubmitted'
import type { LeadRow, LoanType, Submission } from '../lead'
import { type OpenLead, openLeads } from './open-leads'

/** Leads that are read at a time, and all that are in memory: a megabyte. */
export const LEADS_PER_READ = 1_000

/** Which leads. Times in milliseconds since the epoch. */
export interface ExportFilter {
  /** From this moment on. */
  readonly createdAfter: number
  /** Not from this moment on. */
  readonly createdBefore: number
  /** Left out, as below: all. */
  readonly submission?: Submission | undefined
  readonly loanType?: LoanType | undefined
  /** Whose they are. */
  readonly owner?: string | undefined
}

/** A column of the table: its title, and what it has of a lead. */
export type LeadColumn = readonly [title: string, cellOf: (lead: OpenLead) => CsvCell]

type ExportDeps = Pick<LeadDeps, 'db' | 'personalKeys' | 'log'>

/**
 * The leads of a period as CSV with a line of titles, oldest first. D1 is read as the text is taken; where it fails midway the
 * stream breaks, so that nobody takes the half for the whole. How it ended, and after how many leads, is logged.
 * @throws `dependency_unavailable` where not even the beginning can be read
 */
export async function exportLeads(
  deps: ExportDeps,
  { requestId }: Pick<Caller, 'requestId'>,
  filter: ExportFilter,
  columns: readonly LeadColumn[],
): Promise<ReadableStream<Uint8Array>> {
  const encoder = new TextEncoder()
  const pieces = writePieces(deps, filter, columns)
  let first: IteratorResult<Piece> | undefined = await pieces.next()
  let count = 0
  let isCanceled = false
  const logEnd = (outcome: 'complete' | 'failed' | 'canceled', error?: unknown) =>
    deps.log(outcome === 'failed' ? 'error' : 'info', 'leads.exported', {
      request_id: requestId,
      count,
      outcome,
      ...(error !== undefined && { error_name: errorName(error) }),
    })

  return new ReadableStream(
    {
      async pull(controller) {
        try {
          const { done, value } = first ?? (await pieces.next())
          first = undefined
          if (isCanceled) return
          if (done) {
            controller.close()
            return logEnd('complete')
          }
          controller.enqueue(encoder.encode(value.text))
          count += value.count
        } catch (error) {
          if (!isCanceled) logEnd('failed', error)
          throw error
        }
      },
      cancel() {
        isCanceled = true
        logEnd('canceled')
      },
    },
    // Nothing is read before it is wanted.
    { highWaterMark: 0 },
  )
}

interface Piece {
  readonly text: string
  /** Leads in it. */
  readonly count: number
}

/** The text, a piece for each time that D1 is read. */
async function* writePieces(
  deps: ExportDeps,
  filter: ExportFilter,
  columns: readonly LeadColumn[],
): AsyncGenerator<Piece, undefined> {
  let titles = csvLine(columns.map(([title]) => title))
  let last: string | undefined
  do {
    const rows = await readLeads(deps, filter, last)
    // Leads of other kinds are read, too, so that to find some a read never goes through more than so many.
    const opened = await openLeads(
      deps,
      rows.filter((lead) => isWanted(lead, filter)),
    )
    const lines = opened.map((lead) => csvLine(columns.map(([, cellOf]) => cellOf(lead))))
    const text = titles + lines.join('')
    if (text !== '') yield { text, count: opened.length }
    titles = ''
    last = rows.length === LEADS_PER_READ ? rows.at(-1)?.id : undefined
  } while (last !== undefined)
}

/** @param last the id of the one that was read before; undefined at the beginning */
async function readLeads({ db }: ExportDeps, filter: ExportFilter, last: string | undefined): Promise<readonly LeadRow[]> {
  const { createdAfter, createdBefore, submission } = filter
  const isThere = and(
    // Of those that wait each read would go through all, to bring them into order.
    submission === 'refused' || submission === 'given_up' ? isUnsubmitted(submission) : undefined,
    last === undefined ? gte(leads.id, uuidv7From(createdAfter)) : gt(leads.id, last),
    lt(leads.id, uuidv7From(createdBefore)),
  )
  return fromDatabase(db.select().from(leads).where(isThere).orderBy(leads.id).limit(LEADS_PER_READ).all())
}

function isWanted(lead: LeadRow, { submission, loanType, owner }: ExportFilter): boolean {
  const isOfOwner = (owner ?? lead.owner) === lead.owner
  return isOfOwner && (submission ?? lead.submission) === lead.submission && (loanType ?? lead.loanType) === lead.loanType
}
