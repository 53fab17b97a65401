import * as z from 'zod'
import { ABUSE_RULES } from '../../config/abuse'
import { cursorSchema, limitSchema } from './query-inputs'

const ruleSchema = z.enum(ABUSE_RULES, `must be one of ${ABUSE_RULES.join(', ')}`)

export const decisionsQuerySchema = z.strictObject({
  rule: ruleSchema.optional().meta({ description: 'Of this rule only.' }),
  limit: limitSchema.meta({ description: 'Decisions on a page.' }),
  cursor: cursorSchema,
})

export const liftBodySchema = z
  .strictObject({
    rule: ruleSchema.meta({ description: 'Which rule.', example: 'address' }),
    subject: z
      .string()
      .min(1, 'is required')
      .max(256, 'is too long')
      .meta({ description: 'What it counts by, as the decision has it.', example: 'Jk3mX9pQ2rT5vW8yZ1aB4c' }),
  })
  .meta({ id: 'LiftLimit', example: { rule: 'address', subject: 'Jk3mX9pQ2rT5vW8yZ1aB4c' } })
