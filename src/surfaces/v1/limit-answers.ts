import * as z from 'zod'
import { ABUSE_RULES } from '../../config/abuse'
import { once } from '../../core/once'

const EXAMPLE = {
  id: '0199e9a0-5a4e-7c8e-9d0c-2f6b1f0c7d11',
  rule: 'address',
  mode: 'enforce',
  subject: 'Jk3mX9pQ2rT5vW8yZ1aB4c',
  first_at: '2026-11-21T06:30:00Z',
  last_at: '2026-11-21T06:34:10Z',
  count: 212,
  request_id: '0199e9a0-5a4e-4c8e-9d0c-2f6b1f0c7d11',
  until: '2026-11-21T06:45:00Z',
  lifted_at: null,
}

/** `/v1/limits`. For the document only. */
export const limitAnswers = once(() => {
  const time = z.iso.datetime()
  const rule = z.enum(ABUSE_RULES)
  const decision = z.object({
    id: z.string(),
    rule,
    mode: z.enum(['enforce', 'observe']).meta({ description: '`enforce` refused, `observe` would have.' }),
    subject: z.string().meta({
      description:
        'What the rule counts by: the id of a key, a keyed hash of a network, a number without its last four digits, a country, or `deployment`.',
    }),
    first_at: time,
    last_at: time,
    count: z.int().min(1).meta({ description: 'Requests that it met.' }),
    request_id: z.string().meta({ description: 'The first of them.' }),
    until: time.meta({ description: 'When it is over, or was.' }),
    lifted_at: time.nullable().meta({ description: 'When the operator lifted it.' }),
  })
  const page = z
    .object({
      decisions: z.array(decision).meta({ description: 'Newest first.' }),
      next_cursor: z.string().nullable().meta({
        description: 'For the next page; null on the last one. A page can be short, or empty, and have a next.',
      }),
    })
    .meta({ id: 'LimitDecisionPage', example: { decisions: [EXAMPLE], next_cursor: null } })
  const lifted = z
    .object({ rule, subject: z.string(), lifted: z.boolean().meta({ description: 'Was there anything to lift?' }) })
    .meta({ id: 'LimitLifted', example: { rule: 'address', subject: EXAMPLE.subject, lifted: true } })
  return { page, lifted }
})
