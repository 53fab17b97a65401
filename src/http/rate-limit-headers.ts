import * as z from 'zod'
import type { Principal } from '../access/principal'
import { wholeSeconds } from '../core/clock'
import type { Quota } from '../core/quota'

/** How the OpenAPI document shows {@link rateLimitHeaders}. */
export const RATE_LIMIT_HEADERS = {
  'RateLimit-Policy': {
    description: 'The limits of the number: so many (`q`) in any `w` seconds. A page is told of the first alone.',
    schema: z.string().optional().meta({ example: '"cooldown";q=1;w=60, "sends-10m";q=3;w=600, "sends-24h";q=10;w=86400' }),
  },
  RateLimit: {
    description: 'What is left of each (`r`) and, where nothing is, in how many seconds (`t`) something will be.',
    schema: z.string().optional().meta({ example: '"cooldown";r=0;t=60, "sends-10m";r=2, "sends-24h";r=9' }),
  },
} as const

/** What everybody may know, since who waits for it sees it anyway. */
const TOLD_TO_STRANGERS = 'cooldown'

/**
 * What is left of the limits that callers may know of, as structured fields (RFC 9651) of the draft RateLimit headers. None
 * where that is not known. How many codes a number was sent today is nothing for strangers.
 * @param principal who asks
 */
export function rateLimitHeaders(
  quotas: readonly Quota[] | undefined,
  principal: Pick<Principal, 'kind'> | undefined,
): Readonly<Record<string, string>> {
  const told = quotas?.filter(({ name }) => principal?.kind !== 'browser' || name === TOLD_TO_STRANGERS) ?? []
  if (told.length === 0) return {}
  const list = (item: (quota: Quota) => string) => told.map((quota) => `"${quota.name}"${item(quota)}`).join(', ')
  return {
    'RateLimit-Policy': list(({ limit, windowMs }) => `;q=${limit};w=${wholeSeconds(windowMs)}`),
    RateLimit: list(({ left, waitMs }) => `;r=${left}${left === 0 ? `;t=${wholeSeconds(waitMs)}` : ''}`),
  }
}
