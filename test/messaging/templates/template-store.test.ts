import { env } from 'cloudflare:workers'
import { describe, expect, it, vi } from 'vitest'
import { AppError } from '../../../src/core/app-error'
import { createDatabase } from '../../../src/db/client'
import { createTemplateStore } from '../../../src/messaging/templates/template-store'
import { brokenDatabase, databaseThat, hanging } from '../../support/broken'
import { T0 } from '../../support/pure-gate'
import { BRIEF_INSERT, aDraft, uniqueTemplateId } from './drafts'

const silent = () => {}
const store = createTemplateStore({ db: createDatabase(env.DB), clock: () => T0, log: silent })

const rowsOf = async (templateId: string) => {
  const query = env.DB.prepare('SELECT * FROM communication_template WHERE template_id = ? ORDER BY version').bind(templateId)
  return (await query.all()).results
}

const refused = (work: Promise<unknown>) =>
  work.then(
    () => 'nothing',
    (error: unknown) => (error instanceof AppError ? error.refusal.code : error),
  )

describe('a new template', () => {
  it('is a row with every field, in force', async () => {
    const id = uniqueTemplateId()
    const draft = aDraft({
      variables: { otp: 'number', app_name: 'string' },
      dltId: '1107161234567890123',
      vendorTemplates: { msg91: '65f0' },
      locale: 'en-IN',
      webotpDomain: 'example.com',
    })

    const created = await store.create(id, draft)

    expect(created).toStrictEqual({ id: created.id, templateId: id, ...draft, version: 1, status: 'active', createdAt: T0 })
    expect(await rowsOf(id)).toStrictEqual([
      {
        id: created.id,
        template_id: id,
        template_name: 'Login',
        channel_type: 1,
        content: '{{otp_code}} is your {{app_name}} code.',
        dlt_id: '1107161234567890123',
        status: 'ACTIVE',
        variables: '{"otp":"number","app_name":"string"}',
        version: 1,
        purpose: 'login',
        locale: 'en-IN',
        vendor_templates: '{"msg91":"65f0"}',
        webotp_domain: 'example.com',
        android_app_hash: null,
        created_at: T0,
      },
    ])
  })

  it('on WhatsApp has the channel type 2, and declares the names in its text', async () => {
    const id = uniqueTemplateId()
    await store.create(id, aDraft({ channel: 'whatsapp', content: '{code} {{purpose}} {{ purpose }}' }))
    expect(await rowsOf(id)).toMatchObject([{ channel_type: 2, variables: '{"otp_code":"string","purpose":"string"}' }])
  })

  it('is refused where there is one of its name, retired or not', async () => {
    const id = uniqueTemplateId()
    await store.create(id, aDraft())
    expect(await refused(store.create(id, aDraft()))).toBe('template_exists')
    await store.retire(id)
    expect(await refused(store.create(id, aDraft()))).toBe('template_exists')
    expect(await rowsOf(id)).toHaveLength(1)
  })

  it('is refused where plain SQL began with another version', async () => {
    const id = uniqueTemplateId()
    await insertBySql(id, { version: 7 })
    expect(await refused(store.create(id, aDraft()))).toBe('template_exists')
  })

  it('is made once by many at the same time', async () => {
    const id = uniqueTemplateId()
    const results = await Promise.all(Array.from({ length: 8 }, () => refused(store.create(id, aDraft()))))
    expect(results.filter((result) => result === 'nothing')).toHaveLength(1)
    expect(results.filter((result) => result === 'template_exists')).toHaveLength(7)
    expect(await rowsOf(id)).toHaveLength(1)
  })

  it('takes text that looks like SQL as text', async () => {
    const id = uniqueTemplateId()
    const content = `{{otp_code}} '); DROP TABLE communication_template; --`
    await store.create(id, aDraft({ content }))
    expect((await store.versions(id))[0]).toMatchObject({ content })
  })
})

describe('a change', () => {
  it('is a new version, and leaves the others as they were but for their status', async () => {
    const id = uniqueTemplateId()
    await store.create(id, aDraft())
    const [first] = await rowsOf(id)
    const second = await store.replace(id, aDraft({ content: 'second {{otp_code}}', channel: 'whatsapp' }))
    const third = await store.replace(id, aDraft({ content: 'third {{otp_code}}' }))

    expect([second, third]).toMatchObject([
      { version: 2, channel: 'whatsapp', status: 'active', content: 'second {{otp_code}}' },
      { version: 3, channel: 'sms', status: 'active', createdAt: T0 },
    ])
    expect(await rowsOf(id)).toMatchObject([{ ...first, status: 'REPLACED' }, { status: 'REPLACED' }, { status: 'ACTIVE' }])
    expect((await store.versions(id)).map(({ version, status }) => [version, status])).toStrictEqual([
      [3, 'active'],
      [2, 'replaced'],
      [1, 'replaced'],
    ])
  })

  it('of a template that is not there is refused', async () => {
    const id = uniqueTemplateId()
    expect(await refused(store.replace(id, aDraft()))).toBe('template_not_found')
    expect(await rowsOf(id)).toStrictEqual([])
  })

  it('leaves other templates alone', async () => {
    const [one, other] = [uniqueTemplateId(), uniqueTemplateId()]
    await store.create(one, aDraft())
    await store.create(other, aDraft())
    await store.replace(one, aDraft())
    await store.retire(one)
    expect(await rowsOf(other)).toMatchObject([{ version: 1, status: 'ACTIVE' }])
  })

  it('by many at the same time is a version for each, without a gap, of which one is in force', async () => {
    const id = uniqueTemplateId()
    await store.create(id, aDraft())
    const contents = Array.from({ length: 10 }, (_, index) => `${index}: {{otp_code}}`)
    const changed = await Promise.all(contents.map((content) => store.replace(id, aDraft({ content }))))

    const rows = await rowsOf(id)
    expect(changed.map(({ version }) => version).toSorted((a, b) => a - b)).toStrictEqual([2, 3, 4, 5, 6, 7, 8, 9, 10, 11])
    expect(new Set(rows.slice(1).map(({ content }) => content))).toStrictEqual(new Set(contents))
    expect(rows.map(({ status }) => status)).toStrictEqual([...Array.from({ length: 10 }, () => 'REPLACED'), 'ACTIVE'])
    for (const { version, content } of changed) expect(rows[version - 1]).toMatchObject({ version, content })
  })
})

describe('a retired template', () => {
  it('is out of force, once or twice, and keeps its versions', async () => {
    const id = uniqueTemplateId()
    await store.create(id, aDraft())
    await store.replace(id, aDraft())
    await store.retire(id)
    await store.retire(id)
    expect(await rowsOf(id)).toMatchObject([{ status: 'REPLACED' }, { status: 'INACTIVE' }])
    expect((await store.versions(id))[0]).toMatchObject({ version: 2, status: 'inactive' })
  })

  it('is in force again with a new version', async () => {
    const id = uniqueTemplateId()
    await store.create(id, aDraft())
    await store.retire(id)
    await store.replace(id, aDraft())
    expect(await rowsOf(id)).toMatchObject([{ status: 'REPLACED' }, { status: 'ACTIVE', version: 2 }])
  })

  it('has to be there', async () => {
    expect(await refused(store.retire(uniqueTemplateId()))).toBe('template_not_found')
    expect(await refused(store.versions(uniqueTemplateId()))).toBe('template_not_found')
  })

  it.each(['', '\u0000', 'a\u0000b', '\uD83D', "' OR 1=1", 'x'.repeat(5000)])('may be asked for as %j', async (id) => {
    expect(await refused(store.versions(id))).toBe('template_not_found')
  })
})

describe('the list', () => {
  it('has what is in force, the newest first, in pages', async () => {
    const purpose = 'list-pages'
    const ids = Array.from({ length: 5 }, () => uniqueTemplateId())
    for (const id of ids) await store.create(id, aDraft({ purpose }))
    await store.replace(ids[1]!, aDraft({ purpose }))
    await store.retire(ids[3]!)
    const expected = [ids[1], ids[4], ids[2], ids[0]]

    for (const limit of [1, 2, 3, 4, 5]) {
      const seen: string[] = []
      let before: number | undefined
      do {
        const { templates, next } = await store.list({ purpose, before, limit })
        expect(templates.length).toBeGreaterThan(0)
        expect(templates.length).toBeLessThanOrEqual(limit)
        seen.push(...templates.map(({ templateId }) => templateId))
        before = next
      } while (before !== undefined)
      expect(seen).toStrictEqual(expected)
    }
  })

  it('is filtered by channel, purpose and locale, in any case', async () => {
    const purpose = 'list-filter'
    const [one, two, three] = [uniqueTemplateId(), uniqueTemplateId(), uniqueTemplateId()]
    await store.create(one, aDraft({ purpose }))
    await store.create(two, aDraft({ purpose, channel: 'whatsapp', locale: 'hi-IN' }))
    await store.create(three, aDraft({ purpose: null, locale: 'hi-IN' }))
    const list = async (filter: object) =>
      (await store.list({ limit: 100, ...filter })).templates.map(({ templateId }) => templateId)

    expect(await list({ purpose: 'List-Filter' })).toStrictEqual([two, one])
    expect(await list({ purpose, channel: 'sms' })).toStrictEqual([one])
    expect(await list({ purpose, locale: 'HI-in' })).toStrictEqual([two])
    expect(await list({ locale: 'hi-IN' })).toStrictEqual([three, two])
    expect(await list({ purpose: 'nobody' })).toStrictEqual([])
  })
})

describe('rows by plain SQL', () => {
  it('work as brief 000 prints its INSERT, and can be changed', async () => {
    await env.DB.prepare(BRIEF_INSERT).run()

    const [found] = await store.versions('OTP_SEND')
    expect(found).toMatchObject({
      templateId: 'OTP_SEND',
      templateName: 'OTP Send Template',
      channel: 'sms',
      content: 'Your OTP for payment verification is {{otp_code}}. Valid for 5 minutes. - Prosparity',
      dltId: 'your_dlt_id',
      status: 'active',
      variables: { otp_code: 'string' },
      version: 1,
      purpose: null,
      locale: 'en',
      vendorTemplates: {},
      webotpDomain: null,
      androidAppHash: null,
    })
    // The database's own clock, in milliseconds.
    expect(Math.abs(found.createdAt - Date.now())).toBeLessThan(60_000)
    expect(await store.replace('OTP_SEND', aDraft())).toMatchObject({ version: 2 })
  })

  it('that cannot be read whole are shown as far as they can', async () => {
    const id = uniqueTemplateId()
    await insertBySql(id, { variables: 'no JSON', vendor_templates: '["x"]', status: 'toString' })
    expect(await store.versions(id)).toMatchObject([{ variables: {}, vendorTemplates: {}, status: 'inactive' }])
  })

  it('of a channel that is not ours are not there', async () => {
    const id = uniqueTemplateId()
    await insertBySql(id, { channel_type: 3, purpose: 'mail' })
    expect(await refused(store.versions(id))).toBe('template_not_found')
    expect((await store.list({ purpose: 'mail', limit: 10 })).templates).toStrictEqual([])
  })

  it('that leave two versions active are listed as the later one', async () => {
    const id = uniqueTemplateId()
    await insertBySql(id, { version: 2, purpose: 'two-active' })
    await insertBySql(id, { version: 1, purpose: 'two-active' })
    expect((await store.list({ purpose: 'two-active', limit: 10 })).templates).toMatchObject([{ version: 2 }])
    await insertBySql(id, { version: 3, purpose: 'two-active', status: 'INACTIVE' })
    expect((await store.list({ purpose: 'two-active', limit: 10 })).templates).toMatchObject([{ version: 2 }])
    await store.replace(id, aDraft())
    expect((await rowsOf(id)).map(({ status }) => status)).toStrictEqual(['REPLACED', 'REPLACED', 'REPLACED', 'ACTIVE'])
  })
})

describe('D1 that', () => {
  const calls = (database: object) => {
    const log = vi.fn()
    const db = createDatabase(database as D1Database)
    const broken = createTemplateStore({ db, clock: () => T0, log })
    const work = [
      () => broken.versions('x'),
      () => broken.create('x', aDraft()),
      () => broken.replace('x', aDraft()),
      () => broken.retire('x'),
      () => broken.list({ limit: 1 }),
    ]
    return { log, work }
  }

  it('fails is told as a dependency that is', async () => {
    const { log, work } = calls(brokenDatabase)
    for (const one of work) expect(await refused(one())).toBe('dependency_unavailable')
    expect(log).toHaveBeenCalledTimes(work.length)
    expect(log).toHaveBeenCalledWith('error', 'templates.database_failed', { dependency: 'd1', error_name: expect.any(String) })
  })

  it('hangs is waited for no longer than two seconds', async () => {
    vi.useFakeTimers()
    try {
      const { work } = calls(databaseThat(hanging))
      const answers = Promise.all(work.map((one) => refused(one())))
      await vi.advanceTimersByTimeAsync(2_000)
      expect(new Set(await answers)).toStrictEqual(new Set(['dependency_unavailable']))
    } finally {
      vi.useRealTimers()
    }
  })
})

async function insertBySql(templateId: string, columns: Record<string, string | number>): Promise<void> {
  const row = { template_name: 'By SQL', channel_type: 1, content: 'By SQL {{otp_code}}', ...columns }
  const names = Object.keys(row).join(', ')
  const places = Object.keys(row)
    .map(() => '?')
    .join(', ')
  await env.DB.prepare(`INSERT INTO communication_template (template_id, ${names}) VALUES (?, ${places})`)
    .bind(templateId, ...Object.values(row))
    .run()
}
