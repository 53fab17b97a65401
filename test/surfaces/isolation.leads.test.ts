import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type TestCaller, createClosedService, plainBody } from '../support/callers'
import { PAGE, SERVER_SCOPES, bearer, putApiKey } from '../support/keys'
import { allLeads, leadBody } from '../support/leads'
import { T0 } from '../support/pure-gate'
import { NOTICE_SETTINGS, type StandIns, standInForVendors, uniquePhone } from '../support/service'
import { newSigningKey, tokenSettings } from '../support/tokens'

// Leads of two callers of one deployment (R-CFG-04).

const PATH = '/v1/leads'
const NOBODY = '019aa5f0-0000-7000-8000-000000000000'
const MINUTE_MS = 60_000
const closed = createClosedService()

let vendors: StandIns
let a: TestCaller
let b: TestCaller
let all: TestCaller
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: T0 })
  for (const level of ['info', 'warn', 'error'] as const) vi.spyOn(console, level).mockImplementation(() => {})
  vendors = standInForVendors()
  await env.DB.batch(['lead', 'lead_event', 'lead_notice'].map((table) => env.DB.prepare(`DELETE FROM ${table}`)))
  a = await closed.caller()
  b = await closed.caller()
  all = await closed.caller({ scopes: [...SERVER_SCOPES, 'callers:all'] })
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

const request = (phone = uniquePhone(), changes: object = {}) => {
  const { mobile_number: _number, dob: _dob, pan_number: pan, loan_tenure, ...person } = leadBody()
  return { ...person, pan, loan_tenure_years: loan_tenure, date_of_birth: '1987-11-23', phone, ...changes }
}

interface Lead {
  readonly id: string
  readonly application_id: string
}
async function create(by: TestCaller, body: object = request()): Promise<Lead> {
  const response = await by.post(PATH, body)
  expect(response.status, await response.clone().text()).toBe(201)
  return response.json<Lead>()
}
async function idsFor(by: TestCaller, query = ''): Promise<string[]> {
  const response = await by.get(`${PATH}${query}`)
  expect(response.status).toBe(200)
  return (await response.json<{ leads: Lead[] }>()).leads.map(({ id }) => id)
}

describe('the same request of two callers (R-CFG-04)', () => {
  it('is two leads, and of one of them the same one again', async () => {
    const asked = request()
    const [ofA, ofB, again] = [await create(a, asked), await create(b, asked), await create(a, asked)]
    expect(ofB.id).not.toBe(ofA.id)
    expect(again.id).toBe(ofA.id)
    const owners = new Map((await allLeads()).map(({ id, owner }) => [id, owner]))
    expect(owners).toEqual(
      new Map([
        [ofA.id, a.id],
        [ofB.id, b.id],
      ]),
    )
  })
})

describe('leads (R-CFG-04)', () => {
  it('are listed for their own caller, and all of them for who may see all', async () => {
    const phone = uniquePhone()
    const ofA = await create(a, request(phone))
    vi.advanceTimersByTime(1)
    const ofB = await create(b, request(phone))
    const queries = ['', `?phone=${encodeURIComponent(phone)}`, '?submission=submitted', '?loan_type=HL', '?limit=1']
    for (const query of queries) {
      expect(await idsFor(a, query), query).toEqual([ofA.id])
      expect(await idsFor(b, query), query).toEqual([ofB.id])
    }
    expect(await idsFor(all, `?phone=${encodeURIComponent(phone)}`)).toEqual([ofB.id, ofA.id])
  })

  it('are in the table of their own caller', async () => {
    const [ofA, ofB] = [await create(a), await create(b)]
    const tableFor = async (by: TestCaller) => {
      const response = await by.get(`${PATH}/export?created_after=2026-11-01T00:00:00Z&created_before=2026-12-01T00:00:00Z`)
      expect(response.status).toBe(200)
      return response.text()
    }
    const [tableOfA, tableOfAll] = [await tableFor(a), await tableFor(all)]
    expect([tableOfA.includes(ofA.id), tableOfA.includes(ofB.id)]).toEqual([true, false])
    expect([tableOfAll.includes(ofA.id), tableOfAll.includes(ofB.id)]).toEqual([true, true])
  })

  it.each<readonly [string, (by: TestCaller, id: string) => Promise<Response>]>([
    ['seen', (by, id) => by.get(`${PATH}/${id}`)],
    ['told of', (by, id) => by.post(`${PATH}/${id}/status`, { status: 'Disbursed' })],
    ['submitted', (by, id) => by.post(`${PATH}/${id}/submit`)],
  ])('are %s by our id and the lender’s by their own caller, to others they are not there', async (_what, use) => {
    vendors.lender.down(true)
    const waiting = await a.post(PATH, request())
    expect(waiting.status).toBe(202)
    vendors.lender.down(false)
    const submitted = await create(a)
    const ids = [(await waiting.json<Lead>()).id, submitted.id, submitted.application_id]
    const before = await allLeads()
    for (const id of ids) {
      expect(await plainBody(await use(b, id))).toEqual(await plainBody(await use(b, NOBODY)))
    }
    expect(await allLeads()).toEqual(before)
    expect((await use(b, submitted.id)).status).toBe(404)
    for (const id of ids.slice(0, 2)) {
      expect((await use(a, id)).status).toBeLessThan(300)
      expect((await use(all, id)).status).toBeLessThan(300)
    }
    expect((await use(a, submitted.application_id)).status).toBeLessThan(300)
  })

  it('stand for their own caller as the lender says, by number and by id', async () => {
    const phone = uniquePhone()
    const { application_id: id } = await create(a, request(phone))
    const statusFor = (by: TestCaller, body: object) => by.post('/api_v1/lead_status', body)
    for (const body of [
      { mobile_number: phone },
      { basic_application_id: id },
      { mobile_number: phone, basic_application_id: id },
    ]) {
      expect((await statusFor(a, body)).status).toBe(200)
      expect((await statusFor(all, body)).status).toBe(200)
      expect(await plainBody(await statusFor(b, body))).toMatchObject({
        status: 404,
        body: { data: { error: 'lead_not_found' } },
      })
    }
  })

  it('have messages to their customers, of which each caller sees its own', async () => {
    const { caller } = createClosedService(NOTICE_SETTINGS)
    const [one, other] = [await caller(), await caller()]
    const [ofOne, ofOther] = [await create(one), await create(other)]
    const leadsTold = async (by: TestCaller) => {
      const response = await by.get('/v1/communications?purpose=lead_created')
      return (await response.json<{ communications: { lead_id: string }[] }>()).communications.map(({ lead_id }) => lead_id)
    }
    expect(await leadsTold(one)).toEqual([ofOne.id])
    expect(await leadsTold(other)).toEqual([ofOther.id])
    expect(await leadsTold(all)).toEqual(expect.arrayContaining([ofOne.id, ofOther.id]))
  })
})

describe('the proof that somebody has the number (R-CFG-04)', () => {
  const { caller } = createClosedService({ LEADS_REQUIRE_VERIFIED_PHONE: 'true' })
  const NOT_VERIFIED = { status: 403, body: { code: 'phone_not_verified' } }

  async function verify(by: TestCaller, to: string): Promise<void> {
    await by.post('/v1/verifications', { to })
    const checked = await by.post('/v1/verifications/check', { to, code: vendors.gupshup.lastCode(to) })
    expect(await checked.json()).toMatchObject({ valid: true })
  }

  it('is one to the caller that it was given to, and to no other', async () => {
    const [one, other, seer] = [await caller(), await caller(), await caller({ scopes: [...SERVER_SCOPES, 'callers:all'] })]
    const phone = uniquePhone()
    await verify(one, phone)
    expect(await plainBody(await other.post(PATH, request(phone)))).toMatchObject(NOT_VERIFIED)
    expect((await other.post('/api_v1/lead_create', leadBody({ mobile_number: phone }))).status).toBe(403)
    expect((await other.post('/api_v1/lead_status', { mobile_number: phone })).status).toBe(403)
    expect(await allLeads()).toEqual([])
    await create(one, request(phone))
    expect((await seer.post(PATH, request(phone))).status).toBe(201)

    vi.advanceTimersByTime(MINUTE_MS)
    await verify(other, phone)
    await create(other, request(phone))
  })

  it('of a page comes to its back end as a token, which is a lead once (R-TOK-04)', async () => {
    const settings = { ...tokenSettings([await newSigningKey()]), LEADS_REQUIRE_VERIFIED_PHONE: 'true' }
    const { service, caller: callerOf } = createClosedService(settings)
    const page = await putApiKey({ kind: 'publishable' })
    const [backEnd, trusted] = [await callerOf(), await callerOf({ scopes: [...SERVER_SCOPES, 'leads:unverified'] })]
    const to = uniquePhone()
    const visitor = bearer(page.key, PAGE)
    await service.post('/v1/verifications', { to }, visitor)
    const code = vendors.gupshup.lastCode(to)
    const checked = await service.post('/v1/verifications/check', { to, code, audience: 'shop' }, visitor)
    const { token } = await checked.json<{ token: string }>()

    // The proof is the page's: to who is not trusted with leads it is none.
    expect(await plainBody(await backEnd.post(PATH, request(to)))).toMatchObject(NOT_VERIFIED)
    const redeemed = await trusted.post('/v1/tokens/redeem', { token, audience: 'shop' })
    const { phone_number: phone, verified_by } = await redeemed.json<{ phone_number: string; verified_by: string }>()
    expect([redeemed.status, phone, verified_by]).toEqual([200, to, page.id])
    await create(trusted, request(phone))
    expect((await trusted.post('/v1/tokens/redeem', { token, audience: 'shop' })).status).toBe(409)
  })

  it('is not wanted of who has the scope for that', async () => {
    const trusted = await caller({ scopes: [...SERVER_SCOPES, 'leads:unverified'] })
    const seer = await caller({ scopes: [...SERVER_SCOPES, 'callers:all'] })
    expect(await plainBody(await seer.post(PATH, request()))).toMatchObject(NOT_VERIFIED)
    await create(trusted)
  })
})
