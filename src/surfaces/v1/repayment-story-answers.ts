import * as z from 'zod'
import { DELIVERY_RANK, type DeliveryStatus } from '../../audit/delivery-status'
import { once } from '../../core/once'
import { CONTACT_TYPES } from '../../payments/loan'

const DELIVERY_STATUSES = Object.keys(DELIVERY_RANK) as [DeliveryStatus, ...DeliveryStatus[]]

const PENDING = { id: 1, code: 'pending', name: 'Pending' }
const PAID = { id: 3, code: 'paid', name: 'Paid' }
const CASH = { id: 1, code: 'cash', name: 'Cash' }
const FRAME = {
  verification_id: 'ver_example',
  communication_id: '019aa508-4f40-7a31-9c55-2b8f0d6c1e77',
  surface: 'payment-otp',
  contact_type: 'applicant',
  to: '+91********10',
} as const
const ACCEPTED = { reason: null, provider_code: null }

const ENTRIES = [
  {
    at: '2026-11-21T06:30:00Z',
    type: 'code.requested',
    ...FRAME,
    request_id: 'req-1',
    channel: 'sms',
    send: 1,
    replaces: null,
    change: null,
  },
  {
    at: '2026-11-21T06:30:00Z',
    type: 'attempt',
    ...FRAME,
    request_id: 'req-1',
    attempt: 1,
    provider: 'msg91',
    channel: 'sms',
    outcome: 'accepted',
    ...ACCEPTED,
    http_status: null,
    duration_ms: 212,
  },
  {
    at: '2026-11-21T06:30:00Z',
    type: 'code.sent',
    ...FRAME,
    request_id: 'req-1',
    channel: 'sms',
    provider: 'msg91',
    template: { id: 'OTP_SEND', version: 1 },
    ...ACCEPTED,
  },
  {
    at: '2026-11-21T06:30:03Z',
    type: 'receipt',
    ...FRAME,
    surface: null,
    request_id: null,
    received_at: '2026-11-21T06:30:04Z',
    provider: 'msg91',
    status: 'delivered',
    ...ACCEPTED,
  },
  { at: '2026-11-21T06:30:41Z', type: 'guess.right', ...FRAME, request_id: 'req-2', guess: 1, guesses_left: 2 },
  {
    at: '2026-11-21T06:30:41Z',
    type: 'change.accepted',
    ...FRAME,
    communication_id: null,
    request_id: 'req-2',
    change: { repayment_status: PAID, amount: '5000.00', currency: 'INR', payment_mode: CASH, requested_by: 'agent-17' },
  },
  {
    at: '2026-11-21T06:30:41Z',
    type: 'status.changed',
    ...FRAME,
    request_id: 'req-2',
    version: 2,
    from_status: PENDING,
    to_status: PAID,
    amount: '5000.00',
    amount_collected: '5000.00',
    payment_mode: CASH,
    requested_by: 'agent-17',
  },
]

/** `/v1/loans/{id}/repayments/{repayment_id}/story`. For the document only. */
export const repaymentStoryAnswers = once(() => {
  const time = z.iso.datetime()
  const text = z.string().nullable()
  const whole = z.int().min(0).nullable()
  const named = z.object({ id: z.int(), code: z.string(), name: z.string() })
  const decimal = z
    .string()
    .regex(/^\d+(\.\d+)?$/)
    .meta({ example: '5000.00' })
  const masked = text.meta({ description: 'A number, masked; null: none.', example: '+91********10' })
  const status = z.enum(DELIVERY_STATUSES)

  const frame = {
    at: time.meta({ description: 'When it happened. Entries are in order of the milliseconds, which are not shown.' }),
    verification_id: text.meta({ description: 'The code that it is about; null where it is about none.' }),
    communication_id: text.meta({ description: 'The message that it is about, for `/v1/communications`.' }),
    surface: text.meta({ description: 'The API that it was asked for at; null for reports of a provider.' }),
    request_id: text.meta({ description: 'The request that it was asked for in.' }),
    contact_type: z.enum(CONTACT_TYPES).nullable().meta({ description: 'Who was to confirm.' }),
    to: masked,
  }
  const change = z.object({
    repayment_status: named.meta({ description: 'What the repayment becomes.' }),
    amount: decimal.meta({ description: 'Collected by it.' }),
    currency: z.string(),
    payment_mode: named,
    requested_by: text.meta({ description: 'Who asked, as far as was said.' }),
  })
  const outcome = {
    channel: text,
    provider: text.meta({ description: 'Null where everybody refused.' }),
    template: z.object({ id: z.string(), version: z.int() }).nullable().meta({ description: 'Null: the built-in text.' }),
    reason: text,
    provider_code: text.meta({ description: "The vendor's own code for the failure." }),
  }
  const entryOf = <Name extends string, Fields extends z.ZodRawShape>(name: Name, description: string, fields: Fields) =>
    z.object({ type: z.literal(name).meta({ description }), ...frame, ...fields })

  const entry = z.discriminatedUnion('type', [
    entryOf('code.requested', 'A code was asked for, and may be sent.', {
      channel: text,
      send: whole.meta({ description: 'Which send of the verification it is, from 1.' }),
      replaces: text.meta({ description: 'The message that was lost and that this one is sent for.' }),
      change: change.nullable().meta({ description: 'What its code confirms, where that is fixed with it.' }),
    }),
    entryOf('attempt', 'A provider was asked to send it.', {
      attempt: z.int().min(1),
      provider: z.string(),
      channel: z.string(),
      outcome: z.string().meta({ description: '`accepted`, `rejected` or `unknown`.' }),
      reason: text,
      provider_code: text,
      http_status: z.int().nullable().meta({ description: 'Of a refusal.' }),
      duration_ms: z.int().min(0),
    }),
    entryOf('code.sent', 'A provider took it.', outcome),
    entryOf('code.not_sent', 'No provider took it: nothing was sent.', outcome),
    entryOf('code.unconfirmed', 'It left for a provider, and no usable answer came back.', outcome),
    entryOf('receipt', 'A provider reports what became of it.', {
      received_at: time,
      provider: z.string(),
      status,
      reason: text,
      provider_code: text,
    }),
    entryOf('code.refused', 'A code was asked for, and none may be sent now.', {
      channel: text,
      reason: text.meta({ description: '`cooldown`, `send_limit` or `too_many_guesses`.' }),
      wait_seconds: whole,
    }),
    entryOf('guess.right', 'The right code was typed.', { guess: whole, guesses_left: whole }),
    entryOf('guess.wrong', 'A wrong code was typed.', {
      guesses_left: whole,
      locked: z.boolean().meta({ description: 'Was it the last guess?' }),
    }),
    entryOf('guess.refused', 'A code was typed, and not weighed.', {
      reason: text.meta({
        description:
          '`expired`, `too_many_guesses`; `changed`: for something else than it was sent for; `used`, `too_late`: after the right code.',
      }),
    }),
    entryOf('change.accepted', 'A right code was given for a change, which is made from then on, whatever fails.', {
      change: change.nullable(),
    }),
    entryOf('change.refused', 'An accepted change could not be made any more.', {
      reason: text.meta({ description: '`overtaken`: the repayment was changed by something else first.' }),
    }),
    entryOf('status.changed', 'The repayment was changed.', {
      version: z.int().min(1).meta({ description: 'The version of the repayment that it made.' }),
      from_status: named,
      to_status: named,
      amount: decimal.meta({ description: 'Collected by it.' }),
      amount_collected: decimal.meta({ description: 'Collected in all, after it.' }),
      payment_mode: named,
      requested_by: text.meta({ description: 'Who asked, as far as was said.' }),
    }),
    entryOf('verification.canceled', 'A code was withdrawn.', {}),
    entryOf('contact.changed', 'A contact of the loan got another number, to which codes are sent from then on.', {
      from: masked,
      requested_by: text,
    }),
    entryOf('other', 'Of a kind that this version has no name for.', {}),
  ])

  const story = z
    .object({
      loan_id: z.string(),
      repayment_id: z.string(),
      status: named.meta({ description: 'As it is now.' }),
      currency: z.string().meta({ description: 'ISO 4217.' }),
      amount_due: decimal,
      amount_collected: decimal,
      complete: z.boolean().meta({
        description:
          'False: what happened just now may be missing, since a part of the service could not be asked. It is not lost.',
      }),
      entries: z.array(entry).meta({ description: 'In order of time.' }),
      next_cursor: text.meta({ description: 'For the next page; null on the last one.' }),
    })
    .meta({
      id: 'RepaymentStory',
      example: {
        loan_id: '123',
        repayment_id: '456',
        status: PAID,
        currency: 'INR',
        amount_due: '5000.00',
        amount_collected: '5000.00',
        complete: true,
        entries: ENTRIES,
        next_cursor: null,
      },
    })
  return { story }
})
