import { type SQL, sql } from 'drizzle-orm'
import type { SQLiteColumn } from 'drizzle-orm/sqlite-core'
import type { Database } from '../db/client'
import { communicationLog, communicationReceipts, communications } from '../db/schema'
import { selectRows } from '../db/select-rows'
import { type CommunicationRow, type ToldMessages } from './communications-of'
import { DELIVERY_RANK } from './delivery-status'

const UNKNOWN = sql.raw(String(DELIVERY_RANK.unknown))
const LOST = sql.raw(String(DELIVERY_RANK.failed))

/**
 * What is told of messages, as statements for D1: at most four, however many they are.
 * @param isKept whether any of it is still to be kept, asked in the statements; left out: it is
 */
export function writeCommunications(db: Database, { communications: rows, attempts }: ToldMessages, isKept: SQL = sql`true`) {
  const settled = rows.filter(({ provider }) => provider !== null)
  const others = rows.filter(({ provider }) => provider === null)
  const carried = settled.filter(({ providerMessageId }) => providerMessageId !== null).map(({ id }) => id)
  const ofThese = sql`json_each(${JSON.stringify(carried)}) asked cross join ${communications} c on c.id = asked.value`
  return [
    ...(settled.length > 0 ? [upsertCommunications(db, settled, { ...PROGRESS, ...CARRIER }, isKept)] : []),
    ...(others.length > 0 ? [upsertCommunications(db, others, PROGRESS, isKept)] : []),
    ...(attempts.length > 0
      ? [
          db
            .insert(communicationLog)
            .select(sql`${selectRows(communicationLog, attempts)} and ${isKept}`)
            .onConflictDoNothing(),
        ]
      : []),
    // A vendor's report can be here before the message that it is about.
    ...(carried.length > 0 ? [applyReceipts(db, ofThese)] : []),
  ]
}

/**
 * Moves messages to what vendors reported of them: to the status of the greatest rank, at its earliest, with the reason of
 * the first failure. It looks at all reports that are kept, so that the order in which they came decides nothing.
 * @param these which messages: what stands after a "from", where they are `c`
 */
export function applyReceipts(db: Database, these: SQL) {
  const { status, statusRank, statusAt, reason, providerCode } = communications
  // A report of no greater rank repeats what the provider answered; but a code that was typed and a report that the
  // message is there tell the same of different times, as two failures may.
  const isFurther = sql`(news.status_rank > ${statusRank} or (news.status_rank >= ${LOST}
    and (news.status_rank, ${statusAt}, ${status}) > (${statusRank}, news.at, news.status)))`
  const orNews = (column: SQLiteColumn, value: SQL) => sql`iif(${isFurther}, ${value}, ${column})`
  // Why an outcome is not known is of no interest once it is known.
  const ofFirstFailure = (column: SQLiteColumn, value: SQL) =>
    sql`case when news.is_lost then ${value} when ${statusRank} = ${UNKNOWN} then null else ${column} end`
  const set = {
    status: orNews(status, sql`news.status`),
    statusRank: orNews(statusRank, sql`news.status_rank`),
    statusAt: orNews(statusAt, sql`news.at`),
    reason: ofFirstFailure(reason, sql`news.reason`),
    providerCode: ofFirstFailure(providerCode, sql`news.provider_code`),
  }
  return db
    .update(communications)
    .set(set)
    .from(sql`(${selectNews(these)}) news`)
    .where(sql`${communications.id} = news.id and news.nth = 1 and (${isChange(set)})`)
}

/** Of each message the furthest report (`nth` 1), and with it the first failure. */
function selectNews(these: SQL): SQL {
  const at = sql`coalesce(r.at, r.received_at)`
  const failuresFirst = sql`partition by c.id order by r.status_rank <> ${LOST}, ${at}, r.status`
  return sql`select c.id, r.status, r.status_rank, ${at} at,
    row_number() over (partition by c.id order by r.status_rank desc, ${at}, r.status) nth,
    max(r.status_rank = ${LOST}) over (partition by c.id) is_lost,
    first_value(r.reason) over (${failuresFirst}) reason,
    first_value(r.provider_code) over (${failuresFirst}) provider_code
    from ${these}
    cross join ${communicationReceipts} r on r.provider = c.provider and r.provider_message_id = c.provider_message_id`
}

type Changes = Readonly<Partial<Record<keyof CommunicationRow, SQL>>>

const told = (column: SQLiteColumn) => sql`excluded.${sql.identifier(column.name)}`
const orTold = (column: SQLiteColumn) => sql`coalesce(${column}, ${told(column)})`
const unlessEmpty = (column: SQLiteColumn) => sql`iif(${column} = '', ${told(column)}, ${column})`
const ifAhead = (column: SQLiteColumn) => {
  const { statusRank, statusAt } = communications
  return sql`iif((${told(statusRank)}, ${statusAt}) > (${statusRank}, ${told(statusAt)}), ${told(column)}, ${column})`
}
const ofFailure = (column: SQLiteColumn) => {
  const { statusRank } = communications
  return sql`iif(max(${statusRank}, ${told(statusRank)}) = ${UNKNOWN}, ${orTold(column)},
    coalesce(iif(${statusRank} = ${UNKNOWN}, null, ${column}), iif(${told(statusRank)} = ${UNKNOWN}, null, ${told(column)})))`
}

/** What any telling of a message does to the row that D1 has: the same as `mergeRows` inside a batch. */
const PROGRESS: Changes = {
  surface: unlessEmpty(communications.surface),
  channel: unlessEmpty(communications.channel),
  templateId: orTold(communications.templateId),
  templateVersion: orTold(communications.templateVersion),
  status: ifAhead(communications.status),
  statusRank: ifAhead(communications.statusRank),
  statusAt: ifAhead(communications.statusAt),
  reason: ofFailure(communications.reason),
  providerCode: ofFailure(communications.providerCode),
  verified: sql`max(${communications.verified}, ${told(communications.verified)})`,
}

/** What one does that names the carrier. Apart, since the index of a column that is set is written anew, changed or not. */
const CARRIER: Changes = {
  channel: told(communications.channel),
  provider: told(communications.provider),
  providerMessageId: orTold(communications.providerMessageId),
  segments: orTold(communications.segments),
  costMicros: orTold(communications.costMicros),
  currency: orTold(communications.currency),
}

function upsertCommunications(db: Database, rows: readonly CommunicationRow[], set: Changes, isKept: SQL) {
  return db
    .insert(communications)
    .select(sql`${selectRows(communications, rows)} and ${isKept}`)
    .onConflictDoUpdate({ target: communications.id, set, setWhere: isChange(set) })
}

/** A row that stays as it is must not be written: it would be paid. */
function isChange(set: Changes): SQL {
  const changes = Object.entries(set).map(([name, value]) => sql`${value} is not ${communications[name as keyof typeof set]}`)
  return sql.join(changes, sql` or `)
}
