import * as z from 'zod'
import { once } from '../../core/once'
import { phoneInputSchema } from '../../http/input'
import { requestedByInput } from './references'

export const erasePersonBodySchema = z
  .strictObject({
    phone: phoneInputSchema.meta({ description: 'The number, in any usual spelling.', example: '+919876543210' }),
    requested_by: requestedByInput.meta({
      description: 'Who asks, by an id of yours; it is kept, so nothing of the person may be in it.',
      example: 'agent-17',
    }),
  })
  .meta({ id: 'ErasePerson', example: { phone: '+919876543210', requested_by: 'agent-17' } })

const EXAMPLE = {
  id: '0199e9a0-5a4e-7c8e-9d0c-2f6b1f0c7d11',
  erased_at: '2026-11-21T06:30:00Z',
  erased: { leads: 1, verifications: 3, events: 11, communications: 4, loan_contacts: 1 },
}

/** `/v1/people`. For the document only. */
export const peopleAnswers = once(() => {
  const rows = (description: string) => z.int().min(0).meta({ description })
  return z
    .object({
      id: z.string().meta({ description: 'Of what is kept of it.' }),
      erased_at: z.iso.datetime(),
      erased: z
        .object({
          leads: rows('Leads, with their history and the messages that were still to go out.'),
          verifications: rows('Verifications.'),
          events: rows('What happened to them, and sends that were refused.'),
          communications: rows('Messages, with their attempts and what vendors reported.'),
          loan_contacts: rows('Contacts of loans that have no number any more.'),
        })
        .meta({ description: 'How many there were.' }),
    })
    .meta({ id: 'PersonErased', example: EXAMPLE })
})
