import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { vi } from 'vitest'
import worker from '../../src/index'
import { type GupshupStandIn, createGupshupStandIn } from './vendors/gupshup'

/** The Worker's `fetch` under changed settings or bindings, with all that it defers done before the answer is given back. */
export function createService(changes: Record<string, unknown> = {}) {
  const serviceEnv = { ...env, ...changes } as Env
  async function request(path: string, init?: RequestInit): Promise<Response> {
    const ctx = createExecutionContext()
    const response = await worker.fetch(new Request(`http://service.test${path}`, init), serviceEnv, ctx)
    await waitOnExecutionContext(ctx)
    return response
  }
  return {
    request,
    post: (path: string, body: unknown, headers: Record<string, string> = {}) =>
      request(path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
  }
}

/** A service in mock mode. */
export const createMockService = () => createService({ PIONEER_FLAG_MOCK_OTP_ENABLED: 'true' })

/** Puts the stand-in behind `fetch`; every other address fails, since no test may reach the network. */
export function standInForGupshup(): GupshupStandIn {
  const standIn = createGupshupStandIn({ apiKey: env.GUPSHUP_API_KEY })
  vi.spyOn(globalThis, 'fetch').mockImplementation(async (input, init) => {
    const request = new Request(input, init)
    if (new URL(request.url).host !== new URL(env.GUPSHUP_API_URL).host) throw new Error(`no test may call ${request.url}`)
    return standIn.handle(request)
  })
  return standIn
}

let phones = 0

/** An Indian mobile number that no other test of the file has used. @param lastDigits for a scenario of the stand-in */
export function uniquePhone(lastDigits = '5555'): string {
  phones += 1
  return `+9198${String(phones).padStart(4, '0')}${lastDigits}`
}

/** Any code but the right one. */
export function wrongCode(right: string, nth = 1): string {
  return String((Number(right) + nth) % 10 ** right.length).padStart(right.length, '0')
}
