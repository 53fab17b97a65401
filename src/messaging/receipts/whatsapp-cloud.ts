import * as z from 'zod'
import { decodeUtf8, parseJson } from '../../core/decode'
import { sameSecret } from '../../core/same-secret'
import { codeSchema, reasonOfCode } from '../providers/whatsapp-cloud'
import { vendorMessageIdSchema } from '../vendor-message-id'
import type { Receipt, ReceiptReader } from './receipt'

// Webhooks of Meta's WhatsApp Business Platform: one GET that proves the address is ours, then POSTs that hold any number
// of events, signed with the app's secret.
// https://developers.facebook.com/docs/whatsapp/cloud-api/guides/set-up-webhooks
// https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks/components

const SIGNATURE = /^sha256=([\da-f]{64})$/i

// An odd event counts as absent, so that it does not hide the others of the same post.
const statusSchema = z.object({
  id: vendorMessageIdSchema,
  status: z.enum(['sent', 'delivered', 'read', 'failed']),
  // Seconds since the epoch, as text.
  timestamp: z
    .union([z.string(), z.number().transform(String)])
    .pipe(z.string().regex(/^[1-9]\d{0,10}$/))
    .transform((seconds) => Number(seconds) * 1000)
    .nullable()
    .catch(null),
  biz_opaque_callback_data: z.uuid().nullable().catch(null),
  errors: z
    .array(z.object({ code: codeSchema.optional().catch(undefined) }))
    .optional()
    .catch(undefined),
})

const listOf = <Item extends z.ZodType>(item: Item) => z.array(item.optional().catch(undefined)).optional().catch(undefined)

/** Inbound messages come in the same field, and are left out; other fields are not ours at all. */
const changeSchema = z.object({ field: z.literal('messages'), value: z.object({ statuses: listOf(statusSchema) }) })
const bodySchema = z.object({
  object: z.string(),
  entry: z.array(
    z
      .object({ changes: listOf(changeSchema) })
      .optional()
      .catch(undefined),
  ),
})

/** Receipts from Meta. Its secret is the app's: neither the access token nor the token of the challenge. */
export function createWhatsappCloudReceipts({ appSecret }: { readonly appSecret: string | undefined }): ReceiptReader {
  let key: Promise<CryptoKey> | undefined
  return {
    provider: 'whatsapp_cloud',
    async isGenuine({ headers, body }) {
      const signature = SIGNATURE.exec(headers.get('x-hub-signature-256') ?? '')?.[1]
      if (!appSecret || signature === undefined) return false
      key ??= importKey(appSecret)
      return crypto.subtle.verify('HMAC', await key, Uint8Array.fromHex(signature), body)
    },
    read: async ({ body }) => bodySchema.safeParse(parseJson(decodeUtf8(body))).data?.entry.flatMap(receiptsIn),
  }
}

/**
 * Meta's question whether the address of the webhook is ours.
 *
 * @param query of its GET request
 * @returns the text to answer with, or undefined where the question is not Meta's: 403
 */
export async function answerChallenge(query: URLSearchParams, verifyToken: string | undefined): Promise<string | undefined> {
  const challenge = query.get('hub.challenge') ?? ''
  if (!verifyToken || query.get('hub.mode') !== 'subscribe' || !CHALLENGE.test(challenge)) return undefined
  return (await sameSecret(query.get('hub.verify_token') ?? '', verifyToken)) ? challenge : undefined
}

/** Meta sends digits. What is echoed stays one short line whatever it is. */
const CHALLENGE = /^[\x21-\x7e]{1,200}$/

function importKey(secret: string): Promise<CryptoKey> {
  return crypto.subtle.importKey('raw', new TextEncoder().encode(secret), { name: 'HMAC', hash: 'SHA-256' }, false, ['verify'])
}

function receiptsIn(entry: z.infer<typeof bodySchema>['entry'][number]): Receipt[] {
  return (entry?.changes ?? [])
    .flatMap((change) => change?.value.statuses ?? [])
    .filter((status) => status !== undefined)
    .map(toReceipt)
}

function toReceipt({ id, status, timestamp, biz_opaque_callback_data, errors }: z.infer<typeof statusSchema>): Receipt {
  const code = status === 'failed' ? errors?.[0]?.code : undefined
  return {
    providerMessageId: id,
    communicationId: biz_opaque_callback_data,
    status,
    at: timestamp,
    reason: status === 'failed' ? (reasonOfCode(code) ?? 'unknown') : null,
    providerCode: code === undefined ? null : String(code),
  }
}
