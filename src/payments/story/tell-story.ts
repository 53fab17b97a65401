import { refuse } from '../../core/app-error'
import type { Database } from '../../db/client'
import { fromDatabase } from '../../messaging/communications/from-database'
import { type CommunicationLogs, selectLogs, toLogs } from '../../messaging/communications/read-logs'
import type { GateClient, Gates } from '../../otp/gate-client'
import { bindRepayment } from '../change'
import type { PaymentDeps } from '../deps'
import { type ContactWithHistory, listContacts } from '../list-contacts'
import type { ContactType, RepaymentRow } from '../loan'
import { type RepaymentContext, readRepayment } from '../read-repayment'
import { communicationIn } from './deed-of'
import type { StoryEntry } from './entry'
import { type StoryPlace, fromCursor, toCursor } from './place'
import { ENTRIES_PER_PAGE, type StoryEvent, type StoryPage, VERIFICATIONS_PER_PAGE, readPage } from './read-page'
import { type StoryGroup, changeEntry, contactEntry, groupByEvent, inOrder } from './to-entries'

export interface Story extends Pick<RepaymentContext, 'statuses' | 'modes'> {
  readonly repayment: RepaymentRow
  readonly currency: string
  /** Has D1 all that the numbers' gates know? */
  readonly isComplete: boolean
  /** In order of time. */
  readonly entries: readonly StoryEntry[]
  /** Of the next page; null on the last one. */
  readonly nextCursor: string | null
}

/**
 * All that happened about a repayment, a page of it: the oldest verifications first, each event with what belongs to it.
 * The numbers' gates are asked first to carry what they have, so that what just happened is told as well.
 * @throws `loan_not_found`, `repayment_not_found`, `invalid_request` for a cursor that is not one, `dependency_unavailable`
 */
export async function tellStory(
  { db, verification }: Pick<PaymentDeps, 'db' | 'verification'>,
  about: { readonly loanId: string; readonly repaymentId: string; readonly cursor?: string | undefined },
): Promise<Story> {
  const { loanId, repaymentId, cursor } = about
  const after = cursor === undefined ? undefined : requirePlace(cursor)
  const [{ loan, statuses, modes }, contacts] = await Promise.all([
    readRepayment(db, loanId, repaymentId),
    listContacts(db, loanId),
  ])
  const isComplete = await carryAll(verification.gates, contacts)
  const page = await readPage(db, loanId, repaymentId, after)
  const groups = groupByEvent({
    events: page.events,
    logs: await readLogs(db, page.events),
    changes: page.changes.map(({ change }) => change),
    contactTypes: await contactTypesOf(loanId, repaymentId, contacts),
  })
  const { kept, until } = cut(groups)
  const entries = [
    ...contactEntries(contacts, after, until),
    ...inOrder(kept),
    ...(until === undefined ? unauditedEntries(page, contacts) : []),
  ]
  return {
    repayment: page.repayment,
    currency: loan.currency,
    statuses,
    modes,
    isComplete,
    entries: entries.toSorted((a, b) => a.at - b.at),
    nextCursor: until === undefined ? null : toCursor(until),
  }
}

function requirePlace(cursor: string): StoryPlace {
  const place = fromCursor(cursor)
  if (!place) throw refuse('invalid_request', { issues: [{ path: 'cursor', message: 'is not one of this story' }] })
  return place
}

/** @returns whether D1 has all of it now. A gate that cannot be reached is no reason to tell nothing. */
async function carryAll(gates: Gates, contacts: readonly ContactWithHistory[]): Promise<boolean> {
  const hashes = new Set(
    // Codes that were sent to a number before may have been typed as well.
    contacts.flatMap(({ phoneHash, history }) => [phoneHash, ...history.map(({ fromPhoneHash }) => fromPhoneHash)]),
  )
  hashes.delete(null)
  const carried = await Promise.all(Array.from(hashes, (hash) => carry(gates.forHash(hash!))))
  return carried.every(Boolean)
}

function carry(gate: GateClient): Promise<boolean> {
  return gate.call((remote) => remote.flush()).catch(() => false)
}

async function readLogs(db: Database, events: readonly StoryEvent[]): Promise<CommunicationLogs> {
  const ids = new Set(events.flatMap(({ detail }) => communicationIn(detail) ?? []))
  if (ids.size === 0) return new Map()
  const [attempts, receipts] = selectLogs(db, [...ids])
  return toLogs(await fromDatabase(db.batch([attempts, receipts])))
}

/** Whose codes a binding is of: each number that a contact has had has one. */
async function contactTypesOf(
  loanId: string,
  repaymentId: string,
  contacts: readonly ContactWithHistory[],
): Promise<ReadonlyMap<string, ContactType>> {
  const bound = contacts.flatMap(({ contactType: type, version: newest }) => {
    const contactType = type as ContactType
    const versions = Array.from({ length: newest }, (_, index) => index + 1)
    return versions.map(
      async (version) => [await bindRepayment(loanId, repaymentId, { contactType, version }), contactType] as const,
    )
  })
  return new Map(await Promise.all(bound))
}

/** As many as a page takes, one at least; and where the page ends, if there is more. */
function cut(groups: readonly StoryGroup[]): { readonly kept: readonly StoryGroup[]; readonly until: StoryPlace | undefined } {
  const ids = new Set<string>()
  let entries = 0
  const end = groups.findIndex((group, index) => {
    ids.add(group.event.verificationId)
    entries += group.entries.length
    return index > 0 && (ids.size > VERIFICATIONS_PER_PAGE || entries > ENTRIES_PER_PAGE)
  })
  const last = groups[end - 1]?.event
  if (!last) return { kept: groups, until: undefined }
  const { verificationId, seq, verification } = last
  return { kept: groups.slice(0, end), until: { createdAt: verification.createdAt, verificationId, seq } }
}

/** Of the time of the page: each is on one page. */
function contactEntries(
  contacts: readonly ContactWithHistory[],
  after: StoryPlace | undefined,
  until: StoryPlace | undefined,
): StoryEntry[] {
  const isOfPage = (at: number) => at >= (after?.createdAt ?? 0) && at < (until?.createdAt ?? Infinity)
  return contacts.flatMap(({ history }) => history.filter(({ at }) => isOfPage(at)).map(contactEntry))
}

/** A change is written at once. While a gate cannot carry what let it through, it is told by itself, on the last page. */
function unauditedEntries({ changes }: StoryPage, contacts: readonly ContactWithHistory[]): StoryEntry[] {
  return changes.flatMap(({ change, isAudited }) => {
    const contact = contacts.find(({ contactType }) => contactType === change.contactType)
    return isAudited ? [] : changeEntry(change, contact?.phoneMasked ?? null)
  })
}
