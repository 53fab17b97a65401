import * as z from 'zod'
import { API_KEY_KINDS, API_KEY_STATUSES } from '../../access/api-key'
import { type ApiKeyDraft, isPageOrigin } from '../../access/api-key-draft'
import { BROWSER_SCOPES, SCOPES } from '../../access/scopes'
import { KEY_OVERLAP_MAX_SECONDS, KEY_OVERLAP_SECONDS } from '../../config/limits'
import { cursorSchema, limitSchema, momentSchema } from './query-inputs'

// Forms only; what the kinds allow is decided by `access/api-key-draft.ts`. The command line reads its options with these, too.

const MAX_PURPOSES = 20
const MAX_ORIGINS = 20

const EXAMPLE = { name: 'web shop', scopes: ['verifications:send', 'verifications:check'] }

const onlyOnce = (names: readonly string[]) => new Set(names).size === names.length

export const createApiKeyBodySchema = z
  .strictObject({
    name: z
      .string()
      .trim()
      .min(1, 'is required')
      .max(100, 'is too long')
      .refine((name) => !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(name), 'must be one line')
      .meta({ description: 'For people: whose it is, and what for.' }),
    kind: z
      .enum(API_KEY_KINDS)
      .optional()
      .meta({ description: '`secret` for servers, `publishable` for pages, where everybody can read it. Left out: `secret`.' }),
    scopes: z
      .array(z.enum(SCOPES, `must be one of ${SCOPES.join(', ')}`))
      .min(1, 'is required')
      .refine(onlyOnce, 'has a scope twice')
      .meta({ description: `What it is for. A publishable key can have ${BROWSER_SCOPES.join(', ')} only.` }),
    purposes: z
      .array(
        z
          .string()
          .regex(/^[a-z][a-z0-9_-]{0,31}$/, 'must be 1 to 32 characters: a letter, then letters, digits, _ or -, in lower case'),
      )
      .min(1, 'must have one, or be left out')
      .max(MAX_PURPOSES, `has more than ${MAX_PURPOSES}`)
      .refine(onlyOnce, 'has a purpose twice')
      .optional()
      .meta({ description: 'The only purposes that it is for. Left out: every one.' }),
    origins: z
      .array(
        z
          .string()
          .max(300, 'is too long')
          .refine(
            isPageOrigin,
            'must be an origin as browsers write it, such as https://shop.example.com, or http://localhost:3000',
          ),
      )
      .min(1, 'is required')
      .max(MAX_ORIGINS, `has more than ${MAX_ORIGINS}`)
      .refine(onlyOnce, 'has an origin twice')
      .optional()
      .meta({ description: 'The pages that a publishable key is for, each exactly; a secret key has none.' }),
    expires_at: momentSchema
      .optional()
      .meta({ description: 'When it ends, at most ten years from now. Left out: never.', example: '2027-11-21T00:00:00Z' }),
  })
  .meta({ id: 'CreateApiKey', example: EXAMPLE })

export const rotateApiKeyBodySchema = z
  .strictObject({
    overlap_seconds: z
      .int('must be a whole number')
      .min(0, 'must not be negative')
      .max(KEY_OVERLAP_MAX_SECONDS, `must be ${KEY_OVERLAP_MAX_SECONDS} at most`)
      .default(KEY_OVERLAP_SECONDS)
      .meta({ description: 'For how long the key of now works on. 0: not at all.' }),
  })
  .meta({ id: 'RotateApiKey', example: { overlap_seconds: 3_600 } })

export const listApiKeysQuerySchema = z.strictObject({
  status: z
    .enum(API_KEY_STATUSES, `must be one of ${API_KEY_STATUSES.join(', ')}`)
    .optional()
    .meta({ description: 'Keys in this state only.' }),
  limit: limitSchema.meta({ description: 'Keys on a page.' }),
  cursor: cursorSchema,
})

export const apiKeyIdSchema = z.object({ id: z.string().max(128).meta({ description: 'The id of the key.' }) })

export const apiKeyLocationSchema = z.string().meta({ example: '/v1/api-keys/key_0123456789abcdefghijkl' })

/** What is wanted, with nothing left out. */
export function toApiKeyDraft(body: z.infer<typeof createApiKeyBodySchema>): ApiKeyDraft {
  return {
    name: body.name,
    kind: body.kind ?? 'secret',
    scopes: body.scopes,
    purposes: body.purposes ?? null,
    origins: body.origins ?? null,
    expiresAt: body.expires_at ?? null,
  }
}
