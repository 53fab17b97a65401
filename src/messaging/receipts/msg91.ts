import * as z from 'zod'
import { decodeUtf8, parseJson } from '../../core/decode'
import type { FailureReason } from '../failure-reason'
import { vendorMessageIdSchema } from '../vendor-message-id'
import { createPathSecretCheck } from './path-secret'
import type { Receipt, ReceiptReader } from './receipt'

// MSG91's delivery reports, in all three forms that an account can be set to: a form whose field `data` is JSON ("v2"),
// flat JSON ("v3"), and events ("v4"). It signs nothing: the address that it is given ends in a secret.
// https://msg91.com/help/how-can-i-get-the-delivery-reports-on-my-webhook-url

type Meaning = readonly [Receipt['status'], FailureReason | null]

/** Statuses by number. Others say nothing that is known. */
const STATUSES: ReadonlyMap<string, Meaning> = new Map([
  ['1', ['delivered', null]],
  ['2', ['undelivered', 'unreachable']],
  ['9', ['failed', 'opted_out']], // on the do-not-disturb list
  ['16', ['failed', 'content_blocked']],
  ['17', ['failed', 'opted_out']], // blocked number
  ['25', ['failed', 'content_blocked']],
])

/** The events say no more than this: what a number in their `meta` means is documented nowhere. */
const EVENTS: ReadonlyMap<string, Meaning> = new Map([
  ['delivered', ['delivered', null]],
  ['failed', ['failed', 'unknown']],
])

/** A time below this is in seconds: as milliseconds it would lie before 1974. */
const MIN_MILLISECONDS = 1e11

/** The last moment that a `Date` can hold. */
const MAX_MILLISECONDS = 8.64e15

/** With its offset. `date` has none, and that it would be India's time is said nowhere. */
const MOMENT = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d)$/

// Fields of an unexpected type count as absent, so that one odd field does not hide what the others say.
const idSchema = vendorMessageIdSchema.optional().catch(undefined)
const statusSchema = z
  .union([z.string().trim(), z.number().transform(String)])
  .nullable()
  .default(null)
  .catch(null)
const epochSchema = z
  .union([z.number(), z.string().regex(/^\d+$/).transform(Number)])
  .transform((time) => Math.round(time < MIN_MILLISECONDS ? time * 1000 : time))
const momentSchema = z.string().regex(MOMENT).transform(Date.parse)
const timeSchema = z
  .union([epochSchema, momentSchema])
  .pipe(z.number().positive().max(MAX_MILLISECONDS))
  .nullable()
  .default(null)
  .catch(null)

const listOf = <Item extends z.ZodType>(item: Item) => z.array(item.optional().catch(undefined))

/** What all forms say. */
interface Entry {
  readonly id: string | undefined
  /** Milliseconds since the epoch. */
  readonly at: number | null
  readonly meaning: Meaning | undefined
  /** The status, where it has a number. */
  readonly code: string | null
}

// One request of ours has one number, so that its id is enough to know the message by.
const formSchema = z
  .object({ requestId: idSchema, report: listOf(z.object({ status: statusSchema, date: timeSchema })) })
  .transform(({ requestId, report }) => report.map((entry) => entryOf(requestId, entry)))
const flatSchema = z
  .object({ requestId: z.string(), status: statusSchema, date: timeSchema })
  .transform((entry) => [entryOf(idSchema.parse(entry.requestId), entry)])
// That INMSID is the id which the send call gave is likely and not documented. Where it is not, it finds no message.
const eventSchema = z
  .object({ event: z.string(), data: listOf(z.object({ INMSID: idSchema, ts: timeSchema })) })
  .transform(({ event, data }): readonly Entry[] =>
    data.map((entry) => ({ id: entry?.INMSID, at: entry?.ts ?? null, meaning: EVENTS.get(event), code: null })),
  )

const entrySchema = z.union([formSchema, eventSchema, flatSchema]).optional().catch(undefined)

/** MSG91's receipts, known by the secret in their address. Without one none is genuine. */
export function createMsg91Receipts(secret: string | undefined): ReceiptReader {
  return {
    provider: 'msg91',
    isGenuine: createPathSecretCheck(secret),
    read: async ({ body }) => receiptsIn(parseBody(body)),
  }
}

/** The JSON that a body is, or has in its field `data`. It tells by itself which, whatever its content type says. */
function parseBody(body: Uint8Array): unknown {
  const text = decodeUtf8(body)
  if (text === undefined) return undefined
  return parseJson(text) ?? parseJson(new URLSearchParams(text).get('data') ?? undefined)
}

/** Undefined where nothing has one of the three shapes. */
function receiptsIn(json: unknown): readonly Receipt[] | undefined {
  const reports = Array.isArray(json) ? (json as unknown[]) : [json]
  const known = reports.map((report) => entrySchema.parse(report)).filter((entries) => entries !== undefined)
  return known.length === 0 && reports.length > 0 ? undefined : known.flat().flatMap(receiptsOf)
}

function entryOf(
  id: string | undefined,
  report: { readonly status: string | null; readonly date: number | null } | undefined,
): Entry {
  const code = report?.status ?? null
  return { id, at: report?.date ?? null, meaning: STATUSES.get(code ?? ''), code }
}

/** The receipt of an entry, or none. */
function receiptsOf({ id, at, meaning, code }: Entry): readonly Receipt[] {
  if (id === undefined || meaning === undefined) return []
  const [status, reason] = meaning
  return [{ providerMessageId: id, communicationId: null, status, at, reason, providerCode: reason === null ? null : code }]
}
