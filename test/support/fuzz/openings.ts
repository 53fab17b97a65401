import { expect } from 'vitest'
import { createMessageId } from '../../../src/otp/message-id'
import { toCursor } from '../../../src/payments/story/place'
import { fireAlarm, gateOf } from '../gate'
import { putLead } from '../leads'
import { putLoan, uniqueLenderId } from '../loans'
import { type createService, uniquePhone } from '../service'
import type { Things } from './places'

/** What a sequence begins with. One code at most, since the next one has to wait. */
export type Opening =
  | 'nothing'
  | 'a verification'
  | 'a loan'
  | 'a loan of another repayment'
  | 'a payment code'
  | 'a confirmation'
  | 'a lead'
  | 'a lead that waits'
  | 'a lead that was given up'
  | 'an API key'
  | 'a token'

type Service = ReturnType<typeof createService>

const ANY: readonly Opening[] = ['nothing', 'nothing', 'a verification']
const OPENINGS: Readonly<Record<string, readonly Opening[]>> = {
  v1: ['nothing', 'a verification', 'a verification'],
  'payment-otp': ['a loan', 'a payment code', 'a payment code'],
  confirmations: ['a loan', 'a confirmation', 'a confirmation'],
  loans: ['nothing', 'a loan', 'a loan of another repayment', 'a payment code', 'a confirmation'],
  webhooks: ['nothing', 'a verification', 'a verification'],
  leads: ['nothing', 'a lead', 'a lead', 'a lead that waits', 'a lead that was given up'],
  'api-keys': ['nothing', 'an API key', 'an API key'],
  tokens: ['nothing', 'a token', 'a token'],
  people: ['nothing', 'a verification', 'a lead', 'a payment code'],
}

/** Those that go with a group of operations, the usual ones more than once. */
export function openingsOf(group: string): readonly Opening[] {
  return OPENINGS[group] ?? ANY
}

const API_KEY = { name: 'Fuzzed', scopes: ['verifications:check'] }
/** That of all verifications in mock mode. */
const MOCK_CODE = '123456'
export const TEMPLATE = { template_name: 'Fuzzed', channel: 'sms', content: '{{otp_code}} is the code.', purpose: 'login' }

let opened = 0

/** One person in each sequence, so that sends, guesses and waits meet. @param lastDigits of the number, for a scenario */
export async function open(service: Service, opening: Opening, hasTemplate = false, lastDigits?: string): Promise<Things> {
  opened += 1
  const phone = uniquePhone(lastDigits)
  const nothing: Things = {
    phone,
    mobile: phone.slice('+91'.length),
    verification: 'ver_none',
    confirmation: 'ver_none',
    lead: 'none',
    application: 'NONE',
    communication: 'none',
    message: 'msg_none',
    template: `fuzzed_${opened}`,
    vendorMessage: `vendor-${opened}`,
    loan: uniqueLenderId(),
    repayment: uniqueLenderId(),
    cursor: toCursor({ createdAt: 0, verificationId: 'ver_none', seq: 0 }),
    apiKey: 'key_none',
    token: 'none',
  }
  if (hasTemplate) await service.post('/v1/templates', { ...TEMPLATE, template_id: nothing.template })
  return { ...nothing, ...(await begin(service, opening, nothing)) }
}

async function begin(service: Service, opening: Opening, things: Things): Promise<Partial<Things>> {
  const { phone, loan, repayment } = things
  const ask = (operationId: string, path: string, body: object) => askFor(service, things, { operationId, path, body })
  if (opening === 'nothing') return {}
  if (opening in LEADS) return putTheirLead(phone, opening as keyof typeof LEADS)
  if (opening === 'a verification') return ask('createVerification', '/v1/verifications', { to: phone })
  if (opening === 'an API key') return ask('createApiKey', '/v1/api-keys', API_KEY)
  if (opening === 'a token') {
    const sent = await ask('createVerification', '/v1/verifications', { to: phone })
    return { ...sent, ...(await ask('checkVerification', '/v1/verifications/check', { to: phone, code: MOCK_CODE })) }
  }
  const first = opening === 'a loan of another repayment' ? `${repayment}0` : repayment
  await putLoan({ loanId: loan, contacts: { applicant: phone }, repayments: [{ id: first }] })
  const about = { loan_id: loan, repayment_id: repayment }
  if (opening === 'a payment code') return ask('payment-otp.send', '/api/v1/otp/send-otp-payment', about)
  if (opening !== 'a confirmation') return {}
  const payment = { ...about, amount: '5000.00', currency: 'INR', payment_mode: 'cash' }
  return ask('createConfirmation', '/v1/payments/confirmations', payment)
}

/** The lender has never heard of those that it does not have. */
const UNHEARD_OF = { applicationId: null, status: null, statusAt: null, inDoubt: true, attempts: 3, failure: 'timeout' } as const
const LEADS = {
  'a lead': () => ({}),
  'a lead that waits': () => ({ ...UNHEARD_OF, submission: 'waiting', nextAttemptAt: Date.now() + 60_000 }),
  'a lead that was given up': () => ({ ...UNHEARD_OF, submission: 'given_up' }),
} satisfies Partial<Record<Opening, () => Parameters<typeof putLead>[0]>>

async function putTheirLead(phone: string, opening: keyof typeof LEADS): Promise<Partial<Things>> {
  const { id: lead, applicationId } = await putLead({ ...LEADS[opening](), personal: { phone } })
  return { lead, ...(applicationId !== null && { application: applicationId }) }
}

async function askFor(
  service: Service,
  { phone }: Things,
  { operationId, path, body }: { readonly operationId: string; readonly path: string; readonly body: object },
): Promise<Partial<Things>> {
  const response = await service.post(path, body)
  expect(response.ok, path).toBe(true)
  await fireAlarm(await gateOf(phone))
  return made(operationId, await response.json())
}

/** What later requests of a sequence can be about. */
export function made(operationId: string, body: unknown): Partial<Things> {
  const { next_cursor: cursor } = (body ?? {}) as { next_cursor?: string | null }
  if (cursor) return { cursor }
  switch (operationId) {
    case 'createVerification':
    case 'resendVerification': {
      const { id, communication_id: communication } = body as { id: string; communication_id: string }
      return { verification: id, communication, message: createMessageId(id, communication) }
    }
    case 'createConfirmation': {
      const { id, communication_id: communication } = body as { id: string; communication_id: string }
      return { confirmation: id, communication, message: createMessageId(id, communication) }
    }
    case 'createLead':
    case 'submitLead': {
      const { id: lead, application_id: application } = body as { id: string; application_id: string | null }
      return { lead, ...(application !== null && { application }) }
    }
    case 'homi.leadCreate': {
      const created = body as { basic_application_id: string } | { basic_application_id: null; lead_id: string }
      return 'lead_id' in created ? { lead: created.lead_id } : { application: created.basic_application_id }
    }
    case 'createApiKey':
      return { apiKey: (body as { id: string }).id }
    case 'checkVerification':
    case 'checkVerificationById': {
      const { token } = body as { token?: string }
      return token === undefined ? {} : { token }
    }
    case 'payment-otp.send':
      return { communication: (body as { communication_id: string }).communication_id }
    case 'external-otp.sms.send':
    case 'external-otp.whatsapp.send':
      return { message: (body as { data: { message_id: string } }).data.message_id }
    default:
      return {}
  }
}
