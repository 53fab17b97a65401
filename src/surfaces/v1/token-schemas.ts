import * as z from 'zod'
import { once } from '../../core/once'
import { audienceSchema } from './schemas'

const SAMPLE_TOKEN =
  'eyJhbGciOiJFUzI1NiIsImtpZCI6IjAuLi4iLCJ0eXAiOiJvdHAtdmVyaWZpY2F0aW9uK2p3dCJ9.eyJpc3MiOiJodHRwczovLy4uLiJ9.c2lnbmF0dXJl'

export const redeemTokenBodySchema = z
  .strictObject({
    token: z
      .string()
      .min(1, 'is required')
      .meta({ description: 'The token that an approved check gave.', example: SAMPLE_TOKEN }),
    audience: audienceSchema.optional(),
  })
  .meta({ id: 'RedeemToken', example: { token: SAMPLE_TOKEN, audience: 'https://shop.example.com' } })

/** `/v1/tokens`. For the document only. */
export const tokenAnswers = once(() => {
  const time = z.iso.datetime()
  return z
    .object({
      verification_id: z.string(),
      phone_number: z.string().meta({ description: 'The whole number, E.164.' }),
      purpose: z.string().meta({ description: 'What the code was for. It is for the caller to compare.' }),
      binding: z.string().nullable().meta({ description: 'The hash of the facts that the code was tied to; null for none.' }),
      audience: z.string(),
      verified_by: z.string().nullable().meta({
        description: 'Who had the code sent, by the id of the key: one that you trust? Null where no credential was wanted.',
      }),
      verified_at: time,
      redeemed_at: time,
    })
    .meta({
      id: 'RedeemedToken',
      example: {
        verification_id: 'ver_example',
        phone_number: '+917888888888',
        purpose: 'login',
        binding: null,
        audience: 'https://shop.example.com',
        verified_by: 'key_0123456789abcdefghijkl',
        verified_at: '2026-11-21T06:31:12Z',
        redeemed_at: '2026-11-21T06:31:15Z',
      },
    })
})
