import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { allLeads, eventsOf, leadBody } from '../support/leads'
import { type StandIns, createService, standInForVendors, uniquePhone } from '../support/service'

const PATH = '/api_v1/lead_create'
const service = createService()

let vendors: StandIns
beforeEach(async () => {
  vendors = standInForVendors()
  await env.DB.batch(['lead', 'lead_event'].map((table) => env.DB.prepare(`DELETE FROM ${table}`)))
})
afterEach(() => vi.restoreAllMocks())

describe('the same request', () => {
  it('of a lead that was refused and is taken by now, 20 times at once: one application, and nobody gets the old answer', async () => {
    const body = leadBody({ mobile_number: uniquePhone('0001') })
    expect((await service.post(PATH, body)).status).toBe(422)
    const handle = vi.spyOn(vendors.lender, 'handle').mockImplementation(async () => {
      await scheduler.wait(20)
      return Response.json({ message: 'ok', isError: false, result: { basicAppId: 'B002BJF' } })
    })

    const responses = await Promise.all(Array.from({ length: 20 }, () => service.post(PATH, body)))

    const [lead, ...others] = await allLeads()
    expect(others).toEqual([])
    expect(handle).toHaveBeenCalledOnce()
    const right = [
      { status: 200, body: { basic_application_id: 'B002BJF', message: 'Lead Created Successfully.' } },
      // While it is on its way.
      { status: 202, body: { basic_application_id: null, lead_id: lead!.id, message: expect.stringContaining('Lead saved.') } },
    ]
    for (const response of responses) {
      expect(right).toContainEqual({ status: response.status, body: await response.json() })
    }
    expect(responses.map(({ status }) => status)).toContain(200)
    expect(lead).toMatchObject({ submission: 'submitted', applicationId: 'B002BJF', inDoubt: false })
    const kinds = (await eventsOf(lead!.id)).map(({ kind }) => kind)
    expect(kinds).toEqual(['submission.refused', 'submission.resumed', 'submission.accepted'])
  })

  it.each([
    ['first_name', 'Zo\u00eb', 'Zoe\u0308'],
    ['last_name', 'Pe\u00f1a', 'Pen\u0303a'],
    ['last_name', '\u095b\u095e\u0930', '\u091c\u093c\u092b\u093c\u0930'],
  ])('with a %s of composed or of decomposed characters, as devices differ: is one lead', async (field, composed, decomposed) => {
    const phone = uniquePhone()
    const answers = []
    for (const name of [composed, decomposed, composed]) {
      const response = await service.post(PATH, leadBody({ mobile_number: phone, [field]: name }))
      answers.push([response.status, await response.json()])
    }

    expect(answers.map(([status]) => status)).toEqual([200, 200, 200])
    expect(answers).toEqual(Array(3).fill(answers[0]))
    expect(await allLeads()).toHaveLength(1)
    expect(vendors.lender.applications).toHaveLength(1)
  })
})
