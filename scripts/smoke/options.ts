import { parseArgs } from 'node:util'

export interface SmokeOptions {
  /** The service's address without a slash at its end. */
  readonly url: string
  /** A number that really gets a message, in international form. */
  readonly phone: string | undefined
  /** The code, for when it is known and nobody can be asked. */
  readonly code: string | undefined
  /** An API key, from the command line or the environment (`EDGE_VERIFY_KEY`). Where it is undefined the operator's stands in. */
  readonly key?: string | undefined
  /** `ADMIN_API_KEY` of the service, from the environment: what stands on a command line is seen by everybody. */
  readonly adminKey?: string | undefined
}

export const USAGE = `npm run smoke -- --url <address> [--key evsk_…] [--phone +917888888888] [--code 123456]

The key can be in EDGE_VERIFY_KEY as well, and that of the operator in ADMIN_API_KEY.`

/** The options of the command line and the environment, or a sentence about what is wrong with them. */
export function parseOptions(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>> = process.env,
): SmokeOptions | { readonly problem: string } {
  try {
    const text = { type: 'string' } as const
    const { url, phone, code, key } = parseArgs({
      args: [...args],
      options: { url: text, phone: text, code: text, key: text },
    }).values
    if (url === undefined) return { problem: 'Where is the service? --url is missing.' }
    const address = toAddress(url)
    return address === undefined
      ? { problem: `Not an address: ${url}` }
      : {
          url: address,
          phone,
          code,
          key: key || environment['EDGE_VERIFY_KEY'] || undefined,
          adminKey: environment['ADMIN_API_KEY'] || undefined,
        }
  } catch (error) {
    return { problem: (error as Error).message }
  }
}

/** `localhost:8787`, `my.workers.dev/` and whole addresses alike; undefined for what is none. */
export function toAddress(text: string): string | undefined {
  const trimmed = text.trim()
  const whole = /^[a-z][a-z0-9+.-]*:\/\//i.test(trimmed) ? trimmed : `${isLocal(trimmed) ? 'http' : 'https'}://${trimmed}`
  const url = URL.parse(whole)
  if (url === null || !['http:', 'https:'].includes(url.protocol)) return undefined
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`
}

/** Hosts that have no certificate: this machine and private networks. */
function isLocal(host: string): boolean {
  return /^(localhost|[^/:]+\.localhost|127\.|0\.0\.0\.0|10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|\[)/i.test(host)
}
