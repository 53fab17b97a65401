import { env } from 'cloudflare:workers'
import * as fc from 'fast-check'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { createMessageId } from '../src/otp/message-id'
import { expectDocumented } from './support/conformance'
import { operations } from './support/fuzz/operations'
import { NOTHING } from './support/fuzz/payload'
import { SECRETS, type Things, fillIn, fillInAddress } from './support/fuzz/places'
import { signatureOf, vendorOf } from './support/fuzz/report-arbitrary'
import { type FuzzedRequest, requestsTo } from './support/fuzz/request-arbitrary'
import { fireAlarm, gateOf } from './support/gate'
import { TWILIO_SETTINGS, createService, uniquePhone } from './support/service'

// Another seed is another thousand requests; a failure prints it, with the path that leads back to the shortest sequence.
const SEED = 20_261_121
const SEQUENCES = 500

// Most requests of a sequence are to one group, so that sends and checks, or a template and its preview, meet.
const GROUPS = ['v1', 'v1', 'v1', 'whatsapp-otp', 'homi', 'user-otp', 'external-otp', 'webhooks', 'webhooks']
const stepsIn = GROUPS.map((tag) => {
  const request = fc.oneof({ weight: 3, arbitrary: requestsTo(tag) }, { weight: 1, arbitrary: requestsTo() })
  return fc.array(fc.record({ request, seconds: fc.constantFrom(0, 1, 61, 400) }), { minLength: 1, maxLength: 8 })
})
const sequences = fc.record({
  hasVerification: fc.boolean(),
  hasTemplate: fc.boolean(),
  steps: fc.oneof(...stepsIn),
})

const TEMPLATE = { template_name: 'Fuzzed', channel: 'sms', content: '{{otp_code}} is the code.', purpose: 'login' }

/** What the fuzzer has found, and may not meet again by chance. */
const FOUND: readonly FuzzedRequest[] = [
  ...['.', '..'].map((template_id) => ({
    operationId: 'createTemplate',
    method: 'POST',
    path: '/v1/templates',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...TEMPLATE, template_id }),
    mustBe: 400,
  })),
  ...['9999-12-31T23:59:59-23:59', '0000-01-01T00:00:00Z'].map((until) => ({
    ...NOTHING,
    operationId: 'getDeliveryStats',
    method: 'GET',
    path: `/v1/stats/delivery?until=${until}`,
    mustBe: 400,
  })),
]

const service = createService({
  PIONEER_FLAG_MOCK_OTP_ENABLED: 'true',
  ...TWILIO_SETTINGS,
  TWILIO_AUTH_TOKEN: SECRETS.twilio,
  GUPSHUP_WEBHOOK_SECRET: SECRETS.path,
  MSG91_WEBHOOK_SECRET: SECRETS.path,
  WHATSAPP_WEBHOOK_SECRET: SECRETS.whatsappApp,
  WHATSAPP_VERIFY_TOKEN: 'the-verify-token',
})

beforeAll(() => {
  vi.useFakeTimers({ toFake: ['Date'] })
  // Nobody waits for what is looked at again later.
  vi.spyOn(scheduler, 'wait').mockResolvedValue()
})
afterAll(() => {
  vi.restoreAllMocks()
  vi.useRealTimers()
})

it('answers every request as openapi.json says, whatever is sent', { timeout: 120_000 }, async () => {
  const seen = new Map(operations.map(({ operationId }) => [operationId, new Set<number>()]))

  const property = fc.asyncProperty(sequences, async ({ hasVerification, hasTemplate, steps }) => {
    let things = await open(hasVerification, hasTemplate)
    for (const { request, seconds } of steps) {
      await pass(seconds, things.phone)
      const { path, init } = await toFetch(request, things)
      await handOver(things, request)
      const response = await service.request(path, init)
      const body = await expectDocumented({ method: request.method, path }, response)

      expect(response.status, `${request.method} ${path}`).toBeLessThan(500)
      if (request.mustBe !== undefined) expect(response.status, JSON.stringify(body)).toBe(request.mustBe)
      if (response.status === 201) expect((await service.request(response.headers.get('location')!)).status, path).toBe(200)
      if (response.ok) things = { ...things, ...made(request.operationId, body) }
      seen.get(request.operationId)!.add(response.status)
    }
    // Whatever came in, it can be shown.
    const path = `/v1/communications/${things.communication}`
    await expectDocumented({ method: 'GET', path }, await service.request(path))
  })
  const steps = FOUND.map((request) => ({ request, seconds: 0 }))
  await fc.assert(property, {
    seed: SEED,
    numRuns: SEQUENCES,
    examples: [[{ hasVerification: false, hasTemplate: false, steps }]],
  })

  // A fuzzer that never gets in has tested the door only.
  const neverGotIn = [...seen].filter(([, statuses]) => ![...statuses].some((status) => status < 300))
  expect(neverGotIn).toStrictEqual([])
})

it.each(operations)(
  "asks for the operator's key at $method $path where openapi.json says so, and nowhere else",
  async ({ method, path, isAdminOnly }) => {
    const closed = createService({ ADMIN_API_KEY: 'the-key-of-the-operator-32-characters-and-more' })
    const response = await closed.request(path, { method })

    await expectDocumented({ method, path }, response)
    expect(response.status === 401).toBe(isAdminOnly)
  },
)

let openings = 0

/** One person in each sequence, so that sends, guesses and waits meet. */
async function open(hasVerification: boolean, hasTemplate: boolean): Promise<Things> {
  openings += 1
  const nothing: Things = {
    phone: uniquePhone(),
    verification: 'ver_none',
    communication: 'none',
    message: 'msg_none',
    template: `fuzzed_${openings}`,
    vendorMessage: `vendor-${openings}`,
  }
  if (hasTemplate) await service.post('/v1/templates', { ...TEMPLATE, template_id: nothing.template })
  if (!hasVerification) return nothing
  const response = await service.post('/v1/verifications', { to: nothing.phone })
  await fireAlarm(await gateOf(nothing.phone))
  return { ...nothing, ...made('createVerification', await response.json()) }
}

/** In mock mode no vendor has a message: the one that reports is given it, so that reports find what they are about. */
async function handOver({ communication, vendorMessage }: Things, { path }: FuzzedRequest): Promise<void> {
  const vendor = vendorOf(pathnameOf(path))
  if (vendor === undefined) return
  await env.DB.prepare('UPDATE communication SET provider = ?, provider_message_id = ? WHERE id = ?')
    .bind(vendor, vendorMessage, communication)
    .run()
}

/** What later requests of a sequence can be about. */
function made(operationId: string, body: unknown): Partial<Things> {
  if (operationId === 'createVerification' || operationId === 'resendVerification') {
    const { id, communication_id: communication } = body as { id: string; communication_id: string }
    return { verification: id, communication, message: createMessageId(id, communication) }
  }
  if (!/^external-otp\.\w+\.send$/.test(operationId)) return {}
  return { message: (body as { data: { message_id: string } }).data.message_id }
}

/** After a minute the alarm of the gate has carried its outbox to D1. */
async function pass(seconds: number, phone: string): Promise<void> {
  vi.setSystemTime(Date.now() + seconds * 1000)
  if (seconds > 60) await fireAlarm(await gateOf(phone))
}

async function toFetch({ method, path, headers, body }: FuzzedRequest, things: Things) {
  const address = fillInAddress(path, things)
  const sent = typeof body === 'string' ? fillIn(body, things) : body
  const vendor = method === 'POST' ? vendorOf(pathnameOf(path)) : undefined
  const signature = typeof sent === 'string' ? await signatureOf(vendor, `http://service.test${address}`, sent) : {}
  const init: RequestInit = { method, headers: { ...headers, ...signature }, ...(sent !== undefined && { body: sent }) }
  return { path: address, init }
}

/** Without slash and query. */
const pathnameOf = (path: string) => path.replace(/\/?(\?.*)?$/s, '')
