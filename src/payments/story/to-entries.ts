import type { CommunicationLogs } from '../../messaging/communications/read-logs'
import type { ContactChangeRow, ContactType, RepaymentChangeRow } from '../loan'
import { communicationIn, deedOf } from './deed-of'
import type { StoryEntry, StoryFrame } from './entry'
import type { StoryEvent } from './read-page'

/** An event, with all that belongs to it and is kept elsewhere. */
export interface StoryGroup {
  readonly event: StoryEvent
  /** What came before it and made it, then the event, then what it made: so they are told where they are of one moment. */
  readonly entries: readonly StoryEntry[]
}

export interface StorySources {
  readonly events: readonly StoryEvent[]
  readonly logs: CommunicationLogs
  readonly changes: readonly RepaymentChangeRow[]
  /** Whose codes have that binding. */
  readonly contactTypes: ReadonlyMap<string, ContactType>
}

const OUTCOMES: ReadonlySet<StoryEntry['type']> = new Set(['code.sent', 'code.not_sent', 'code.unconfirmed'])

/** Puts the sources together: attempts and receipts with the outcome of their send, a change with what let it through. */
export function groupByEvent({ events, logs, changes, contactTypes }: StorySources): StoryGroup[] {
  const changeOf = new Map(changes.map((change) => [change.verificationId, change]))
  const requestedAt = new Map(
    events.flatMap(({ kind, detail, at }) => (kind === 'send.reserved' ? [[communicationIn(detail), at]] : [])),
  )
  return events.map((event) => {
    const frame = frameOf(event, contactTypes)
    const deed = deedOf(event)
    const entry: StoryEntry = { ...frame, ...deed }
    if (OUTCOMES.has(deed.type)) {
      const [attempts, receipts] = logEntries(logs, frame, requestedAt.get(frame.communicationId) ?? 0)
      return { event, entries: [...attempts, entry, ...receipts] }
    }
    const change = deed.type === 'change.accepted' ? changeOf.get(event.verificationId) : undefined
    return { event, entries: change ? [entry, changeEntry(change, frame.phoneMasked)] : [entry] }
  })
}

/** In order of time. Of one moment, events of one number are told as its gate numbered them. */
export function inOrder(groups: readonly StoryGroup[]): StoryEntry[] {
  return groups
    .flatMap(({ event, entries }) => entries.map((entry) => ({ entry, gate: event.verification.phoneHash, seq: event.seq })))
    .toSorted((a, b) => a.entry.at - b.entry.at || compareText(a.gate, b.gate) || a.seq - b.seq)
    .map(({ entry }) => entry)
}

/** A change as it stands in the history of the repayment. */
export function changeEntry(change: RepaymentChangeRow, phoneMasked: string | null): StoryEntry {
  return {
    type: 'status.changed',
    at: change.at,
    verificationId: change.verificationId,
    communicationId: change.communicationId,
    surface: change.surface,
    requestId: change.requestId,
    contactType: change.contactType as ContactType,
    phoneMasked,
    version: change.version,
    fromStatusId: change.fromStatusId,
    toStatusId: change.toStatusId,
    amount: change.amount,
    amountCollected: change.amountCollected,
    paymentModeId: change.paymentModeId,
    requestedBy: change.requestedBy,
  }
}

/** A change of who is to confirm. */
export function contactEntry(change: ContactChangeRow): StoryEntry {
  return {
    type: 'contact.changed',
    at: change.at,
    verificationId: null,
    communicationId: null,
    surface: change.surface,
    requestId: change.requestId,
    contactType: change.contactType as ContactType,
    phoneMasked: change.toPhoneMasked,
    fromPhoneMasked: change.fromPhoneMasked,
    requestedBy: change.requestedBy,
  }
}

function frameOf(event: StoryEvent, contactTypes: ReadonlyMap<string, ContactType>): StoryFrame {
  const { at, verificationId, surface, requestId, detail, verification } = event
  return {
    at,
    verificationId,
    communicationId: communicationIn(detail),
    surface,
    requestId,
    contactType: contactTypes.get(verification.bindingHash ?? '') ?? null,
    phoneMasked: verification.phoneMasked,
  }
}

/**
 * What the log has of a message, around the outcome of its send. Attempts are timed by the Worker and receipts by the
 * vendor, some in whole seconds: clocks that differ from the gate's never put them before what made them.
 * @param requestedAt of the message, where that is known
 */
function logEntries(logs: CommunicationLogs, settled: StoryFrame, requestedAt: number): [StoryEntry[], StoryEntry[]] {
  const attempts: StoryEntry[] = []
  const receipts: { readonly entry: StoryEntry; readonly rank: number }[] = []
  for (const entry of logs.get(settled.communicationId ?? '') ?? []) {
    const { provider, reason, providerCode } = entry
    if (entry.type === 'attempt') {
      const { attempt, channel, outcome, httpStatus, durationMs } = entry
      const at = Math.max(requestedAt, Math.min(entry.at, settled.at))
      const what = { type: 'attempt', attempt, provider, channel, outcome, reason, providerCode, httpStatus, durationMs } as const
      attempts.push({ ...settled, at, ...what })
    } else {
      const { receivedAt, status, statusRank: rank } = entry
      const at = Math.max(settled.at, Math.min(entry.at, receivedAt))
      const what = { type: 'receipt', receivedAt, provider, status, reason, providerCode } as const
      receipts.push({ entry: { ...settled, surface: null, requestId: null, at, ...what }, rank })
    }
  }
  return [attempts, receipts.toSorted((a, b) => a.entry.at - b.entry.at || a.rank - b.rank).map(({ entry }) => entry)]
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}
