import * as z from 'zod'
import { wholeSeconds } from '../core/clock'
import type { Quota } from '../core/quota'

/** How the OpenAPI document shows {@link rateLimitHeaders}. */
export const RATE_LIMIT_HEADERS = {
  'RateLimit-Policy': {
    description: 'The limits of the number: so many (`q`) in any `w` seconds.',
    schema: z.string().optional().meta({ example: '"cooldown";q=1;w=60, "sends-10m";q=3;w=600, "sends-24h";q=10;w=86400' }),
  },
  RateLimit: {
    description: 'What is left of each (`r`) and, where nothing is, in how many seconds (`t`) something will be.',
    schema: z.string().optional().meta({ example: '"cooldown";r=0;t=60, "sends-10m";r=2, "sends-24h";r=9' }),
  },
} as const

/**
 * What is left of the limits that callers may know of, as structured fields (RFC 9651) of the draft RateLimit headers. None
 * where that is not known.
 */
export function rateLimitHeaders(quotas: readonly Quota[] | undefined): Readonly<Record<string, string>> {
  if (!quotas || quotas.length === 0) return {}
  const list = (item: (quota: Quota) => string) => quotas.map((quota) => `"${quota.name}"${item(quota)}`).join(', ')
  return {
    'RateLimit-Policy': list(({ limit, windowMs }) => `;q=${limit};w=${wholeSeconds(windowMs)}`),
    RateLimit: list(({ left, waitMs }) => `;r=${left}${left === 0 ? `;t=${wholeSeconds(waitMs)}` : ''}`),
  }
}
