import * as z from 'zod'
import { API_KEY_KINDS, API_KEY_STATUSES, type ApiKeyRow, previousValidUntil, statusOf } from '../../access/api-key'
import { SCOPES, knownScopes } from '../../access/scopes'
import { toRfc3339 } from '../../core/clock'
import { once } from '../../core/once'

const EXAMPLE = {
  id: 'key_0123456789abcdefghijkl',
  name: 'web shop',
  kind: 'secret',
  hint: '7f3a',
  scopes: ['verifications:send', 'verifications:check'],
  purposes: null,
  origins: null,
  created_at: '2026-11-21T06:30:00Z',
  expires_at: null,
  rotated_at: null,
  previous_valid_until: null,
  revoked_at: null,
  status: 'active',
}

/** `/v1/api-keys`. For the document only: made when it is, so that no Worker spends its start on them. */
export const apiKeyAnswers = once(() => {
  const time = z.iso.datetime()
  const fields = {
    id: z.string().meta({ description: 'Owns what is made with the key. It stays the same when the key is rotated.' }),
    name: z.string(),
    kind: z.enum(API_KEY_KINDS),
    hint: z.string().meta({ description: 'The last characters of the key.' }),
    scopes: z.array(z.enum(SCOPES)),
    purposes: z.array(z.string()).nullable().meta({ description: 'Null: every purpose.' }),
    origins: z.array(z.string()).nullable().meta({ description: 'Null for a secret key.' }),
    created_at: time,
    expires_at: time.nullable().meta({ description: 'Null: never.' }),
    rotated_at: time.nullable().meta({ description: 'The last time.' }),
    previous_valid_until: time.nullable().meta({
      description: 'Until then the key before the last rotation works, too; null where it does not. One before that never does.',
    }),
    revoked_at: time.nullable(),
    status: z.enum(API_KEY_STATUSES).meta({ description: '`active` works; the others never will again.' }),
  }
  const one = z.object(fields).meta({ id: 'ApiKey', example: EXAMPLE })
  const issued = z
    .object({
      // Null where a request is replayed: it is not kept anywhere.
      key: z.string().nullable().meta({
        description:
          'The key. It is shown in this answer alone, and kept as a hash only; null where the answer is replayed for an `Idempotency-Key`.',
      }),
      ...fields,
    })
    // No sample of a key: secret scanners would find it in every copy of the document.
    .meta({ id: 'IssuedApiKey', example: { key: 'evsk_…', ...EXAMPLE } })
  const list = z
    .object({
      api_keys: z.array(one).meta({ description: 'Newest first.' }),
      next_cursor: z.string().nullable().meta({ description: 'For `cursor`; null on the last page.' }),
    })
    .meta({ id: 'ApiKeyList', example: { api_keys: [EXAMPLE], next_cursor: null } })
  return { one, issued, list }
})

/** A key as `/v1` shows it. @param now milliseconds since the epoch */
export function apiKeyBody(row: ApiKeyRow, now: number) {
  return {
    id: row.id,
    name: row.name,
    kind: row.kind,
    hint: row.hint,
    scopes: knownScopes(row.scopes as string[]),
    purposes: row.purposes as string[] | null,
    origins: row.origins as string[] | null,
    created_at: toRfc3339(row.createdAt),
    expires_at: timeOrNull(row.expiresAt),
    rotated_at: timeOrNull(row.rotatedAt),
    previous_valid_until: timeOrNull(previousValidUntil(row, now)),
    revoked_at: timeOrNull(row.revokedAt),
    status: statusOf(row, now),
  }
}

function timeOrNull(ms: number | null): string | null {
  return ms === null ? null : toRfc3339(ms)
}
