import { describe, expect, it } from 'vitest'
import { uniquePhone } from '../../support/service'
import type { ContractContext } from '../contract'
import { expectAnswer, expectCommonHeaders, expectRefusal, serviceFor } from './surface'

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

/** Addresses, methods and headers. */
export function describeHttp({ surface }: ContractContext): void {
  const service = serviceFor(surface)
  describe(`${surface.name}, over HTTP`, () => {
    it.each(surface.unknownPaths)('has nothing at %s', async (path) => {
      for (const method of ['GET', 'POST', 'DELETE']) {
        await expectRefusal(surface, await service.request(path, { method }), { code: 'route_not_found' })
      }
    })

    const wrong = Object.entries(surface.methods).flatMap(([path, allow]) =>
      METHODS.filter((method) => !allow.split(', ').includes(method)).map((method) => ({ method, path, allow })),
    )
    it.each(wrong)('refuses $method $path and says what it takes', async ({ method, path, allow }) => {
      await expectRefusal(surface, await service.request(path, { method }), { code: 'method_not_allowed', allow })
      await expectRefusal(surface, await service.request(`${path}/`, { method }), { code: 'method_not_allowed', allow })
    })

    it('answers HEAD on a route that only takes POST with 405 and no body', async () => {
      const response = await service.request(surface.routes[0]!.path, { method: 'HEAD' })

      expect([response.status, response.headers.get('allow'), await response.text()]).toEqual([405, 'POST', ''])
      expectCommonHeaders(response)
    })

    it('takes its paths with a slash behind them', async () => {
      const phone = uniquePhone()
      for (const [index, { path, body, codeField }] of surface.routes.entries()) {
        const response = await service.post(`${path}/`, body(phone))
        if (index === 0) await expectAnswer(response, surface.sent, phone)
        else if (codeField) expect(response.status).not.toBe(405)
        else await expectRefusal(surface, response, { code: 'cooldown_active', phone, retryAfter: 60 })
      }
    })

    it('keeps the request id of its caller, and makes one where there is none or no good one', async () => {
      const ask = async (headers: Record<string, string>) => {
        const response = await service.post(surface.routes[0]!.path, {}, headers)
        await expectRefusal(surface, response, { code: 'invalid_request' })
        return response.headers.get('x-request-id')!
      }

      expect(await ask({ 'x-request-id': 'req_A-1=' })).toBe('req_A-1=')
      const made = await Promise.all([ask({}), ask({ 'x-request-id': 'a b<script>' }), ask({ 'x-request-id': 'x'.repeat(256) })])
      for (const id of made) expect(id).toMatch(/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/)
      expect(new Set(made).size).toBe(3)
    })
  })
}
