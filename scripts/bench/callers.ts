import { createHash, randomBytes } from 'node:crypto'
import type { Platform } from './platform.ts'

/** An API key as `src/access/api-key.ts` makes them, drawn anew in each run. */
export interface CallerKey {
  readonly key: string
  readonly kind: 'secret' | 'publishable'
  readonly scopes: readonly string[]
  readonly origins?: readonly string[]
}

export type Headers = Readonly<Record<string, string>>

const PREFIXES = { secret: 'evsk_', publishable: 'evpk_' } as const
const RANDOM_BYTES = 20
const CHECKSUM_CHARACTERS = 8

/** The page that {@link PAGE_KEY} is for. */
export const PAGE = 'https://shop.example.com'

const VERIFICATIONS = ['verifications:send', 'verifications:check', 'verifications:read']

/** Of a back end, which has codes sent and checked, and asks for leads of people who have proved their numbers. */
export const SERVER_KEY = drawKey('secret', {
  scopes: [...VERIFICATIONS, 'leads:create', 'leads:status', 'payments:confirm', 'tokens:redeem'],
})
/** Of a page, where everybody can read it. */
export const PAGE_KEY = drawKey('publishable', { scopes: VERIFICATIONS, origins: [PAGE] })

/** A secret that looks as if it was drawn, which production asks for; the same in each run. @param name what it is for */
export function secretFor(name: string): string {
  return createHash('sha256').update(`edge-verify, npm run bench: ${name}`).digest('hex')
}

/** Puts both keys into D1, as `npm run key` does. */
export async function putKeys(platform: Platform): Promise<void> {
  for (const { key, kind, scopes, origins } of [SERVER_KEY, PAGE_KEY]) {
    await platform.query(
      `INSERT INTO api_key (id, name, kind, hash, hint, scopes, origins, created_at)
       VALUES (?, 'Benchmark', ?, ?, ?, ?, nullif(?, ''), CAST(? AS INTEGER))`,
      `key_bench_${kind}`,
      kind,
      createHash('sha256').update(key).digest('base64url'),
      key.slice(-4),
      JSON.stringify(scopes),
      origins ? JSON.stringify(origins) : '',
      String(Date.now()),
    )
  }
}

/** What a request says of who sends it: a back end, for somebody whose address no other request has. */
export const asServer = (): Headers => ({ ...bearer(SERVER_KEY.key), ...fromAddress(nextAddress()) })

export const bearer = (credential: string): Headers => ({ authorization: `Bearer ${credential}` })

/** As Cloudflare tells the service. */
export const fromAddress = (address: string): Headers => ({ 'cf-connecting-ip': address })

let addresses = 0

/** One of sixteen million, each once. */
export function nextAddress(): string {
  const nth = addresses++
  return `10.${(nth >> 16) & 0xff}.${(nth >> 8) & 0xff}.${nth & 0xff}`
}

function drawKey(kind: CallerKey['kind'], rest: Omit<CallerKey, 'key' | 'kind'>): CallerKey {
  const body = PREFIXES[kind] + randomBytes(RANDOM_BYTES).toString('hex')
  return { key: body + createHash('sha256').update(body).digest('hex').slice(0, CHECKSUM_CHARACTERS), kind, ...rest }
}
