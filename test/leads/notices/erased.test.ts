import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { gateOf } from '../../support/gate'
import { leadBody, putLead } from '../../support/leads'
import { NOTICE_SETTINGS, type StandIns, createService, standInForVendors, uniquePhone } from '../../support/service'

const SETTINGS = { ...NOTICE_SETTINGS, PROVIDER_TIMEOUT_MS: '300' }
const TABLES = ['lead', 'lead_event', 'lead_notice', 'communication', 'communication_log'] as const

const service = createService(SETTINGS)
let vendors: StandIns
beforeEach(async () => {
  vendors = standInForVendors()
  await env.DB.batch(TABLES.map((table) => env.DB.prepare(`DELETE FROM ${table}`)))
})
afterEach(() => vi.restoreAllMocks())

const countRows = async () => {
  const counts = await Promise.all(TABLES.map((table) => env.DB.prepare(`SELECT count(*) AS n FROM ${table}`).first<number>('n')))
  return Object.fromEntries(TABLES.map((table, nth) => [table, counts[nth]]))
}
const NOTHING = Object.fromEntries(TABLES.map((table) => [table, 0]))

/** Has the person erased while Gupshup has the message, before it answers. */
function erasedMeanwhile(phone: string, answer: (request: Request) => Promise<Response>): { readonly erased: () => unknown } {
  let erased: unknown
  vi.spyOn(vendors.gupshup, 'handle').mockImplementationOnce(async (request) => {
    const response = await createService(SETTINGS).post('/v1/people/erase', { phone })
    erased = (await response.json<{ erased: unknown }>()).erased
    return answer(request)
  })
  return { erased: () => erased }
}

describe('a person who is erased while a message is on its way to them', () => {
  it.each<[string, (request: Request) => Promise<Response>]>([
    ['is taken', (request) => vendors.gupshup.handle(request)],
    ['is refused', async () => Response.json({ status: 'error', message: 'Invalid Destination' }, { status: 400 })],
    ['is refused for now', async () => new Response('{}', { status: 503 })],
    ['is not answered', () => new Promise<never>(() => {})],
  ])('leaves nothing, though it %s: neither that of a new lead nor that of a status comes back', async (_how, answer) => {
    const phone = uniquePhone()
    const creating = erasedMeanwhile(phone, answer)
    expect((await service.post('/api_v1/lead_create', leadBody({ mobile_number: phone }))).status).toBe(200)
    expect(creating.erased()).toMatchObject({ leads: 1 })
    expect(await countRows()).toEqual(NOTHING)

    const { id } = await putLead({ personal: { phone } })
    const pushing = erasedMeanwhile(phone, answer)
    expect((await service.post(`/v1/leads/${id}/status`, { status: 'Approved' })).status).toBe(200)
    expect(pushing.erased()).toMatchObject({ leads: 1 })
    expect(await countRows()).toEqual(NOTHING)
  })

  it('takes nobody else along', async () => {
    const [phone, other] = [uniquePhone(), uniquePhone()]
    await service.post('/api_v1/lead_create', leadBody({ mobile_number: other }))
    erasedMeanwhile(phone, (request) => vendors.gupshup.handle(request))
    await service.post('/api_v1/lead_create', leadBody({ mobile_number: phone }))

    expect(await countRows()).toEqual({ lead: 1, lead_event: 1, lead_notice: 0, communication: 1, communication_log: 1 })
    const { name } = (await gateOf(other)).id
    const { results } = await env.DB.prepare('SELECT phone_hash FROM communication').all()
    expect(results).toEqual([{ phone_hash: name }])
  })
})
