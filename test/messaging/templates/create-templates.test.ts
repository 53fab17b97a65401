import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Log } from '../../../src/core/log'
import { createDatabase } from '../../../src/db/client'
import { createTemplates } from '../../../src/messaging/templates/create-templates'
import { renderTemplate } from '../../../src/messaging/templates/render-template'
import { createTemplateStore } from '../../../src/messaging/templates/template-store'
import type { WantedTemplate } from '../../../src/messaging/templates/template'
import { brokenDatabase } from '../../support/broken'
import { T0 } from '../../support/pure-gate'
import { BRIEF_INSERT, aDraft } from './drafts'

const BUILT_IN = 'built in {{otp_code}}'
const wanted = (changes: Partial<WantedTemplate> = {}): WantedTemplate => ({
  channel: 'sms',
  purpose: 'login',
  locale: 'en',
  builtIn: BUILT_IN,
  ...changes,
})

const insert = (columns: Record<string, string | number | null>) => {
  const row = { template_name: 'By SQL', channel_type: 1, ...columns }
  const places = Object.keys(row)
    .map(() => '?')
    .join(', ')
  return env.DB.prepare(`INSERT INTO communication_template (${Object.keys(row).join(', ')}) VALUES (${places})`)
    .bind(...Object.values(row))
    .run()
}

/** Templates over a database that can be put out of order, with all that they defer. */
function setUp() {
  let now = T0
  let mode: 'works' | 'fails' | 'hangs' = 'works'
  const reads: string[] = []
  const deferred: Promise<unknown>[] = []
  const releases: (() => void)[] = []
  const log = vi.fn<Log>()
  const binding = {
    prepare(sql: string) {
      reads.push(mode)
      if (mode === 'fails') return brokenDatabase.prepare()
      const statement = env.DB.prepare(sql)
      if (mode === 'works') return statement
      const gate = new Promise<void>((resolve) => releases.push(resolve))
      return { bind: (...values: unknown[]) => ({ raw: () => gate.then(() => statement.bind(...values).raw()) }) }
    },
  }
  const templates = createTemplates({ db: createDatabase(binding as unknown as D1Database), clock: () => now, log })
  const choose = (changes?: Partial<WantedTemplate>) => templates.choose(wanted(changes), (work) => void deferred.push(work))
  return {
    templates,
    log,
    reads,
    deferred,
    choose,
    text: async (changes?: Partial<WantedTemplate>) => (await choose(changes))?.content,
    become: (next: typeof mode) => void (mode = next),
    pass: (ms: number) => void (now += ms),
    release: () => releases.splice(0).forEach((resolve) => resolve()),
    settle: () => Promise.all(deferred.splice(0)),
  }
}

const store = createTemplateStore({ db: createDatabase(env.DB), clock: () => T0, log: () => {} })

beforeEach(async () => {
  await env.DB.exec('DELETE FROM communication_template')
})
afterEach(() => {
  vi.useRealTimers()
})

describe('the templates in force', () => {
  it('are read once, by the first message, and are in memory from then on', async () => {
    await store.create('login', aDraft({ content: 'stored {{otp_code}}' }))
    const { text, reads, pass } = setUp()

    expect(await Promise.all([text(), text(), text({ purpose: 'payment' })])).toStrictEqual([
      'stored {{otp_code}}',
      'stored {{otp_code}}',
      BUILT_IN,
    ])
    pass(59_999)
    expect(await text()).toBe('stored {{otp_code}}')
    expect(reads).toHaveLength(1)
  })

  it('have everything that a message needs', async () => {
    const draft = aDraft({ locale: 'en-IN', webotpDomain: 'example.com', dltId: '1107', vendorTemplates: { msg91: 'flow' } })
    await store.create('login', draft)
    expect(await setUp().choose({ locale: 'en-IN' })).toStrictEqual({
      templateId: 'login',
      version: 1,
      channel: 'sms',
      purpose: 'login',
      locale: 'en-IN',
      content: draft.content,
      lastLine: { kind: 'webotp', domain: 'example.com' },
      dltTemplateId: '1107',
      vendorTemplates: { msg91: 'flow' },
    })
  })

  it("take brief 000's INSERT as it is printed", async () => {
    await env.DB.prepare(BRIEF_INSERT).run()
    const { choose, log } = setUp()

    const template = await choose({ templateId: 'OTP_SEND' })

    expect(template).toMatchObject({ templateId: 'OTP_SEND', version: 1, dltTemplateId: 'your_dlt_id', purpose: null })
    expect(renderTemplate(template!, { otp_code: '0042' })).toBe(
      'Your OTP for payment verification is 0042. Valid for 5 minutes. - Prosparity',
    )
    expect((await choose({ purpose: 'OTP_SEND' }))?.templateId).toBeNull()
    expect(log).not.toHaveBeenCalled()
  })

  it('are neither retired nor replaced', async () => {
    await store.create('login', aDraft({ content: 'first {{otp_code}}' }))
    await store.replace('login', aDraft({ content: 'second {{otp_code}}' }))
    await store.create('old', aDraft({ purpose: 'payment' }))
    await store.retire('old')
    const { text, choose } = setUp()

    expect(await choose()).toMatchObject({ version: 2, content: 'second {{otp_code}}' })
    expect(await text({ purpose: 'payment' })).toBe(BUILT_IN)
    expect(await choose({ templateId: 'old' })).toBeUndefined()
  })

  it('are the newest where several fit', async () => {
    await store.create('one', aDraft({ content: '1 {{otp_code}}' }))
    await store.create('two', aDraft({ content: '2 {{otp_code}}' }))
    expect(await setUp().text()).toBe('2 {{otp_code}}')
    await store.replace('one', aDraft({ content: '3 {{otp_code}}' }))
    expect(await setUp().text()).toBe('3 {{otp_code}}')
  })

  it.each<[string, Record<string, string | number>]>([
    ['no code', { content: 'Hello' }],
    ['an unknown variable', { content: '{{name}} {{otp_code}}' }],
    ['a line of WebOTP', { content: '{{otp_code}}\n@x.com #1' }],
    ['a last line that is none', { content: '{{otp_code}}', webotp_domain: 'a b' }],
    ['both last lines', { content: '{{otp_code}}', webotp_domain: 'x.com', android_app_hash: 'FA+9qCX9VS/' }],
    ['a channel that is not ours', { content: '{{otp_code}}', channel_type: 3 }],
    ['vendor templates that are no JSON', { content: '{{otp_code}}', vendor_templates: 'x' }],
    ['templates of an unknown vendor', { content: '{{otp_code}}', vendor_templates: '{"constructor":"x"}' }],
    ['templates that are no text', { content: '{{otp_code}}', vendor_templates: '{"msg91":1}' }],
  ])('leave out what plain SQL put in with %s, and tell it once', async (_title, columns) => {
    await store.create('good', aDraft({ content: 'good {{otp_code}}' }))
    await insert({ template_id: 'bad', purpose: 'login', ...columns })
    const { text, log, templates } = setUp()

    expect(await text()).toBe('good {{otp_code}}')
    templates.forget()
    expect(await text()).toBe('good {{otp_code}}')
    expect(log.mock.calls).toStrictEqual([['error', 'templates.broken', { names: ['bad'], count: 1 }]])
  })

  it('take the greatest active version that is whole', async () => {
    await insert({ template_id: 't', version: 3, content: 'broken', purpose: 'login' })
    await insert({ template_id: 't', version: 2, content: 'v2 {{code}}', purpose: 'login' })
    await insert({ template_id: 't', version: 1, content: 'v1 {{code}}', purpose: 'login' })
    const { choose } = setUp()
    expect(await choose()).toMatchObject({ version: 2, content: 'v2 {{code}}' })
    expect(await choose({ templateId: 't' })).toMatchObject({ version: 2 })
  })

  it('do not mind what plain SQL declares', async () => {
    await insert({ template_id: 't', content: '{{code}}', purpose: 'login', variables: '{"x": 1' })
    expect(await setUp().text()).toBe('{{code}}')
  })
})

describe('stale templates', () => {
  it('are used once more, and read again behind the message, once', async () => {
    await store.create('login', aDraft({ content: 'old {{otp_code}}' }))
    const { text, pass, settle, reads, become, release } = setUp()
    await text()
    await settle()
    await store.replace('login', aDraft({ content: 'new {{otp_code}}' }))

    become('hangs')
    pass(60_000)
    expect(await Promise.all([text(), text()])).toStrictEqual(['old {{otp_code}}', 'old {{otp_code}}'])
    pass(4_999)
    expect(await text()).toBe('old {{otp_code}}')
    expect(reads).toHaveLength(2)

    release()
    await settle()
    expect(await text()).toBe('new {{otp_code}}')
    pass(59_999)
    expect(await text()).toBe('new {{otp_code}}')
    expect(reads).toHaveLength(2)
  })

  it('go on while D1 is down, which is asked again after five seconds, and not before', async () => {
    await store.create('login', aDraft({ content: 'old {{otp_code}}' }))
    const { text, pass, settle, reads, become, log } = setUp()
    await text()
    become('fails')
    pass(60_000)
    expect(await text()).toBe('old {{otp_code}}')
    await settle()
    pass(4_999)
    expect(await text()).toBe('old {{otp_code}}')
    expect(reads).toHaveLength(2)
    expect(log.mock.calls).toStrictEqual([
      ['warn', 'templates.read_failed', { dependency: 'd1', error_name: expect.any(String) }],
    ])

    pass(1)
    expect(await text()).toBe('old {{otp_code}}')
    await settle()
    expect(reads).toHaveLength(3)

    become('works')
    await store.replace('login', aDraft({ content: 'new {{otp_code}}' }))
    pass(5_000)
    expect(await text()).toBe('old {{otp_code}}')
    await settle()
    expect(await text()).toBe('new {{otp_code}}')
    expect(reads).toHaveLength(4)
  })

  it('are read again past a reading that never ends, whose late answer is dropped', async () => {
    await store.create('login', aDraft({ content: 'old {{otp_code}}' }))
    const { text, pass, settle, become, release, reads, deferred } = setUp()
    await text()
    await settle()
    become('hangs')
    pass(60_000)
    await text()
    const late = deferred.splice(0)
    pass(5_000)
    become('works')
    await store.replace('login', aDraft({ content: 'new {{otp_code}}' }))
    await text()
    await settle()
    expect(await text()).toBe('new {{otp_code}}')

    await store.replace('login', aDraft({ content: 'newest {{otp_code}}' }))
    release()
    await Promise.all(late)
    expect(await text()).toBe('new {{otp_code}}')
    expect(reads).toHaveLength(3)
  })
})

describe('a template that is asked for by its id', () => {
  it('is found although another isolate made it just now, and D1 is asked about one that is not there once a second', async () => {
    const { choose, text, pass, reads } = setUp()
    await text()
    await store.create('made-elsewhere', aDraft({ content: 'elsewhere {{otp_code}}' }))

    expect(await choose({ templateId: 'made-elsewhere' })).toBeUndefined()
    pass(1_000)
    expect(await choose({ templateId: 'made-elsewhere' })).toMatchObject({ templateId: 'made-elsewhere' })
    expect(reads).toHaveLength(2)
    for (let n = 0; n < 10; n++) expect(await choose({ templateId: 'nowhere' })).toBeUndefined()
    expect(reads).toHaveLength(2)
  })
})

describe('without D1', () => {
  it('the first messages get the built-in text, and only one in five seconds asks', async () => {
    await store.create('login', aDraft({ content: 'stored {{otp_code}}' }))
    const { text, choose, pass, become, reads, log } = setUp()
    become('fails')
    expect(await Promise.all([text(), text()])).toStrictEqual([BUILT_IN, BUILT_IN])
    // The built-in text is not the one that was asked for.
    await expect(choose({ templateId: 'login' })).rejects.toMatchObject({ refusal: { code: 'dependency_unavailable' } })
    pass(4_999)
    expect(await text()).toBe(BUILT_IN)
    expect(reads).toHaveLength(1)
    expect(log).toHaveBeenCalledTimes(1)

    become('works')
    pass(1)
    expect(await text()).toBe('stored {{otp_code}}')
  })

  it('the first message waits a second, the next ones not at all, and what comes late is used', async () => {
    await store.create('login', aDraft({ content: 'stored {{otp_code}}' }))
    const { text, become, release, settle, log, reads } = setUp()
    become('hangs')
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const answers: unknown[] = []
    const first = text().then((answer) => answers.push(answer))
    const second = text().then((answer) => answers.push(answer))
    await vi.advanceTimersByTimeAsync(999)
    expect(answers).toStrictEqual([])
    await vi.advanceTimersByTimeAsync(1)
    await Promise.all([first, second])
    expect(answers).toStrictEqual([BUILT_IN, BUILT_IN])

    expect(await text()).toBe(BUILT_IN)
    expect(log.mock.calls).toStrictEqual([['warn', 'templates.read_failed', { dependency: 'd1', error_name: 'TimeoutError' }]])
    vi.useRealTimers()
    release()
    await settle()
    expect(await text()).toBe('stored {{otp_code}}')
    expect(reads).toHaveLength(1)
  })
})

describe('forgetting', () => {
  it('makes the next message read first', async () => {
    await store.create('login', aDraft({ content: 'old {{otp_code}}' }))
    const { text, templates, reads } = setUp()
    await text()
    await store.replace('login', aDraft({ content: 'new {{otp_code}}' }))
    expect(await text()).toBe('old {{otp_code}}')
    templates.forget()
    expect(await text()).toBe('new {{otp_code}}')
    expect(reads).toHaveLength(2)
  })

  it('drops what a reading from before it brings', async () => {
    await store.create('login', aDraft({ content: 'old {{otp_code}}' }))
    const { text, templates, become, release, pass, settle } = setUp()
    await text()
    await settle()
    become('hangs')
    pass(60_000)
    await text()
    become('works')
    await store.replace('login', aDraft({ content: 'new {{otp_code}}' }))
    templates.forget()
    expect(await text()).toBe('new {{otp_code}}')
    await store.replace('login', aDraft({ content: 'newest {{otp_code}}' }))
    release()
    await settle()
    expect(await text()).toBe('new {{otp_code}}')
  })

  it('keeps the last ones for as long as D1 is down', async () => {
    await store.create('login', aDraft({ content: 'old {{otp_code}}' }))
    const { text, templates, become, reads } = setUp()
    await text()
    become('fails')
    templates.forget()
    expect(await text()).toBe('old {{otp_code}}')
    expect(await text()).toBe('old {{otp_code}}')
    expect(reads).toHaveLength(2)
  })
})
