import * as z from 'zod'
import { once } from '../../core/once'
import { CHANNELS } from '../../messaging/message'

// For the document only: made when it is, so that no Worker spends its start on them.

/** `/v1/verifications`, and the failures of all of `/v1`. */
export const answers = once(() => {
  const time = z.iso.datetime()
  const status = z.enum(['pending', 'approved', 'expired', 'locked', 'canceled', 'failed'])

  const verification = z
    .object({
      id: z.string(),
      status,
      to: z.string().meta({ description: 'The number, masked.' }),
      channel: z.enum(CHANNELS),
      purpose: z.string(),
      created_at: time,
      expires_at: time,
      completed_at: time.nullable(),
      resend_at: time
        .nullable()
        .meta({ description: 'When another code can be asked for; null where nobody keeps count any more.' }),
      guesses_left: z.int().min(0).max(5),
      communication_id: z
        .string()
        .nullable()
        .meta({ description: 'The newest message; null where nobody keeps count any more.' }),
    })
    .meta({
      id: 'Verification',
      example: {
        id: 'ver_example',
        status: 'pending',
        to: '+91********88',
        channel: 'whatsapp',
        purpose: 'login',
        created_at: '2026-11-21T06:30:00Z',
        expires_at: '2026-11-21T06:35:00Z',
        completed_at: null,
        resend_at: '2026-11-21T06:31:00Z',
        guesses_left: 5,
        communication_id: '0199e9a0-5a4e-7c8e-9d0c-2f6b1f0c7d11',
      },
    })

  const checked = z
    .object({
      id: z.string(),
      status,
      valid: z.boolean().meta({ description: 'Was this the right code? It is right only once.' }),
      guesses_left: z.int().min(0).max(5),
      token: z
        .string()
        .optional()
        .meta({ description: 'With a right code, where `SIGNING_KEYS` is set: a JWT that proves it to other back ends.' }),
      token_expires_at: time.optional().meta({ description: 'With `token`.' }),
    })
    .meta({
      id: 'CheckedVerification',
      example: { id: 'ver_example', status: 'approved', valid: true, guesses_left: 4 },
    })

  const issue = z.object({ path: z.string(), message: z.string() })
  const problem = z
    .object({
      type: z.string(),
      title: z.string(),
      status: z.int().min(400).max(599),
      detail: z.string(),
      code: z.string().meta({ description: 'Stable; for programs.', example: 'cooldown_active' }),
      request_id: z.string().optional().meta({ description: 'With every code but `code_not_accepted`.' }),
      retry_after: z.int().min(1).max(86_400).optional().meta({ description: 'Seconds to wait, as in Retry-After.' }),
      verification_id: z
        .string()
        .optional()
        .meta({ description: 'With `delivery_unknown`: a code that arrives after all is checked under this id.' }),
      errors: z.array(issue).optional(),
      rows: z
        .array(z.object({ row: z.int().min(0), id: z.string().nullable(), errors: z.array(issue) }))
        .optional()
        .meta({ description: 'With `import_refused`: the rows with mistakes, counted from 0.' }),
    })
    .meta({ id: 'Problem', description: 'RFC 9457.' })
  return { verification, checked, problem }
})
