import * as z from 'zod'
import { once } from '../../core/once'
import { CONTACT_TYPES } from '../../payments/loan'
import { answers } from './answers'

const REPAYMENT_STATUS = { id: 3, code: 'paid', name: 'Paid' }
const EXAMPLE = {
  id: 'ver_example',
  status: 'pending',
  to: '+91********10',
  channel: 'sms',
  purpose: 'payment_confirmation',
  created_at: '2026-11-21T06:30:00Z',
  expires_at: '2026-11-21T06:35:00Z',
  completed_at: null,
  resend_at: '2026-11-21T06:31:00Z',
  guesses_left: 5,
  communication_id: '0199e9a0-5a4e-7c8e-9d0c-2f6b1f0c7d11',
  loan_id: '123',
  repayment_id: '456',
  contact_type: 'applicant',
  amount: '5000.00',
  currency: 'INR',
  payee: 'Prosparity',
  repayment_status: REPAYMENT_STATUS,
  payment_mode: { id: 1, code: 'cash', name: 'Cash' },
  requested_by: 'agent-17',
  recorded_at: null,
  outcome: null,
}

/** `/v1/payments/confirmations`. For the document only. */
export const confirmationAnswers = once(() => {
  const named = z.object({ id: z.int(), code: z.string(), name: z.string() })
  const recordedAt = z.iso.datetime().nullable().meta({ description: 'When the repayment was changed by it; null until then.' })

  const confirmation = answers()
    .verification.extend({
      loan_id: z.string(),
      repayment_id: z.string(),
      contact_type: z.enum(CONTACT_TYPES),
      amount: z.string().meta({ description: 'Fixed when the code was sent, as all from here on.' }),
      currency: z.string(),
      payee: z.string(),
      repayment_status: named.meta({ description: 'What the repayment becomes.' }),
      payment_mode: named,
      requested_by: z.string().nullable(),
      recorded_at: recordedAt,
      outcome: z
        .enum(['recorded', 'recording', 'overtaken'])
        .nullable()
        .meta({ description: 'After the right code: recorded, about to be, or not any more, since another change was first.' }),
    })
    .meta({ id: 'Confirmation', example: EXAMPLE })

  const checked = z
    .object({
      id: z.string(),
      status: z.enum(['pending', 'approved', 'locked']),
      valid: z.boolean().meta({ description: 'Was this the right code?' }),
      guesses_left: z.int().min(0).max(5),
      recorded_at: recordedAt,
    })
    .meta({
      id: 'CheckedConfirmation',
      example: { id: 'ver_example', status: 'approved', valid: true, guesses_left: 4, recorded_at: '2026-11-21T06:31:20Z' },
    })
  return { confirmation, checked }
})
