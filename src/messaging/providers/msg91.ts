import * as z from 'zod'
import { LONGEST_MSG91_CODE } from '../../config/limits'
import type { Msg91Config } from '../../config/providers/msg91'
import { phoneDigits } from '../../phone/phone-digits'
import type { Message, NoticeMessage, OtpMessage } from '../message'
import type { Provider, SendOutcome } from '../provider'
import { vendorMessageIdSchema } from '../vendor-message-id'
import { callVendor, type VendorHttp, type VendorReply } from './http'
import { reasonOfHttpStatus } from './http-status'
import { DUPLICATE_CODE, reasonOfRefusal } from './msg91-codes'
import { buildVerifyRequest, readVerdict } from './msg91-verify'

// MSG91 SMS: POST to /api/v5/otp for codes, which MSG91 keeps as well, and to /api/v5/flow for other texts, with the
// account's `authkey`. The texts are templates at MSG91. Refusals come as 200.
// https://docs.msg91.com/otp, https://world.msg91.com/apidoc/otp/otp.php

/** Names of the calls' own fields: as a variable of the text one could take its field's place. */
const FIELD_NAMES: ReadonlySet<string> = new Set([
  'authkey',
  'dlt_te_id',
  'email',
  'extra_param',
  'flow_id',
  'invisible',
  'mobile',
  'mobiles',
  'otp',
  'otp_expiry',
  'otp_length',
  'recipients',
  'sender',
  'short_url',
  'template_id',
  'unicode',
  'userip',
])

const idSchema = vendorMessageIdSchema.optional().catch(undefined)

// Fields of an unexpected type count as absent, so that one odd field does not hide what the others say.
const replySchema = z.object({
  type: z.string().toLowerCase().optional().catch(undefined),
  request_id: idSchema,
  message: z.string().trim().optional().catch(undefined),
  code: z
    .union([z.string().trim(), z.number().transform(String)])
    .pipe(z.string().regex(/^\d{1,4}$/))
    // As a number it has lost its zeros.
    .transform((code) => code.padStart(3, '0'))
    .optional()
    .catch(undefined),
})
type Reply = z.infer<typeof replySchema>

/** The one request that sends a message; undefined for a notice without a template of its own. */
export function buildRequest(config: Msg91Config, message: Message) {
  const call = message.kind === 'otp' ? otpCall(config, message) : flowCall(config, message)
  return (
    call && {
      url: config.apiUrl + call.path,
      init: {
        method: 'POST',
        headers: { authkey: config.authKey, 'content-type': 'application/json' },
        body: JSON.stringify(call.body),
      },
    }
  )
}

/** What MSG91's reply means. `type` alone says whether the message was taken: the HTTP status is 200 either way. */
export function readReply(reply: VendorReply): SendOutcome {
  if (reply.kind !== 'replied') return { status: 'unknown', reason: reply.kind }
  const { httpStatus } = reply
  const body: Reply = replySchema.safeParse(reply.json).data ?? {}
  if (body.type !== 'error' && httpStatus >= 200 && httpStatus < 300) {
    return body.type === 'success'
      ? { status: 'accepted', providerMessageId: messageIdIn(body), deliveryStatus: 'queued' }
      : { status: 'unknown', reason: 'unreadable_reply', httpStatus }
  }
  if (body.code === DUPLICATE_CODE) return { status: 'accepted', providerMessageId: null, deliveryStatus: 'queued' }
  return {
    status: 'rejected',
    reason: reasonOfRefusal(body.code, body.message) ?? reasonOfHttpStatus(httpStatus) ?? 'unknown',
    ...(body.code !== undefined && { providerCode: body.code }),
    httpStatus,
  }
}

/** MSG91 SMS: codes in its OTP template, notices in templates of their own. */
export function createMsg91(config: Msg91Config, http: VendorHttp): Provider {
  return {
    id: 'msg91',
    channels: ['sms'],
    facts: { maxCodeLength: LONGEST_MSG91_CODE, textIsOurs: false },
    send: async (message) => {
      const request = buildRequest(config, message)
      if (!request) return { status: 'rejected', reason: 'template_rejected' }
      return readReply(await callVendor({ ...http, ...request }))
    },
    ...(config.verifiesToo && {
      confirm: async (guess) => readVerdict(await callVendor({ ...http, ...buildVerifyRequest(config, guess) })),
    }),
  }
}

/** All in the body, which integrations use beside the query of the documentation: a code must not stand in an address. */
function otpCall(config: Msg91Config, message: OtpMessage) {
  const body = {
    ...textVariables(message),
    template_id: message.vendorTemplates.msg91 ?? config.templateId,
    mobile: phoneDigits(message.to),
    otp: message.code,
    // Left out, these would be a day and 4 digits. In whole minutes, and no longer than our own check takes the code.
    otp_expiry: String(Math.max(1, Math.floor(message.expiresInSeconds / 60))),
    otp_length: String(message.code.length),
    ...(config.senderId !== undefined && { sender: config.senderId }),
    ...(message.dltTemplateId !== null && { DLT_TE_ID: message.dltTemplateId }),
  }
  return { path: '/api/v5/otp', body }
}

/** The template for codes must not carry a notice, so that there is none to fall back on. */
function flowCall(config: Msg91Config, message: NoticeMessage) {
  const templateId = message.vendorTemplates.msg91
  if (templateId === undefined) return undefined
  const body = {
    template_id: templateId,
    short_url: '0',
    ...(config.senderId !== undefined && { sender: config.senderId }),
    recipients: [{ mobiles: phoneDigits(message.to), ...textVariables(message) }],
  }
  return { path: '/api/v5/flow', body }
}

function textVariables({ variables }: Message): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(variables).filter(([name]) => !FIELD_NAMES.has(name.toLowerCase())))
}

/** By which receipts know the message. Older accounts have it as their message, which otherwise is a sentence. */
function messageIdIn({ request_id, message }: Reply): string | null {
  return request_id ?? idSchema.parse(message) ?? null
}
