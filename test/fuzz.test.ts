import * as fc from 'fast-check'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { expectDocumented } from './support/conformance'
import { type FuzzedRequest, ID, PHONE, operations, requests } from './support/fuzz/request-arbitrary'
import { createMockService, uniquePhone } from './support/service'

// Another seed is another thousand requests; a failure prints it, with the path that leads back to the shortest sequence.
const SEED = 20_261_121
const SEQUENCES = 300

const sequences = fc.record({
  hasVerification: fc.boolean(),
  steps: fc.array(fc.record({ request: requests, seconds: fc.constantFrom(0, 1, 61, 400) }), { minLength: 1, maxLength: 8 }),
})

beforeAll(() => {
  vi.useFakeTimers({ toFake: ['Date'] })
})
afterAll(() => {
  vi.useRealTimers()
})

it('answers every request as openapi.json says, whatever is sent', { timeout: 120_000 }, async () => {
  const service = createMockService()
  const seen = new Map(operations.map(({ operationId }) => [operationId, new Set<number>()]))

  const property = fc.asyncProperty(sequences, async ({ hasVerification, steps }) => {
    // One person in each sequence, so that sends, guesses and waits meet.
    const phone = uniquePhone()
    let id = hasVerification ? idIn(await (await service.post('/v1/verifications', { to: phone })).json()) : 'ver_none'
    for (const { request, seconds } of steps) {
      vi.setSystemTime(Date.now() + seconds * 1000)
      const { path, init } = toFetch(request, phone, id)
      const response = await service.request(path, init)
      const body = await expectDocumented({ method: request.method, path }, response)

      expect(response.status, `${request.method} ${path}`).toBeLessThan(500)
      if (request.mustBe !== undefined) expect(response.status, JSON.stringify(body)).toBe(request.mustBe)
      if (response.status === 201) id = idIn(body)
      seen.get(request.operationId)!.add(response.status)
    }
  })
  await fc.assert(property, { seed: SEED, numRuns: SEQUENCES })

  // A fuzzer that never gets in has tested the door only.
  const neverGotIn = [...seen].filter(([, statuses]) => ![...statuses].some((status) => status < 300))
  expect(neverGotIn).toStrictEqual([])
})

function toFetch({ method, path, headers, body }: FuzzedRequest, phone: string, id: string): { path: string; init: RequestInit } {
  const sent = typeof body === 'string' ? body.replaceAll(PHONE, () => phone) : body
  return { path: path.replaceAll(ID, () => id), init: { method, headers, ...(sent !== undefined && { body: sent }) } }
}

function idIn(body: unknown): string {
  return (body as { id: string }).id
}
