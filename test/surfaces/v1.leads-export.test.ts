import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { LEADS_PER_READ } from '../../src/leads/reading/export-leads'
import type { LeadRow } from '../../src/leads/lead'
import { uuidv7 } from '../../src/core/ids'
import { brokenDatabase, databaseThat, failing } from '../support/broken'
import { PERSONAL, leadRow, putLead, putLeads } from '../support/leads'
import { T0 } from '../support/pure-gate'
import { createService } from '../support/service'

const TITLES =
  'id,created_at,surface,submission,application_id,status,status_at,loan_type,loan_amount,loan_tenure_years,first_name,last_name,gender,phone,email,pan,date_of_birth,pin_code,failure'
const PERIOD = 'created_after=2026-11-01T00:00:00Z&created_before=2026-12-01T00:00:00Z'

const logged: string[] = []
beforeEach(async () => {
  logged.length = 0
  for (const level of ['info', 'warn', 'error'] as const) {
    vi.spyOn(console, level).mockImplementation((line: string) => void logged.push(line))
  }
  await env.DB.prepare('DELETE FROM lead').run()
})
afterEach(() => vi.restoreAllMocks())

const exportOf = (query = PERIOD, settings: Record<string, unknown> = {}) =>
  createService(settings).request(`/v1/leads/export?${query}`, { headers: { 'x-request-id': 'req-export' } })
const logOf = () =>
  logged.map((line) => JSON.parse(line) as Record<string, unknown>).filter(({ event }) => event === 'leads.exported')

/** So many leads, a second apart. */
async function putMany(count: number): Promise<LeadRow[]> {
  const one = await leadRow()
  const rows = Array.from({ length: count }, (_, nth) => {
    const createdAt = T0 + nth * 1_000
    return { ...one, id: uuidv7(createdAt), createdAt }
  })
  await putLeads(rows)
  return rows
}

/** The real one, until it has read leads that often. */
function databaseThatFailsAfter(reads: number) {
  let done = 0
  return new Proxy(env.DB, {
    get(target, name) {
      if (name !== 'prepare') return (Reflect.get(target, name) as () => unknown).bind(target)
      return (sql: string) => (sql.includes('from "lead"') && ++done > reads ? brokenDatabase.prepare() : target.prepare(sql))
    },
  })
}

describe('GET /v1/leads/export', () => {
  it('is a file of CSV with every lead of the period, oldest first', async () => {
    const newer = await putLead({
      createdAt: T0,
      submission: 'refused',
      failure: 'validation_failed',
      applicationId: null,
      status: null,
      statusAt: null,
      surface: 'v1',
      loanType: 'PL',
      personal: { gender: null, phone: '+919876543210' },
    })
    const older = await putLead({ createdAt: T0 - 1_000, personal: { phone: '+919876543211' } })
    await putLead({ createdAt: Date.UTC(2026, 9, 31, 23, 59, 59, 999) })
    await putLead({ createdAt: Date.UTC(2026, 11, 1) })

    const response = await exportOf()

    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('text/csv; charset=utf-8')
    expect(response.headers.get('content-disposition')).toBe('attachment; filename="leads-2026-11-01-2026-12-01.csv"')
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(await response.text()).toBe(
      [
        TITLES,
        `${older.id},2026-11-21T06:29:59Z,homi,submitted,${older.applicationId},Under Review,2026-11-21T06:29:59Z,HL,5000000,20,Zebulon,Quackenbush,Other,919876543211,zebulon.q@example.com,******876K,1987-11-23,560071,`,
        `${newer.id},2026-11-21T06:30:00Z,v1,refused,,,,PL,5000000,20,Zebulon,Quackenbush,,919876543210,zebulon.q@example.com,******876K,1987-11-23,560071,validation_failed`,
        '',
      ].join('\r\n'),
    )
    expect(logOf()).toEqual([{ level: 'info', event: 'leads.exported', request_id: 'req-export', count: 2, outcome: 'complete' }])
  })

  it('is a line of titles where there is nothing', async () => {
    expect(await (await exportOf()).text()).toBe(`${TITLES}\r\n`)
    expect(logOf()).toMatchObject([{ count: 0, outcome: 'complete' }])
  })

  it('lets no spreadsheet work out what a customer or the lender wrote', async () => {
    await putLead({
      createdAt: T0,
      status: '=1+1',
      personal: { firstName: '@Ada', lastName: 'O"Neil, Jr', email: '+a@example.com' },
    })
    const [, line] = (await (await exportOf()).text()).split('\r\n')
    expect(line).toContain(`,'=1+1,`)
    expect(line).toContain(`,'@Ada,"O""Neil, Jr",`)
    expect(line).toContain(`,'+a@example.com,`)
  })

  it('leaves empty who a lead is of that cannot be read any more', async () => {
    const { id } = await putLead({ createdAt: T0, status: null, statusAt: null, applicationId: null })
    const text = await (await exportOf(PERIOD, { PII_ENCRYPTION_KEY: 'another key of personal data, 32 and more' })).text()
    expect(text.split('\r\n')[1]).toBe(`${id},2026-11-21T06:30:00Z,homi,submitted,,,,HL,5000000,20,,,,,,,,,`)
  })

  it('has only what is asked for', async () => {
    const [refused, personal, both] = [
      await putLead({ createdAt: T0, submission: 'refused' }),
      await putLead({ createdAt: T0 + 1_000, loanType: 'PL' }),
      await putLead({ createdAt: T0 + 2_000, loanType: 'PL', submission: 'refused' }),
    ]
    const idsOf = async (query: string) =>
      (await (await exportOf(`${PERIOD}&${query}`)).text())
        .split('\r\n')
        .slice(1, -1)
        .map((line) => line.slice(0, 36))
    expect(await idsOf('submission=refused')).toEqual([refused.id, both.id])
    expect(await idsOf('submission=submitted')).toEqual([personal.id])
    expect(await idsOf('loan_type=personal_loan')).toEqual([personal.id, both.id])
    expect(await idsOf('loan_type=PL&submission=refused')).toEqual([both.id])
    expect(await idsOf('submission=waiting')).toEqual([])
  })

  it('has all of many, each once', async () => {
    const rows = await putMany(2 * LEADS_PER_READ + 1)
    const lines = (await (await exportOf()).text()).split('\r\n')
    expect(lines.slice(1, -1).map((line) => line.slice(0, 36))).toEqual(rows.map(({ id }) => id))
    expect(logOf()).toMatchObject([{ count: rows.length, outcome: 'complete' }])
  })

  it('is whole where the last read was full', async () => {
    await putMany(LEADS_PER_READ)
    expect((await (await exportOf()).text()).split('\r\n')).toHaveLength(1 + LEADS_PER_READ + 1)
  })

  it('says that D1 is down before anything is sent', async () => {
    const response = await exportOf(PERIOD, { DB: databaseThat(failing) })
    expect(response.status).toBe(503)
    expect(response.headers.get('content-type')).toBe('application/problem+json')
    expect(await response.json()).toMatchObject({ code: 'dependency_unavailable' })
    expect(logOf()).toEqual([])
  })

  it('breaks off where D1 fails later', async () => {
    await putMany(LEADS_PER_READ + 1)
    const response = await exportOf(PERIOD, { DB: databaseThatFailsAfter(1) })
    expect(response.status).toBe(200)
    await expect(response.text()).rejects.toThrow()
    expect(logOf()).toMatchObject([{ level: 'error', count: LEADS_PER_READ, outcome: 'failed', request_id: 'req-export' }])
  })

  it('tells of one that was not taken to its end', async () => {
    await putMany(LEADS_PER_READ + 1)
    const reader = (await exportOf()).body!.getReader()
    await reader.read()
    await reader.cancel()
    expect(logOf()).toMatchObject([{ count: LEADS_PER_READ, outcome: 'canceled' }])
  })

  it.each([
    ['', 'created_after'],
    ['created_before=2026-12-01T00:00:00Z', 'created_after'],
    ['created_after=2026-11-01T00:00:00Z', 'created_before'],
    ['created_after=2026-11-01&created_before=2026-12-01', 'created_after'],
    ['created_after=2026-12-01T00:00:00Z&created_before=2026-12-01T00:00:00Z', 'created_before'],
    ['created_after=2026-12-01T00:00:00Z&created_before=2026-11-01T00:00:00Z', 'created_before'],
    [`${PERIOD}&submission=lost`, 'submission'],
    [`${PERIOD}&loan_type=boat`, 'loan_type'],
  ])('refuses ?%s', async (query, path) => {
    const response = await exportOf(query)
    expect({ status: response.status, body: await response.json() }).toMatchObject({
      status: 400,
      body: { code: 'invalid_request', errors: expect.arrayContaining([expect.objectContaining({ path })]) },
    })
  })

  it('is no lead of that name, and takes nothing else but GET', async () => {
    expect((await exportOf('')).status).toBe(400)
    const response = await createService().post(`/v1/leads/export?${PERIOD}`, {})
    expect(response.status).toBe(405)
    expect(response.headers.get('allow')).toContain('GET')
  })

  it('names no personal data in the log', async () => {
    await putLead({ createdAt: T0 })
    await (await exportOf()).text()
    for (const secret of [PERSONAL.lastName, PERSONAL.email, PERSONAL.pan]) expect(logged.join('\n')).not.toContain(secret)
  })
})
