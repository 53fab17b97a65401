import * as z from 'zod'
import type { TwilioConfig } from '../../config/providers/twilio'
import type { FailureReason } from '../failure-reason'
import type { Message } from '../message'
import type { Provider, SendOutcome } from '../provider'
import { vendorMessageIdSchema } from '../vendor-message-id'
import { callVendor, type VendorHttp, type VendorReply } from './http'
import { reasonOfHttpStatus } from './http-status'

// Twilio Programmable Messaging: POST of a form to /2010-04-01/Accounts/{account}/Messages.json with basic authentication.
// https://www.twilio.com/docs/messaging/api/message-resource, https://www.twilio.com/docs/api/errors

/** Codes of the call and, from 30001 on, of what became of the message. Twilio keeps splitting them into finer ones. */
const CODES: Readonly<Record<number, FailureReason>> = {
  20003: 'provider_auth',
  20404: 'config_error', // no such account
  20429: 'rate_limited',
  21211: 'invalid_recipient',
  21212: 'config_error', // the sender is no number
  21408: 'config_error', // the region is switched off
  21601: 'config_error', // the sender is no number of Twilio's
  21603: 'config_error', // there is no sender
  21606: 'config_error', // the sender cannot send there, or is not ours
  21608: 'config_error', // a trial account, and a number that it has not verified
  21609: 'config_error', // they cannot reach our address for receipts
  21610: 'opted_out',
  21611: 'rate_limited', // the sender's queue is full
  21612: 'unreachable', // no route from this sender
  21614: 'invalid_recipient', // cannot receive SMS
  21635: 'invalid_recipient', // landline
  21659: 'config_error', // the sender is no number of Twilio's
  21660: 'config_error', // the sender is not ours
  21703: 'config_error', // the messaging service has no sender
  21705: 'config_error', // no such messaging service
  30001: 'rate_limited', // queue overflow
  30002: 'provider_auth', // account suspended
  30003: 'unreachable', // switched off or out of reach
  30004: 'content_blocked',
  30005: 'invalid_recipient', // unknown or out of service
  30006: 'invalid_recipient', // landline
  30007: 'content_blocked', // filtered as spam
  30008: 'unknown',
  30010: 'config_error', // dearer than the highest price that is allowed
  30034: 'config_error', // the sender is not registered in the US
  30036: 'unreachable', // not delivered in time
  30450: 'content_blocked', // taken for SMS pumping
  30454: 'config_error', // limit of a trial account
  63016: 'template_rejected', // WhatsApp outside its 24 h window
  63024: 'invalid_recipient', // not on WhatsApp
  63038: 'rate_limited', // the account's daily limit
}

/** Of codes that are not in the table, their first two digits tell whether the call or the message is at fault. */
const CODE_RANGES: Readonly<Record<number, FailureReason>> = { 21: 'bad_request', 30: 'unknown', 63: 'unknown' }

/** What one of Twilio's codes means, in a reply or in a receipt. Undefined where it is not known. */
export function reasonOfCode(code: number | undefined): FailureReason | undefined {
  return code === undefined ? undefined : (CODES[code] ?? CODE_RANGES[Math.floor(code / 1000)])
}

/** A number in replies, text in receipts. */
export const codeSchema = z
  .union([
    z.number(),
    z
      .string()
      .regex(/^\d{1,6}$/)
      .transform(Number),
  ])
  .pipe(z.number().int().positive().max(999_999))

/** A message can be lost by the time that it is answered, and the answer is 201 all the same. */
const LOST = new Set(['failed', 'undelivered', 'canceled'])
const LEFT = new Set(['sent', 'delivered'])

// Fields of an unexpected type count as absent, so that one odd field does not hide what the others say.
const replySchema = z.object({
  sid: vendorMessageIdSchema.optional().catch(undefined),
  status: z.string().optional().catch(undefined),
  error_code: codeSchema.optional().catch(undefined),
  // Only of a refused call, in which there is no message.
  code: codeSchema.optional().catch(undefined),
})
type Reply = z.infer<typeof replySchema>

/** The one request that sends a text. The code stands in the text and nowhere else. */
export function buildRequest({ accountSid, authToken, sender, apiUrl }: TwilioConfig, message: Message, publicUrl?: string) {
  const form = {
    To: message.to,
    ...(sender.kind === 'service' ? { MessagingServiceSid: sender.sid } : { From: sender.e164 }),
    Body: message.text,
    // Twilio drops what it could not hand over by then.
    ...(message.kind === 'otp' && { ValidityPeriod: String(message.expiresInSeconds) }),
    ...(publicUrl !== undefined && { StatusCallback: receiptAddress(publicUrl, message.communicationId) }),
  }
  return {
    url: `${apiUrl}/2010-04-01/Accounts/${accountSid}/Messages.json`,
    init: {
      method: 'POST',
      headers: {
        authorization: `Basic ${btoa(`${accountSid}:${authToken}`)}`,
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: new URLSearchParams(form).toString(),
    },
  }
}

/** What Twilio's reply means. The body speaks before the HTTP status: a 201 can carry a message that failed. */
export function readReply(reply: VendorReply): SendOutcome {
  if (reply.kind !== 'replied') return { status: 'unknown', reason: reply.kind }
  const { httpStatus } = reply
  const { sid, status = '', error_code: errorCode, code }: Reply = replySchema.safeParse(reply.json).data ?? {}
  const isRefused = LOST.has(status) || (sid === undefined && code !== undefined)
  if (!isRefused && httpStatus >= 200 && httpStatus < 300) {
    return sid === undefined
      ? { status: 'unknown', reason: 'unreadable_reply', httpStatus }
      : { status: 'accepted', providerMessageId: sid, deliveryStatus: LEFT.has(status) ? 'sent' : 'queued' }
  }
  const providerCode = code ?? errorCode
  return {
    status: 'rejected',
    reason: reasonOfCode(providerCode) ?? reasonOfHttpStatus(httpStatus) ?? 'unknown',
    ...(providerCode !== undefined && { providerCode: String(providerCode) }),
    httpStatus,
  }
}

/**
 * Twilio SMS: the whole text, of any kind of message.
 *
 * @param publicUrl our own address, without a trailing slash; undefined: Twilio is asked for no receipts
 */
export function createTwilio(config: TwilioConfig, http: VendorHttp, publicUrl: string | undefined): Provider {
  return {
    id: 'twilio',
    channels: ['sms'],
    // A text has room for the longest code that the service makes.
    facts: { maxCodeLength: 10, textIsOurs: true },
    send: async (message) => readReply(await callVendor({ ...http, ...buildRequest(config, message, publicUrl) })),
  }
}

/**
 * Where Twilio reports on a message. The fragment is for Twilio alone: up to three more tries, whatever went wrong. By
 * itself it would try again only where it could not connect.
 */
function receiptAddress(publicUrl: string, communicationId: string): string {
  return `${publicUrl}/webhooks/twilio?communication_id=${encodeURIComponent(communicationId)}#rc=3&rp=all`
}
