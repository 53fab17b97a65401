import * as z from 'zod'
import { DELIVERY_RANK, type DeliveryStatus } from '../../audit/delivery-status'
import { once } from '../../core/once'

// For the document only: made when it is, so that no Worker spends its start on them.

const DELIVERY_STATUSES = Object.keys(DELIVERY_RANK) as [DeliveryStatus, ...DeliveryStatus[]]

const EXAMPLE = {
  id: '019aa508-4f40-7a31-9c55-2b8f0d6c1e77',
  verification_id: 'ver_example',
  lead_id: null,
  to: '+91********88',
  country: 'IN',
  channel: 'sms',
  purpose: 'login',
  surface: 'v1',
  template: null,
  provider: 'twilio',
  provider_message_id: 'SM0123456789abcdef0123456789abcdef',
  status: 'delivered',
  status_at: '2026-11-21T06:30:03Z',
  reason: null,
  provider_code: null,
  segments: 1,
  cost: { amount: '0.0832', currency: 'USD' },
  verified: true,
  created_at: '2026-11-21T06:30:00Z',
}

const ATTEMPT = {
  type: 'attempt',
  at: '2026-11-21T06:30:00Z',
  attempt: 1,
  provider: 'twilio',
  channel: 'sms',
  outcome: 'accepted',
  reason: null,
  provider_code: null,
  http_status: null,
  duration_ms: 212,
}

const RECEIPT = {
  type: 'receipt',
  at: '2026-11-21T06:30:03Z',
  received_at: '2026-11-21T06:30:04Z',
  provider: 'twilio',
  status: 'delivered',
  reason: null,
  provider_code: null,
}

const FIGURES = {
  messages: 120,
  accepted: 118,
  delivered: 112,
  failed: 5,
  pending: 3,
  unknown: 0,
  verified: 101,
  delivery_rate: 0.9492,
  verification_rate: 0.8559,
  cost: [{ amount: '9.8176', currency: 'USD' }],
}

/** `/v1/communications` and `/v1/stats/delivery`. */
export const communicationAnswers = once(() => {
  const time = z.iso.datetime()
  const decimal = z.string().regex(/^\d+\.\d{2,6}$/)
  const money = z.object({ amount: decimal.meta({ example: '0.0832' }), currency: z.string().meta({ description: 'ISO 4217.' }) })
  const status = z.enum(DELIVERY_STATUSES).meta({
    description:
      '`pending`: no word of a provider yet. `unknown`: it left, and no usable answer came back. `queued`, `sent`: a provider took it; it is with the network. `failed`, `undelivered`: it never left; it left and did not arrive. `delivered`, `read`: it arrived, or its code was typed; it was opened.',
  })

  const communicationFields = {
    id: z.string(),
    verification_id: z.string().nullable().meta({ description: 'Whose code it has; null where it has none.' }),
    lead_id: z.string().nullable().meta({ description: 'The lead that it tells of; null for a code.' }),
    to: z.string().meta({ description: 'The number, masked.' }),
    country: z.string().meta({ description: 'ISO 3166-1 alpha-2.' }),
    channel: z.string(),
    purpose: z
      .string()
      .meta({ description: 'What the code was for, or what is told of a lead: `lead_created` or `lead_status`.' }),
    surface: z.string().meta({ description: 'The API that asked for it.' }),
    template: z.object({ id: z.string(), version: z.int() }).nullable().meta({ description: 'Null: the built-in text.' }),
    provider: z.string().nullable().meta({ description: 'Null where nobody took it, or was asked yet.' }),
    provider_message_id: z.string().nullable(),
    status,
    status_at: time,
    reason: z
      .string()
      .nullable()
      .meta({ description: 'Why it failed at first, also where it arrived later; or why its outcome is not known.' }),
    provider_code: z.string().nullable().meta({ description: "The vendor's own code for the failure." }),
    segments: z.int().min(1).nullable().meta({ description: 'Parts of an SMS.' }),
    cost: money.nullable().meta({ description: 'Null where the price is not known.' }),
    verified: z.boolean().meta({ description: 'Was its code typed? False where it has none.' }),
    created_at: time,
  }

  const logEntry = z.discriminatedUnion('type', [
    z.object({
      type: z.literal('attempt').meta({ description: 'One call to one provider.' }),
      at: time,
      attempt: z.int().min(1),
      provider: z.string(),
      channel: z.string(),
      outcome: z.string().meta({ description: '`accepted`, `rejected` or `unknown`.' }),
      reason: z.string().nullable(),
      provider_code: z.string().nullable(),
      http_status: z.int().nullable().meta({ description: 'Of a refusal.' }),
      duration_ms: z.int().min(0),
    }),
    z.object({
      type: z.literal('receipt').meta({ description: 'One report of the provider.' }),
      at: time.meta({ description: "By the provider's clock, or that of its arrival where it names no time." }),
      received_at: time,
      provider: z.string(),
      status,
      reason: z.string().nullable(),
      provider_code: z.string().nullable(),
    }),
  ])

  const log = z.array(logEntry).meta({ description: 'What happened to it, in order of time.' })

  const page = z
    .object({
      communications: z
        .array(z.object({ ...communicationFields, log: log.optional().meta({ description: 'Where it was asked for.' }) }))
        .meta({ description: 'Newest first.' }),
      next_cursor: z.string().nullable().meta({
        description:
          'For the next page; null on the last one. A page can be short, or empty, and have a next: with several filters at most 2,000 messages are looked at for one.',
      }),
    })
    .meta({ id: 'CommunicationPage', example: { communications: [EXAMPLE], next_cursor: null } })

  const one = z
    .object({ ...communicationFields, log })
    .meta({ id: 'Communication', example: { ...EXAMPLE, log: [ATTEMPT, RECEIPT] } })

  const count = z.int().min(0)
  const rate = z.number().min(0).max(1).nullable()
  const figures = {
    messages: count.meta({ description: 'All: `delivered`, `failed`, `pending` and `unknown` together.' }),
    accepted: count.meta({ description: 'A provider took them.' }),
    delivered: count.meta({ description: 'They arrived.' }),
    failed: count.meta({ description: 'Nobody took them, or they did not arrive.' }),
    pending: count.meta({ description: 'On their way.' }),
    unknown: count.meta({ description: 'They left, and no usable answer came back.' }),
    verified: count.meta({ description: 'Their code was typed.' }),
    delivery_rate: rate.meta({ description: 'Delivered of accepted; null where nothing was accepted.' }),
    verification_rate: rate.meta({ description: 'Verified of the accepted ones that had a code; null where there were none.' }),
    cost: z.array(money).meta({ description: 'An entry for each currency, of the messages whose price is known.' }),
  }

  const stats = z
    .object({
      from: time,
      until: time,
      totals: z.object(figures),
      groups: z
        .array(z.object({ provider: z.string().nullable(), channel: z.string(), country: z.string(), ...figures }))
        .meta({ description: 'By provider, channel and country.' }),
    })
    .meta({
      id: 'DeliveryStats',
      example: {
        from: '2026-11-20T06:30:00Z',
        until: '2026-11-21T06:30:00Z',
        totals: FIGURES,
        groups: [{ provider: 'twilio', channel: 'sms', country: 'IN', ...FIGURES }],
      },
    })
  return { page, one, stats }
})
