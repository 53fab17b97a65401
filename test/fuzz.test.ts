import { env } from 'cloudflare:workers'
import * as fc from 'fast-check'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { OPEN_SCOPES } from '../src/access/scopes'
import { expectDocumented } from './support/conformance'
import { weighed } from './support/fuzz/body-arbitrary'
import { pathsIn, replaced } from './support/fuzz/inside'
import { ODD_NUMBERS } from './support/fuzz/json-arbitrary'
import { type Opening, TEMPLATE, made, open, openingsOf } from './support/fuzz/openings'
import { operations } from './support/fuzz/operations'
import { NOTHING } from './support/fuzz/payload'
import { SECRETS, type Things, fillIn, fillInAddress } from './support/fuzz/places'
import { signatureOf, vendorOf } from './support/fuzz/report-arbitrary'
import { type FuzzedRequest, addressOf, requestsTo } from './support/fuzz/request-arbitrary'
import { fireAlarm, gateOf } from './support/gate'
import { NOTICE_SETTINGS, TWILIO_SETTINGS, createService, standInForVendors } from './support/service'
import { newSigningKey, tokenSettings } from './support/tokens'
import { BASIC_APPLICATION_SCENARIOS } from './support/vendors/basic-application'

// Another seed is another thousand requests; a failure prints it, with the path that leads back to the shortest sequence.
const SEED = 20_261_121
const SEQUENCES = 750

/** How many sequences are mostly about what. */
const GROUPS = {
  v1: 6,
  'whatsapp-otp': 1,
  homi: 1,
  'user-otp': 1,
  'external-otp': 1,
  'payment-otp': 2,
  confirmations: 2,
  loans: 4,
  webhooks: 2,
  leads: 2,
  people: 1,
  'api-keys': 1,
  tokens: 1,
  limits: 1,
}

/** How many sequences are about leads behind the lender's stand-in, and nothing else. */
const WITH_LENDER = 2
/** By what the last digits of a number bring about there. All but one: it would have to be waited for. */
const LENDERS = ['5555', ...Object.keys(BASIC_APPLICATION_SCENARIOS).filter((lastDigits) => lastDigits !== '0008')]

type Steps = readonly { readonly request: FuzzedRequest; readonly seconds: number }[]

interface Sequence {
  readonly opening: Opening
  readonly hasTemplate: boolean
  /** Undefined: in mock mode. */
  readonly lender: string | undefined
  readonly steps: Steps
}

/** Those with a loan, whose repayment has a story. */
const LOAN_OPENINGS: readonly Opening[] = ['a loan', 'a loan of another repayment', 'a payment code', 'a confirmation']

const stepsOf = (request: fc.Arbitrary<FuzzedRequest>): fc.Arbitrary<Steps> =>
  fc.array(fc.record({ request, seconds: fc.constantFrom(0, 0, 1, 61, 61, 400) }), { minLength: 1, maxLength: 8 })

// Most requests of a sequence are to one group, so that sends and checks, or a template and its preview, meet.
const sequencesIn = Object.entries(GROUPS).map(([group, weight]) => {
  const request = fc.oneof({ weight: 3, arbitrary: requestsTo(group) }, { weight: 1, arbitrary: requestsTo() })
  const arbitrary: fc.Arbitrary<Sequence> = fc.record({
    opening: fc.constantFrom(...openingsOf(group)),
    hasTemplate: fc.boolean(),
    lender: fc.constant(undefined),
    steps: stepsOf(request),
  })
  return { weight, arbitrary }
})
const sequencesWithLender: fc.Arbitrary<Sequence> = fc.record({
  opening: fc.constantFrom(...openingsOf('leads')),
  hasTemplate: fc.constant(false),
  lender: fc.constantFrom(...LENDERS),
  steps: stepsOf(requestsTo('leads')),
})
const sequences = fc.oneof(...sequencesIn, { weight: WITH_LENDER, arbitrary: sequencesWithLender })

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
  // As `npm run dev` has it: the code of all examples is that of the mock then.
  MSG91_OTP_LENGTH: '6',
  ...tokenSettings([await newSigningKey()]),
  ...TWILIO_SETTINGS,
  TWILIO_AUTH_TOKEN: SECRETS.twilio,
  GUPSHUP_WEBHOOK_SECRET: SECRETS.path,
  MSG91_WEBHOOK_SECRET: SECRETS.path,
  WHATSAPP_WEBHOOK_SECRET: SECRETS.whatsappApp,
  WHATSAPP_VERIFY_TOKEN: 'the-verify-token',
})

/** Where a lead goes to a lender, and its customer is told by a vendor. */
const serviceWithLender = createService(NOTICE_SETTINGS)

beforeAll(() => {
  vi.useFakeTimers({ toFake: ['Date'] })
  standInForVendors()
  // Nobody waits for what is looked at again later.
  vi.spyOn(scheduler, 'wait').mockResolvedValue()
})
afterAll(() => {
  vi.restoreAllMocks()
  vi.useRealTimers()
})

it('answers every request as openapi.json says, whatever is sent', { timeout: 300_000 }, async () => {
  const seen = new Map(operations.map(({ operationId }) => [operationId, new Set<number>()]))

  const property = fc.asyncProperty(sequences, async ({ opening, hasTemplate, lender, steps }) => {
    const asked = lender === undefined ? service : serviceWithLender
    let things = await open(asked, opening, hasTemplate, lender)
    for (const { request, seconds } of steps) {
      await pass(seconds, things.phone)
      const { path, init } = await toFetch(request, things)
      await handOver(things, request)
      const response = await asked.request(path, init)
      const body = await expectDocumented({ method: request.method, path }, response)

      expect(response.status, `${request.method} ${path}`).toBeLessThan(500)
      if (request.mustBe !== undefined) expect(response.status, JSON.stringify(body)).toBe(request.mustBe)
      const location = response.headers.get('location')
      if (location !== null) expect((await asked.request(location)).status, path).toBe(200)
      if (response.ok) things = { ...things, ...made(request.operationId, body) }
      seen.get(request.operationId)!.add(response.status)
    }
    // Whatever came in, it can be shown.
    const { phone, communication, lead } = things
    const toThem = `/v1/communications?to=${encodeURIComponent(phone)}&include=log`
    const paths = [toThem, `/v1/communications/${communication}`, `/v1/leads/${lead}`]
    if (LOAN_OPENINGS.includes(opening)) paths.push(storyOf(things))
    for (const path of paths) {
      const response = await asked.request(path)
      await expectDocumented({ method: 'GET', path }, response)
      expect(response.status, path).toBeLessThan(500)
    }
  })
  const steps = FOUND.map((request) => ({ request, seconds: 0 }))
  await fc.assert(property, {
    seed: SEED,
    numRuns: SEQUENCES,
    examples: [[{ opening: 'nothing', hasTemplate: false, lender: undefined, steps }]],
  })

  // A fuzzer that never gets in has tested the door only.
  const neverGotIn = operations.flatMap(({ operationId, successes }) =>
    successes.filter((status) => !seen.get(operationId)!.has(status)).map((status) => `${operationId} ${status}`),
  )
  expect(neverGotIn).toStrictEqual([])
})

/** What has to be there for a body with an amount to be taken as it is shown. */
const BEFORE: Readonly<Record<string, Opening>> = {
  createLoan: 'nothing',
  importLoans: 'nothing',
  addRepayments: 'a loan of another repayment',
  createConfirmation: 'a loan',
  checkConfirmation: 'a confirmation',
  'payment-otp.update': 'a payment code',
}

const amounts = operations.flatMap((operation) => {
  const shown = operation.body?.schema.examples?.[0] as object
  const places = pathsIn(shown).filter((place) => place.at(-1)!.startsWith('amount'))
  return places.map((place) => ({ ...operation, shown, place, field: place.join('.') }))
})

it('knows all bodies that have amounts', () => {
  expect(new Set(amounts.map(({ operationId }) => operationId))).toStrictEqual(new Set(Object.keys(BEFORE)))
})

it.each(amounts)('takes or refuses $field at $method $path, however it is written', async (operation) => {
  const { operationId, method, body, shown, place } = operation
  const taken: string[] = []
  for (const number of ODD_NUMBERS) {
    const things = await open(service, BEFORE[operationId]!)
    const payload = weighed(body!, replaced(shown, place, number) as object)
    const { path, init } = await toFetch({ ...payload, operationId, method, path: addressOf(operation) }, things)
    const response = await service.request(path, init)

    const about = `${number.rawJSON}: ${JSON.stringify(await expectDocumented({ method, path }, response))}`
    expect(response.status, about).toBeLessThan(500)
    if (payload.mustBe !== undefined) expect(response.status, about).toBe(payload.mustBe)
    if (response.ok) taken.push(number.rawJSON)
  }
  expect(taken).toStrictEqual(expect.arrayContaining(['5000.0', '5000.000']))
  expect(taken).not.toContain('0.30000000000000004')
})

it.each(operations)('asks for a credential at $method $path where openapi.json says so, and nowhere else', async (operation) => {
  const { method, access } = operation
  const path = addressOf(operation)
  const closed = createService({ AUTH_REQUIRED: 'true' })
  const response = await closed.request(path, { method })

  await expectDocumented({ method, path }, response)
  expect(response.status === 401).toBe(access !== undefined)
})

it.each(operations)('asks for one at $method $path in development, too, where it is no matter of clients', async (operation) => {
  const { method, access } = operation
  const path = addressOf(operation)
  const locked = createService({ ADMIN_API_KEY: 'the-key-of-the-operator-32-characters-and-more' })
  const response = await locked.request(path, { method })

  await expectDocumented({ method, path }, response)
  const isOfClients = access !== 'operator' && (access ?? []).every((scope) => OPEN_SCOPES.some((one) => one === scope))
  expect(response.status === 401).toBe(!isOfClients)
})

/** In mock mode no vendor has a message: the one that reports is given it, so that reports find what they are about. */
async function handOver({ communication, vendorMessage }: Things, { path }: FuzzedRequest): Promise<void> {
  const vendor = vendorOf(pathnameOf(path))
  if (vendor === undefined) return
  await env.DB.prepare('UPDATE communication SET provider = ?, provider_message_id = ? WHERE id = ?')
    .bind(vendor, vendorMessage, communication)
    .run()
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

const storyOf = ({ loan, repayment }: Things) => `/v1/loans/${loan}/repayments/${repayment}/story`

/** Without slash and query. */
const pathnameOf = (path: string) => path.replace(/\/?(\?.*)?$/s, '')
