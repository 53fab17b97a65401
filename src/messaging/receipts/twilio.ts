import * as z from 'zod'
import { parseJson } from '../../core/decode'
import { codeSchema, reasonOfCode } from '../providers/twilio'
import { vendorMessageIdSchema } from '../vendor-message-id'
import type { Receipt, ReceiptReader, WebhookRequest } from './receipt'
import { bodyKindOf, createSignatureCheck, textOf } from './twilio-signature'

// Twilio's status callbacks: one signed form for each step of a message, in any order.
// https://www.twilio.com/docs/messaging/guides/track-outbound-message-status

/** Others are those of inbound messages and of messages to several people. */
const STATUSES: ReadonlyMap<string, Receipt['status']> = new Map([
  ['accepted', 'queued'],
  ['scheduled', 'queued'],
  ['queued', 'queued'],
  ['sending', 'sent'],
  ['sent', 'sent'],
  ['delivered', 'delivered'],
  ['read', 'read'],
  ['undelivered', 'undelivered'],
  ['failed', 'failed'],
  ['canceled', 'failed'],
])

// Twilio adds fields without notice. Those of an unexpected form count as absent.
const textField = z.string().optional().catch(undefined)
const reportSchema = z.object({
  AccountSid: textField,
  MessageSid: vendorMessageIdSchema.optional().catch(undefined),
  MessageStatus: textField,
  // The older names of the same two.
  SmsSid: vendorMessageIdSchema.optional().catch(undefined),
  SmsStatus: textField,
  ErrorCode: codeSchema.optional().catch(undefined),
})
type Report = z.infer<typeof reportSchema>

const communicationIdSchema = z.uuid().nullable().catch(null)

export interface TwilioReceiptsConfig {
  /** Signs. Undefined: nothing is genuine. */
  readonly authToken: string | undefined
  /** Reports on messages of other accounts are not for us. Undefined: of any account. */
  readonly accountSid: string | undefined
  /** Our own address as Twilio knows it, without a trailing slash. */
  readonly publicUrl: string | undefined
}

/** Twilio's receipts. Our id of the message comes back in the address that Twilio was given with it. */
export function createTwilioReceipts({ authToken, accountSid, publicUrl }: TwilioReceiptsConfig): ReceiptReader {
  return {
    provider: 'twilio',
    isGenuine: createSignatureCheck(authToken, publicUrl),
    read: async (request) => {
      const report = reportSchema.safeParse(fieldsOf(request)).data
      if (!report) return undefined
      const isForeign = accountSid !== undefined && report.AccountSid !== undefined && report.AccountSid !== accountSid
      return isForeign ? [] : receiptsOf(report, request.url)
    },
  }
}

/** The fields of the body, whose names mean the same in both forms. Undefined where it is neither. */
function fieldsOf({ headers, body }: Pick<WebhookRequest, 'headers' | 'body'>): unknown {
  const kind = bodyKindOf(headers)
  const text = textOf(body)
  if (kind === undefined || text === undefined) return undefined
  return kind === 'form' ? Object.fromEntries(new URLSearchParams(text)) : parseJson(text)
}

/** The receipt of a report, or none. Its only time is the network's, in an undocumented form: it is left out. */
function receiptsOf(report: Report, url: URL): readonly Receipt[] {
  const status = STATUSES.get(report.MessageStatus ?? report.SmsStatus ?? '')
  const providerMessageId = report.MessageSid ?? report.SmsSid
  if (status === undefined || providerMessageId === undefined) return []
  const communicationId = communicationIdSchema.parse(url.searchParams.get('communication_id'))
  const known = { providerMessageId, communicationId, status, at: null }
  if (status !== 'failed' && status !== 'undelivered') return [{ ...known, reason: null, providerCode: null }]
  return [
    {
      ...known,
      reason: reasonOfCode(report.ErrorCode) ?? 'unknown',
      providerCode: report.ErrorCode === undefined ? null : String(report.ErrorCode),
    },
  ]
}
