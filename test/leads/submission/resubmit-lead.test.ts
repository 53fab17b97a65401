import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { allLeads, leadBody } from '../../support/leads'
import { type StandIns, createService, standInForVendors, uniquePhone } from '../../support/service'

const service = createService({ BASIC_APPLICATION_TIMEOUT_MS: '50' })
let vendors: StandIns
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  vendors = standInForVendors()
  await env.DB.prepare('DELETE FROM lead').run()
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

const methods = () => vendors.lender.requests.map(({ method }) => method)
const submit = async () => {
  const [lead] = await allLeads()
  const response = await service.request(`/v1/leads/${lead!.id}/submit`, { method: 'POST' })
  expect(response.status).toBe(200)
  return response.json<{ submission: string }>()
}

describe('a lead whose last attempt is over, though nobody knows what came of it', () => {
  it.each([
    ['0008', 'which the lender has', ['POST', 'GET']],
    ['0013', 'which the lender does not have', ['POST', 'GET', 'POST']],
  ])('(%s) %s: is tried at once by who asks for it', async (suffix, _what, asked) => {
    expect((await service.post('/api_v1/lead_create', leadBody({ mobile_number: uniquePhone(suffix) }))).status).toBe(202)
    expect(await submit()).toMatchObject({ submission: 'submitted' })
    expect(methods()).toEqual(asked)
    expect(vendors.lender.applications).toHaveLength(1)
  })

  it('is left alone from the moment that somebody tries it again', async () => {
    vendors.lender.down(true)
    const phone = uniquePhone()
    await service.post('/api_v1/lead_create', leadBody({ mobile_number: phone }))
    vendors.lender.down(false)
    const handle = vendors.lender.handle.bind(vendors.lender)
    vi.spyOn(vendors.lender, 'handle').mockImplementationOnce(async (request) => {
      expect(await submit()).toMatchObject({ submission: 'waiting' })
      return handle(request)
    })
    expect(await submit()).toMatchObject({ submission: 'submitted' })
    expect(vendors.lender.applications).toHaveLength(1)
    expect(methods()).toEqual(['POST', 'GET', 'POST'])
  })
})
