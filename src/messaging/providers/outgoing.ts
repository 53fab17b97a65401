import type { Config } from '../../config/config'
import type { Log } from '../../core/log'
import type { Fetch } from './http'

/**
 * The origins that the configuration names: those of the identity provider, of Turnstile, and of the vendors and the lender
 * that are set up. In mock mode none of the latter.
 */
export function configuredOrigins({ mockEnabled, access, turnstile, ...config }: Config): string[] {
  const { gupshup, msg91, mshastra, twilio, whatsappCloud, lender } = config
  const vendors = mockEnabled ? [] : [gupshup, msg91, mshastra, twilio, whatsappCloud, lender]
  const urls = [access.tokens?.jwksUrl, turnstile?.apiUrl, ...vendors.map((vendor) => vendor?.apiUrl)].filter(
    (url) => url !== undefined,
  )
  return [...new Set(urls.map((url) => new URL(url).origin))]
}

/**
 * A `fetch` for these origins only, so that nothing which is put into an address can lead a call, and the credentials on it,
 * to another host. It rejects before anything leaves.
 */
export function createOutgoing(origins: readonly string[], fetch: Fetch, log: Log): Fetch {
  return async (url, init) => {
    if (origins.includes(new URL(url).origin)) return fetch(url, init)
    log('error', 'outgoing.refused', { reason: 'not_configured' })
    throw new Error('this host is not in the configuration')
  }
}
