import * as z from 'zod'
import { type MshastraConfig, isPrivate } from '../../config/providers/mshastra'
import { phoneDigits } from '../../phone/phone-digits'
import type { FailureReason } from '../failure-reason'
import type { Message } from '../message'
import type { Provider, SendOutcome } from '../provider'
import { callVendor, type VendorHttp, type VendorReply } from './http'
import { reasonOfHttpStatus } from './http-status'

// mShastra (Mobishastra) SMS: POST of a JSON array to /sendsms_api_json.aspx, user and password in its element. There is
// no public reference: this follows what several integrations have in common. Refusals come as 200.

/** What `showerror: "C"` makes of a refusal. */
const CODES: Readonly<Record<string, FailureReason>> = {
  '001': 'invalid_recipient',
  '003': 'bad_request', // message
  '005': 'provider_auth', // password
  '006': 'opted_out', // on the do-not-disturb list
  '007': 'invalid_recipient', // no country code
  '008': 'invalid_recipient', // empty
  '009': 'provider_auth', // profile blocked
  '010': 'provider_auth', // no such profile
  '011': 'provider_auth', // profile expired
  '012': 'config_error', // sender longer than 13 characters
  '013': 'provider_unavailable',
}

/** How refusals in words begin, in lower case: some come so whatever `showerror` says, and even without any JSON. */
const KNOWN_TEXTS: readonly (readonly [string, FailureReason])[] = [
  ['invalid mobile no', 'invalid_recipient'],
  ['enter mobile', 'invalid_recipient'],
  ['dnd number', 'opted_out'],
  ['invalid password', 'provider_auth'],
  ['invalid profile id', 'provider_auth'],
  ['profile id blocked', 'provider_auth'],
  ['submission stops', 'provider_auth'],
  ['no more credits', 'insufficient_funds'],
  ['country not activated', 'config_error'],
  ['whitelist ip address to use api', 'config_error'],
  ['enter text', 'bad_request'],
]

/** The whole of a good word. Only these, beside an id, say that the message was taken. */
const SUCCESS = new Set(['000', 'message sent', 'send success', 'send successful'])

/** The ASCII characters that GSM-7 has as well: all but control characters and the grave accent. */
const PLAIN_TEXT = /^[\n\r\x20-\x5f\x61-\x7e]*$/

/** A word of the vendor. A number has lost the zeros of its code; what is neither is there, but says nothing known. */
const wordSchema = z
  .union([z.string(), z.number().transform((code) => String(code).padStart(3, '0'))])
  .transform((word) => word.trim().toLowerCase())
  .nullish()
  .catch('')

const replySchema = z.object({
  msg_id: z
    .union([z.string(), z.number().transform(String)])
    .pipe(z.string().trim().min(1).max(200))
    .optional()
    .catch(undefined),
  str_response: wordSchema,
  response: wordSchema,
})

/** The one request that sends a text. The code stands in the text, the password beside it, and neither in the address. */
export function buildRequest(config: MshastraConfig, message: Pick<Message, 'to' | 'text' | 'dltTemplateId'>) {
  const sms = {
    user: config.username,
    pwd: config.password,
    number: phoneDigits(message.to),
    msg: message.text,
    sender: config.sender,
    // A message in Unicode holds less than half the characters.
    language: PLAIN_TEXT.test(message.text) ? 'English' : 'Unicode',
    showerror: 'C',
    ...(message.dltTemplateId !== null && { tpid: message.dltTemplateId }),
    ...(config.entityId !== undefined && { peid: config.entityId }),
  }
  return {
    url: config.apiUrl,
    init: {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify([sms]),
    },
  }
}

/** What the vendor's reply means. Only its own words of success, in their place, count as success. */
export function readReply(reply: VendorReply): SendOutcome {
  if (reply.kind !== 'replied') return { status: 'unknown', reason: reply.kind }
  const { httpStatus } = reply
  const { messageId, word } = answerIn(reply)
  const isRefused = word !== undefined && !SUCCESS.has(word)
  if (!isRefused && httpStatus >= 200 && httpStatus < 300) {
    return messageId === undefined
      ? { status: 'unknown', reason: 'unreadable_reply', httpStatus }
      : { status: 'accepted', providerMessageId: messageId, deliveryStatus: 'sent' }
  }
  const code = codeIn(word)
  return {
    status: 'rejected',
    reason: reasonOfWord(word) ?? reasonWithoutWord(httpStatus) ?? 'unknown',
    ...(code !== undefined && { providerCode: code }),
    httpStatus,
  }
}

/** mShastra SMS: the whole text, of any kind of message. */
export function createMshastra(config: MshastraConfig, http: VendorHttp): Provider {
  return {
    id: 'mshastra',
    channels: ['sms'],
    // A text has room for the longest code that the service makes.
    facts: { maxCodeLength: 10, textIsOurs: true },
    send: async (message) => {
      if (!isPrivate(new URL(config.apiUrl))) return { status: 'rejected', reason: 'config_error' }
      const { url, init } = buildRequest(config, message)
      return readReply(await callVendor({ ...http, url, init }))
    },
  }
}

interface Answer {
  /** Only of an element in an array: nothing else is a success. */
  readonly messageId?: string | undefined
  readonly word?: string | undefined
}

function answerIn({ json, text }: Extract<VendorReply, { kind: 'replied' }>): Answer {
  const isArray = Array.isArray(json)
  const element = replySchema.safeParse(isArray ? (json as unknown[])[0] : json)
  if (element.success) {
    const { msg_id: messageId, str_response: first, response: second } = element.data
    return { ...(isArray && { messageId }), word: first ?? second ?? undefined }
  }
  // No JSON of theirs. Of other texts only the known ones are the vendor's: the rest may be a proxy's page.
  const word = text.trim().toLowerCase()
  return reasonOfWord(word) === undefined ? {} : { word }
}

/** The code that a word is or begins with. */
function codeIn(word: string | undefined): string | undefined {
  return /^\d{3}(?!\d)/.exec(word ?? '')?.[0]
}

function reasonOfWord(word: string | undefined): FailureReason | undefined {
  const code = codeIn(word)
  return code === undefined ? KNOWN_TEXTS.find(([start]) => word?.startsWith(start))?.[1] : CODES[code]
}

/** The vendor answers 200 to whatever reaches it: another 4xx speaks of the address, which another provider mends. */
function reasonWithoutWord(httpStatus: number): FailureReason | undefined {
  const reason = reasonOfHttpStatus(httpStatus)
  return reason === 'bad_request' ? 'config_error' : reason
}
