import * as z from 'zod'
import { decodeUtf8, parseJson } from '../../core/decode'
import { reasonOfCode } from '../providers/gupshup'
import { createPathSecretCheck } from './path-secret'
import type { Receipt, ReceiptReader } from './receipt'

// Gupshup's events about a message, in both forms that an app can be set to: its own ("v2") and one shaped like Meta's
// ("v3"). It signs nothing: the address that it is given ends in a secret.
// https://partner-docs.gupshup.io/docs/v3-message-events, https://partner-docs.gupshup.io/docs/events

/** Other types, such as `deleted`, say nothing of the delivery. */
const STATUSES: ReadonlyMap<string, Receipt['status']> = new Map([
  ['enqueued', 'queued'],
  ['sent', 'sent'],
  ['delivered', 'delivered'],
  ['read', 'read'],
  ['failed', 'failed'],
])

/** A longer id is none that Gupshup gave us. */
const MAX_ID_LENGTH = 200

/** A time below this is in seconds: as milliseconds it would lie before 1974. */
const MIN_MILLISECONDS = 1e11

/** The last moment that a `Date` can hold. */
const MAX_MILLISECONDS = 8.64e15

// Fields of an unexpected type count as absent, so that one odd field does not hide what the others say.
const numeric = z.union([z.number(), z.string().regex(/^\d+$/).transform(Number)])
const codeSchema = numeric.pipe(z.number().int().positive().max(9_999_999)).optional().catch(undefined)
const timeSchema = numeric
  .transform((time) => Math.round(time < MIN_MILLISECONDS ? time * 1000 : time))
  .pipe(z.number().positive().max(MAX_MILLISECONDS))
  .optional()
  .catch(undefined)
const gupshupIdSchema = z.string().min(1).optional().catch(undefined)

/** Only Gupshup's own form names a type. */
const typedSchema = z.object({ type: z.string() })

const ownFormSchema = z.object({
  timestamp: timeSchema,
  payload: z.object({
    id: z.string(),
    gsId: gupshupIdSchema,
    type: z.string(),
    payload: z.object({ ts: timeSchema, code: codeSchema }).optional().catch(undefined),
  }),
})

const metaStatusSchema = z.object({
  id: z.string(),
  gs_id: gupshupIdSchema,
  status: z.string(),
  timestamp: timeSchema,
  errors: z
    .array(z.object({ code: codeSchema }))
    .optional()
    .catch(undefined),
})

const metaFormSchema = z.object({
  entry: z.array(
    z.object({
      changes: z.array(
        // Inbound messages and news of the account have a `value` too, without statuses.
        z.object({
          value: z
            .object({ statuses: z.array(metaStatusSchema.optional().catch(undefined)) })
            .optional()
            .catch(undefined),
        }),
      ),
    }),
  ),
})

/** What both forms say. */
interface MessageEvent {
  readonly type: string
  /** WhatsApp's, once it has taken the message. Gupshup's until then. */
  readonly id: string
  /** Gupshup's, in events that have WhatsApp's as `id`. */
  readonly gsId: string | undefined
  /** Milliseconds since the epoch. */
  readonly time: number | undefined
  readonly code: number | undefined
}

/** Gupshup's receipts, known by the secret in their address. Without one none is genuine. */
export function createGupshupReceipts(secret: string | undefined): ReceiptReader {
  return {
    provider: 'gupshup',
    isGenuine: createPathSecretCheck(secret),
    read: async ({ body }) => eventsIn(parseJson(decodeUtf8(body)))?.flatMap(receiptsOf),
  }
}

function eventsIn(body: unknown): readonly MessageEvent[] | undefined {
  const type = typedSchema.safeParse(body).data?.type
  if (type === undefined) return eventsInMetaForm(body)
  // What people write, who opted in or out, what was billed.
  if (type !== 'message-event') return []
  const { timestamp, payload: event } = ownFormSchema.safeParse(body).data ?? {}
  if (!event) return undefined
  const { id, gsId, payload } = event
  return [{ type: event.type, id, gsId, time: payload?.ts ?? timestamp, code: payload?.code }]
}

function eventsInMetaForm(body: unknown): readonly MessageEvent[] | undefined {
  const entries = metaFormSchema.safeParse(body).data?.entry
  const statuses = entries?.flatMap(({ changes }) => changes.flatMap(({ value }) => value?.statuses ?? []))
  return statuses
    ?.filter((status) => status !== undefined)
    .map(({ status: type, id, gs_id: gsId, timestamp: time, errors }) => ({ type, id, gsId, time, code: errors?.[0]?.code }))
}

/** The receipt of an event, or none. */
function receiptsOf({ type, id, gsId, time, code }: MessageEvent): readonly Receipt[] {
  const status = STATUSES.get(type)
  const providerMessageId = gsId ?? id
  if (status === undefined || providerMessageId === '' || providerMessageId.length > MAX_ID_LENGTH) return []
  const known = { providerMessageId, communicationId: null, at: time ?? null }
  if (status !== 'failed') return [{ ...known, status, reason: null, providerCode: null }]
  // An id of WhatsApp's own says that the message had left Gupshup.
  const hadLeft = gsId !== undefined && gsId !== id
  return [
    {
      ...known,
      status: hadLeft ? 'undelivered' : 'failed',
      reason: reasonOfCode(code) ?? 'unknown',
      providerCode: code === undefined ? null : String(code),
    },
  ]
}
