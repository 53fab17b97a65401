import { createScheduledController } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import worker from '../../../src/index'
import { PROVIDER_FAILURES_BEFORE_PAUSE, SUBMISSIONS_AT_A_TIME } from '../../../src/config/limits'
import { allLeads, leadBody, leadRow, putLeads } from '../../support/leads'
import {
  NOTICE_SETTINGS,
  type StandIns,
  WHATSAPP_CLOUD_SETTINGS,
  createService,
  standInForVendors,
  uniquePhone,
} from '../../support/service'

let vendors: StandIns
beforeEach(async () => {
  vendors = standInForVendors()
  await env.DB.batch(['lead', 'lead_notice'].map((table) => env.DB.prepare(`DELETE FROM ${table}`)))
})
afterEach(() => vi.restoreAllMocks())

describe('Gupshup, which fails with what customers are told of leads,', () => {
  it('is not left out for codes: it is their templates that it refuses', async () => {
    const service = createService({
      ...NOTICE_SETTINGS,
      ...WHATSAPP_CLOUD_SETTINGS,
      V1_WHATSAPP_PROVIDERS: 'gupshup,whatsapp_cloud',
    })
    const handle = vendors.gupshup.handle.bind(vendors.gupshup)
    const asked = vi
      .spyOn(vendors.gupshup, 'handle')
      .mockImplementation(async (request) =>
        (await request.clone().text()).includes(NOTICE_SETTINGS.GUPSHUP_LEAD_CREATION_SRC_NAME)
          ? Response.json({ status: 'error', message: 'Not allowed for this app', code: 4004 }, { status: 400 })
          : handle(request),
      )
    for (let nth = 1; nth <= PROVIDER_FAILURES_BEFORE_PAUSE; nth++) await service.post('/api_v1/lead_create', leadBody())
    expect(asked).toHaveBeenCalledTimes(PROVIDER_FAILURES_BEFORE_PAUSE)

    const to = uniquePhone()
    expect((await service.post('/v1/verifications', { to, channel: 'whatsapp', purpose: 'login' })).status).toBe(201)

    expect(vendors.gupshup.messages.map(({ destination }) => destination)).toEqual([to.slice(1)])
    expect(vendors.whatsappCloud.requests).toEqual([])
  })

  it('keeps no connections from the lender: the job has calls for so many leads open, and no more', async () => {
    const waiting = { submission: 'waiting', applicationId: null, status: null, statusAt: null, nextAttemptAt: Date.now() - 1 }
    await putLeads(await Promise.all(Array.from({ length: 5 * SUBMISSIONS_AT_A_TIME }, () => leadRow(waiting))))
    const fetchAnswer = vi.mocked(globalThis.fetch).getMockImplementation()!
    const [isOpen, most] = [new Set<symbol>(), { calls: 0 }]
    vi.mocked(globalThis.fetch).mockImplementation(async (input, init) => {
      const call = Symbol()
      isOpen.add(call)
      most.calls = Math.max(most.calls, isOpen.size)
      // The vendor takes its time.
      if (new Request(input, init).url.startsWith(env.GUPSHUP_API_URL)) await scheduler.wait(30)
      return fetchAnswer(input, init).finally(() => isOpen.delete(call))
    })
    const controller = createScheduledController({ scheduledTime: new Date(), cron: '* * * * *' })
    await worker.scheduled(controller, { ...env, ...NOTICE_SETTINGS })

    expect(most.calls).toBeLessThanOrEqual(SUBMISSIONS_AT_A_TIME)
    expect((await allLeads()).filter(({ submission }) => submission === 'submitted')).toHaveLength(5 * SUBMISSIONS_AT_A_TIME)
    expect(vendors.gupshup.messages).toHaveLength(5 * SUBMISSIONS_AT_A_TIME)
  })
})
