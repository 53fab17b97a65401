import { env } from 'cloudflare:workers'
import { expect } from 'vitest'
import { selectRows } from '../../../src/db/select-rows'
import { createSealer } from '../../../src/core/seal'
import { createDatabase } from '../../../src/db/client'
import { loanContacts, loans, repayments } from '../../../src/db/schema'
import { contactPlace } from '../../../src/payments/loan'
import { expectDocumented } from '../../support/conformance'
import { STATUS, type TestLoan } from '../../support/loans'
import { MSG91_SETTINGS } from '../../support/service'
import { MSG91_SCENARIOS } from '../../support/vendors/msg91'
import { type Refusal, type Service, type SurfaceUnderTest, expectRefusal, plainComplaint, someText } from './surface'

const PREFIX = '/api/v1/otp'
export const SEND = `${PREFIX}/send-otp-payment`
export const VERIFY = `${PREFIX}/verify-otp-payment`
export const UPDATE = `${PREFIX}/verify-otp-and-update-status`

const UUID7 = /^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/
const REPAYMENT = '1'

/** The right answers of brief 000, for an Indian number. */
export const sent = {
  status: 200,
  body: (phone: string) => ({
    success: true,
    message: 'OTP sent successfully',
    mobile_number: `${phone.slice(3, 6)}****${phone.slice(-2)}`,
    communication_id: expect.stringMatching(UUID7),
    expires_in_minutes: 5,
  }),
}
export const verified = (at = Date.now()) => ({
  status: 200,
  body: (phone: string) => ({
    success: true,
    message: 'OTP verified successfully',
    mobile_number: phone.slice(3),
    verified_at: new Date(at).toISOString().slice(0, 19),
    payment_status_updated: false,
  }),
})
export const updated = (at = Date.now()) => ({
  status: 200,
  body: (phone: string) => ({
    ...verified(at).body(phone),
    message: 'OTP verified and payment status updated successfully',
    payment_status_updated: true,
  }),
})

/** The body of a combined call for all that is due of an untouched repayment, in cash; or another one. */
export const updateBody = (
  { loanId, repaymentId, phone }: TestLoan,
  code: string,
  change: object = {},
  outside: object = {},
) => ({
  loan_id: loanId,
  repayment_id: repaymentId,
  mobile: phone,
  otp_code: code,
  status_update: {
    loan_id: loanId,
    repayment_id: repaymentId,
    repayment_status: STATUS.paid,
    amount_collected: 5000,
    payment_mode_id: 1,
    ...change,
  },
  ...outside,
})

/** The loan of a number in the contract: its id is the digits. */
export const loanOf = (phone: string): TestLoan => ({ loanId: phone.slice(1), repaymentId: REPAYMENT, phone })

const lent = new Set<string>()

/** Sees to it that each number is the applicant's of its {@link loanOf}. */
export async function lendTo(phones: readonly string[]): Promise<void> {
  const fresh = phones.filter((phone) => !lent.has(phone))
  if (fresh.length === 0) return
  fresh.forEach((phone) => lent.add(phone))
  const db = createDatabase(env.DB)
  const sealer = createSealer(env.PHONE_HASH_KEY, 'loan_contact')
  const createdAt = Date.now()
  const ofLoan = fresh.map((phone) => ({ phone, loanId: loanOf(phone).loanId }))
  const contactRows = await Promise.all(
    ofLoan.map(async ({ phone, loanId }) => ({
      loanId,
      contactType: 'applicant',
      phoneHash: `hash of ${loanId}`,
      phoneMasked: '',
      phoneSealed: await sealer.seal(phone, contactPlace(loanId, 'applicant')),
      country: 'IN',
      version: 1,
      createdAt,
    })),
  )
  const loanRows = ofLoan.map(({ loanId }) => ({ id: loanId, currency: 'INR', payee: 'Prosparity', createdAt }))
  const repaymentRows = ofLoan.map(({ loanId }) => ({
    loanId,
    id: REPAYMENT,
    statusId: STATUS.pending,
    amountDue: 500_000,
    amountCollected: 0,
    paymentModeId: null,
    dueOn: null,
    version: 1,
    createdAt,
    updatedAt: createdAt,
  }))
  await db.insert(loans).select(selectRows(loans, loanRows))
  await db.insert(loanContacts).select(selectRows(loanContacts, contactRows))
  await db.insert(repayments).select(selectRows(repayments, repaymentRows))
}

const refused = Object.keys(MSG91_SCENARIOS).filter((suffix) => !MSG91_SCENARIOS[suffix]!.taken)
const named = (suffix: string) => [MSG91_SCENARIOS[suffix]!.what, suffix] as const

function failure({ code, retryAfter, guessesLeft, issues }: Refusal, { requestId, url }: { requestId: string; url: string }) {
  const isVerify = url.includes('/verify-otp-')
  return {
    success: false,
    message: code === 'invalid_request' ? expect.stringMatching(/\w/) : someText,
    error: code,
    ...(retryAfter !== undefined && { retry_after: retryAfter }),
    ...(code === 'invalid_request' && { errors: issues ?? expect.any(Array) }),
    ...(guessesLeft !== undefined && { attempts_left: guessesLeft }),
    ...(code === 'internal' && { request_id: requestId }),
    ...(isVerify && { payment_status_updated: false }),
  }
}

const facts = (phone: string) => ({ contact_type: 'applicant', loan_id: loanOf(phone).loanId, repayment_id: REPAYMENT })

async function send(service: Service, phone: string): Promise<Response> {
  await lendTo([phone])
  return service.post(SEND, facts(phone))
}

/**
 * Brief 000, whose requests name a loan in place of a number: here each number has one. Its codes have four digits, and so
 * fewer guesses. The combined call is not here: it has a contract of its own.
 */
export const paymentOtp: SurfaceUnderTest = {
  name: 'payment-otp',
  prefix: PREFIX,
  lifetimeSeconds: 300,
  codeLength: 4,
  guesses: 3,
  wrongGuessesPerDay: 10,
  settings: MSG91_SETTINGS,
  withoutVendor: { MSG91_AUTH_KEY: '', MSG91_TEMPLATE_ID: '' },
  vendorOf: ({ msg91 }) => msg91,
  vendorAnswers: {
    nothingSent: refused.map(named),
    perhapsSent: ['0008', '0009', '0021', '0022', '0023'].map(named),
  },
  unknownFields: 'ignored',
  failureMediaType: 'application/json',
  statuses: {
    invalid_request: 400,
    malformed_json: 400,
    unsupported_media_type: 415,
    payload_too_large: 413,
    route_not_found: 404,
    method_not_allowed: 405,
    invalid_phone: 422,
    cooldown_active: 429,
    send_limit_reached: 429,
    verification_not_found: 404,
    verification_not_pending: 409,
    code_expired: 400,
    code_incorrect: 400,
    too_many_guesses: 429,
    delivery_failed: 502,
    delivery_unknown: 502,
    not_configured: 503,
    misconfigured: 503,
    dependency_unavailable: 503,
    internal: 500,
  },
  complaint: plainComplaint,
  failure,
  routes: [
    { path: SEND, body: facts },
    { path: VERIFY, body: (phone) => ({ otp_code: '1234', ...facts(phone) }), codeField: 'otp_code' },
  ],
  methods: { [SEND]: 'POST', [VERIFY]: 'POST', [UPDATE]: 'POST' },
  unknownPaths: [
    '',
    '/',
    '/nothing',
    '/verify',
    '/send-otp-payment/nothing',
    '/verify-otp-payment/nothing',
    '/verify-otp-and-update-status/nothing',
    '/%F0%9F%92%A5',
    '/%E0%A4%A',
    '/send-otp-payment%2F',
  ].map((path) => PREFIX + path),
  send,
  // A second send is what the brief has for a resend.
  resend: send,
  verify: async (service, phone, code, headers) => {
    await lendTo([phone])
    return service.post(VERIFY, { otp_code: code, ...facts(phone) }, headers)
  },
  sent,
  resent: sent,
  verified: () => verified(),
  expectWrongCode: (response, phone, guessesLeft) =>
    expectRefusal(paymentOtp, response, { code: 'code_incorrect', phone, guessesLeft }),
}

/** Asserts a refusal, also one that no other surface has: that it is documented, its status, its code, and exactly its keys. */
export async function expectRefused(response: Response, status: number, error: string, more: object = {}): Promise<void> {
  const isVerify = response.url.includes('/verify-otp-')
  await expectDocumented({ method: 'POST', path: new URL(response.url).pathname }, response)
  expect([response.status, await response.json()]).toEqual([
    status,
    {
      success: false,
      message: expect.stringMatching(/\w/),
      error,
      ...more,
      ...(isVerify && { payment_status_updated: false }),
    },
  ])
}
