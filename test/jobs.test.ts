import { createScheduledController } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, describe, expect, it, vi } from 'vitest'
import config from '../wrangler.toml?raw'
import worker from '../src/index'
import { allLeads, allNotices, putLead } from './support/leads'
import { NOTICE_SETTINGS, standInForVendors } from './support/service'

const DAY_MS = 24 * 60 * 60 * 1000

const serviceEnv = { ...env, ...NOTICE_SETTINGS } as Env
const runLine = (cron: string, changes: object = {}) =>
  worker.scheduled(createScheduledController({ scheduledTime: new Date(), cron }), { ...serviceEnv, ...changes })

afterEach(() => vi.restoreAllMocks())

describe('the schedule', () => {
  it('has the lines that the jobs are written for', () => {
    expect(/^crons = (.*)$/m.exec(config)?.[1]).toBe('["* * * * *", "7 * * * *"]')
  })

  it.each(['* * * * *', '*/5 * * * *'])('submits what waits, and tells the customer, at %s', async (cron) => {
    const { lender, gupshup } = standInForVendors()
    const { id } = await putLead({ submission: 'waiting', applicationId: null, status: null, nextAttemptAt: Date.now() })
    await runLine(cron)

    expect((await allLeads()).find((lead) => lead.id === id)).toMatchObject({ submission: 'submitted' })
    expect(lender.applications).toHaveLength(1)
    expect(gupshup.messages).toHaveLength(1)
    expect(await allNotices()).toEqual([])
  })

  it('erases each hour what was kept for long enough, and submits nothing', async () => {
    standInForVendors()
    const old = await putLead({ createdAt: Date.now() - 400 * DAY_MS })
    const waiting = await putLead({ submission: 'waiting', nextAttemptAt: Date.now() })
    await runLine('7 * * * *')

    const left = (await allLeads()).map(({ id }) => id)
    expect(left).not.toContain(old.id)
    expect(left).toContain(waiting.id)
    expect((await allLeads()).find(({ id }) => id === waiting.id)).toEqual(waiting)
  })

  it('goes on with the others where one fails', async () => {
    standInForVendors()
    const { id } = await putLead({ submission: 'waiting', applicationId: null, nextAttemptAt: Date.now() })
    const DB = new Proxy(env.DB, {
      get(target, name) {
        if (name === 'prepare') {
          return (sql: string) => {
            if (/update "verifications"/i.test(sql)) throw new Error('broken')
            return target.prepare(sql)
          }
        }
        const value: unknown = Reflect.get(target, name)
        return typeof value === 'function' ? (value.bind(target) as unknown) : value
      },
    })
    await runLine('* * * * *', { DB })

    expect((await allLeads()).find((lead) => lead.id === id)).toMatchObject({ submission: 'submitted' })
  })
})
