import * as z from 'zod'
import { LONGEST_WHATSAPP_CODE } from '../../config/limits'
import type { WhatsappCloudConfig } from '../../config/providers/whatsapp-cloud'
import { phoneDigits } from '../../phone/phone-digits'
import type { FailureReason } from '../failure-reason'
import type { Message } from '../message'
import type { Provider, SendOutcome } from '../provider'
import { vendorMessageIdSchema } from '../vendor-message-id'
import { callVendor, type VendorHttp, type VendorReply } from './http'
import { reasonOfHttpStatus } from './http-status'
import { META_CODES } from './meta-codes'

// WhatsApp Business Cloud API, from Meta itself: POST of JSON to /{phone number id}/messages with a bearer token.
// https://developers.facebook.com/docs/whatsapp/cloud-api/reference/messages
// https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes

/** Codes of the Graph API under it. Those from 200 to 299 all speak of permissions. */
const GRAPH_CODES: Readonly<Record<number, FailureReason>> = {
  0: 'provider_auth',
  1: 'provider_unavailable', // unknown, on their side
  2: 'provider_unavailable',
  3: 'provider_auth', // the app may not call this
  4: 'rate_limited', // of the app
  10: 'provider_auth', // permission missing
  33: 'config_error', // no such phone number id
  100: 'bad_request',
  190: 'provider_auth', // token expired or revoked
}

/** What one of Meta's codes means, in a reply or in a receipt. Undefined where it is not known. */
export function reasonOfCode(code: number | undefined): FailureReason | undefined {
  if (code === undefined) return undefined
  return code >= 200 && code <= 299 ? 'provider_auth' : (GRAPH_CODES[code] ?? META_CODES[code])
}

/** Meta writes codes as numbers. */
export const codeSchema = z
  .union([
    z.number(),
    z
      .string()
      .regex(/^\d{1,7}$/)
      .transform(Number),
  ])
  .pipe(z.number().int().min(0).max(9_999_999))

// Fields of an unexpected type count as absent, so that one odd field does not hide what the others say.
const replySchema = z.object({
  messages: z
    .array(z.object({ id: vendorMessageIdSchema.optional().catch(undefined) }))
    .optional()
    .catch(undefined),
  error: z
    .object({
      code: codeSchema.optional().catch(undefined),
      error_subcode: z.number().optional().catch(undefined),
      is_transient: z.boolean().optional().catch(undefined),
    })
    .optional()
    .catch(undefined),
})
type Reply = z.infer<typeof replySchema>

/**
 * The one request that sends a template message; undefined for a notice without a template of its own. The code stands in
 * the body twice, as Meta wants it, and nowhere else.
 */
export function buildRequest(config: WhatsappCloudConfig, message: Message) {
  const template = templateFor(config, message)
  if (!template) return undefined
  const body = {
    messaging_product: 'whatsapp',
    recipient_type: 'individual',
    to: phoneDigits(message.to),
    type: 'template',
    // Comes back in every receipt.
    biz_opaque_callback_data: message.communicationId,
    template: { ...template, ...componentsOf(message) },
  }
  return {
    url: `${config.apiUrl}/${config.phoneNumberId}/messages`,
    init: {
      method: 'POST',
      headers: { authorization: `Bearer ${config.accessToken}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    },
  }
}

/** What Meta's reply means. Its code speaks before the HTTP status, which is not the same everywhere for one code. */
export function readReply(reply: VendorReply): SendOutcome {
  if (reply.kind !== 'replied') return { status: 'unknown', reason: reply.kind }
  const { httpStatus } = reply
  const { messages, error }: Reply = replySchema.safeParse(reply.json).data ?? {}
  if (!error && httpStatus >= 200 && httpStatus < 300) {
    const id = messages?.[0]?.id
    // A message that Meta holds back to look at its quality has an id as well, and its receipts say what came of it.
    return id === undefined
      ? { status: 'unknown', reason: 'unreadable_reply', httpStatus }
      : { status: 'accepted', providerMessageId: id, deliveryStatus: 'queued' }
  }
  return {
    status: 'rejected',
    reason: reasonOfError(error) ?? reasonOfHttpStatus(httpStatus) ?? 'unknown',
    ...(error?.code !== undefined && { providerCode: String(error.code) }),
    httpStatus,
  }
}

/** WhatsApp from Meta: one-time codes in an authentication template, notices in utility templates. */
export function createWhatsappCloud(config: WhatsappCloudConfig, http: VendorHttp): Provider {
  return {
    id: 'whatsapp_cloud',
    channels: ['whatsapp'],
    facts: { maxCodeLength: LONGEST_WHATSAPP_CODE, textIsOurs: false },
    send: async (message) => {
      const request = buildRequest(config, message)
      if (!request) return { status: 'rejected', reason: 'template_rejected' }
      return readReply(await callVendor({ ...http, ...request }))
    },
  }
}

/** The message's own template, `name` or `name:language`, else the one for codes; a notice must never go out in that one. */
function templateFor(config: WhatsappCloudConfig, { kind, vendorTemplates }: Message) {
  const named = vendorTemplates.whatsapp_cloud ?? (kind === 'otp' ? config.template : undefined)
  if (named === undefined) return undefined
  const [name = '', language = config.templateLanguage] = named.split(':')
  return { name, language: { code: language } }
}

/** An authentication template has the code in its text, and once more in the button that copies or fills it in. */
function componentsOf(message: Message) {
  const parametersOf = (values: readonly string[]) => values.map((text) => ({ type: 'text', text }))
  if (message.kind === 'otp') {
    const parameters = parametersOf([message.code])
    return {
      components: [
        { type: 'body', parameters },
        { type: 'button', sub_type: 'url', index: '0', parameters },
      ],
    }
  }
  const parameters = parametersOf(Object.values(message.variables))
  return parameters.length > 0 ? { components: [{ type: 'body', parameters }] } : {}
}

function reasonOfError(error: Reply['error']): FailureReason | undefined {
  // The code says "parameter", and its subcode that the phone number id in the address is not one that we may use.
  if (error?.code === 100 && error.error_subcode === 33) return 'config_error'
  return reasonOfCode(error?.code) ?? (error?.is_transient === true ? 'provider_unavailable' : undefined)
}
