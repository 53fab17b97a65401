import * as z from 'zod'
import { LONGEST_WHATSAPP_CODE } from '../../config/limits'
import type { GupshupConfig } from '../../config/providers/gupshup'
import { phoneDigits } from '../../phone/phone-digits'
import type { FailureReason } from '../failure-reason'
import type { Message } from '../message'
import type { Provider, SendOutcome } from '../provider'
import { vendorMessageIdSchema } from '../vendor-message-id'
import { callVendor, type VendorHttp, type VendorReply } from './http'
import { reasonOfHttpStatus } from './http-status'
import { META_CODES } from './meta-codes'

// Gupshup WhatsApp, self-serve API: POST of a form to /wa/api/v1/template/msg with the account's key in `apikey`.
// https://docs.gupshup.io/reference/get-business-details, https://docs.gupshup.io/docs/error-and-status-messages

/** Gupshup's own codes. Meta's come through as they are. */
const GUPSHUP_CODES: Readonly<Record<number, FailureReason>> = {
  500: 'provider_unavailable',
  1001: 'config_error', // sandbox: sender and bot differ
  1002: 'invalid_recipient', // not on WhatsApp
  1003: 'insufficient_funds',
  1004: 'template_rejected', // template messages are switched off
  1005: 'template_rejected', // no template matches
  1006: 'opted_out',
  1007: 'opted_out',
  1008: 'opted_out',
  1010: 'bad_request', // media address
  1011: 'bad_request', // media size
  1012: 'opted_out',
  4001: 'rate_limited',
  4002: 'provider_unavailable', // WhatsApp's reply made no sense to Gupshup
  4003: 'template_rejected', // no template matches
  4004: 'config_error', // the app may only use the hosted API
  4005: 'template_rejected', // paused
}

/** Documented texts, for an error that comes with neither a code nor an HTTP status of its own. */
const KNOWN_TEXTS: readonly (readonly [RegExp, FailureReason])[] = [
  [/authentication failed|unauthorized access|portal user not found/i, 'provider_auth'],
  [/too many requests|rate limited/i, 'rate_limited'],
  [/not exists? on whatsapp/i, 'invalid_recipient'],
  [/wallet balance/i, 'insufficient_funds'],
  [/opted out|not opted in/i, 'opted_out'],
  [/template/i, 'template_rejected'],
]

// Fields of an unexpected type count as absent, so that one odd field does not hide what the others say.
const replySchema = z.object({
  status: z.string().optional().catch(undefined),
  messageId: vendorMessageIdSchema.optional().catch(undefined),
  message: z.string().optional().catch(undefined),
  code: z.coerce.number().int().positive().max(9_999_999).optional().catch(undefined),
})
type Reply = z.infer<typeof replySchema>

/** A template at Gupshup with what stands in its places. */
interface FilledTemplate {
  readonly templateId: string
  readonly srcName: string
  readonly params: readonly string[]
}

/** Undefined where the message is of no template that is set up. */
function fillTemplate(config: GupshupConfig, message: Message): FilledTemplate | undefined {
  const { gupshup: templateId = config.templateId } = message.vendorTemplates
  if (message.kind === 'otp') return { templateId, srcName: config.srcName, params: [message.code] }
  const notice = Object.values(config.notices).find((one) => one.templateId === templateId)
  return notice && { templateId, srcName: notice.srcName, params: Object.values(message.variables) }
}

/** The one request that sends a template message. The code stands in the form and nowhere else. */
export function buildRequest(config: GupshupConfig, to: string, { templateId, srcName, params }: FilledTemplate) {
  const form = {
    channel: 'whatsapp',
    source: config.source,
    destination: phoneDigits(to),
    'src.name': srcName,
    template: JSON.stringify({ id: templateId, params }),
  }
  return {
    url: config.apiUrl,
    init: {
      method: 'POST',
      headers: { apikey: config.apiKey, 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams(form).toString(),
    },
    form,
  }
}

/** What Gupshup's reply means. The body speaks before the HTTP status: a 2xx can carry an error. */
export function readReply(reply: VendorReply): SendOutcome {
  if (reply.kind !== 'replied') return { status: 'unknown', reason: reply.kind }
  const { httpStatus } = reply
  const body: Reply = replySchema.safeParse(reply.json).data ?? {}
  if (body.status !== 'error' && httpStatus >= 200 && httpStatus < 300) {
    return body.status === 'submitted' && body.messageId !== undefined
      ? { status: 'accepted', providerMessageId: body.messageId, deliveryStatus: 'queued' }
      : { status: 'unknown', reason: 'unreadable_reply', httpStatus }
  }
  return {
    status: 'rejected',
    reason: reasonOfCode(body.code) ?? reasonOfHttpStatus(httpStatus) ?? reasonOfText(body.message) ?? 'unknown',
    ...(body.code !== undefined && { providerCode: String(body.code) }),
    httpStatus,
  }
}

/**
 * Gupshup WhatsApp: one-time codes in an authentication template whose only parameter is the code, and notices in the
 * templates that are set up for them, whose parameters are their values in order.
 */
export function createGupshup(config: GupshupConfig, http: VendorHttp): Provider {
  return {
    id: 'gupshup',
    channels: ['whatsapp'],
    facts: { maxCodeLength: LONGEST_WHATSAPP_CODE, textIsOurs: false },
    send: async (message) => {
      const template = fillTemplate(config, message)
      if (!template) return { status: 'rejected', reason: 'bad_request' }
      const { url, init } = buildRequest(config, message.to, template)
      return readReply(await callVendor({ ...http, url, init }))
    },
  }
}

/** The exact form of the request, for a person to compare with the vendor's panel: no key, no real number or code. */
export function describeGupshupRequest(config: GupshupConfig) {
  const { templateId, srcName } = config
  const { url, init, form } = buildRequest({ ...config, apiKey: '[redacted]' }, '+910000000000', {
    templateId,
    srcName,
    params: ['000000'],
  })
  const { origin, pathname } = new URL(url)
  return { method: init.method, url: origin + pathname, headers: init.headers, form, body: init.body }
}

/** What a code of Gupshup, or of Meta behind it, means: in a reply as in a receipt. */
export function reasonOfCode(code: number | undefined): FailureReason | undefined {
  return code === undefined ? undefined : (GUPSHUP_CODES[code] ?? META_CODES[code])
}

function reasonOfText(text: string | undefined): FailureReason | undefined {
  return text === undefined ? undefined : KNOWN_TEXTS.find(([pattern]) => pattern.test(text))?.[1]
}
