import { createExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { DEFAULT_LIMITS } from '../../src/config/limits'
import { createDatabase } from '../../src/db/client'
import type { Deps } from '../../src/http/http-env'
import { createSurface } from '../../src/http/surface'
import { createTemplates } from '../../src/messaging/templates/create-templates'
import { v1Envelope } from '../../src/surfaces/v1/envelope'
import { addTemplateRoutes } from '../../src/surfaces/v1/templates'
import { brokenDatabase } from '../support/broken'
import { expectDocumented } from '../support/conformance'
import { T0 } from '../support/pure-gate'
import { createService } from '../support/service'

const PATH = '/v1/templates'
const KEY = 'the-key-of-the-operator-32-characters-and-more'
const BODY = {
  template_name: 'Login by SMS',
  channel: 'sms',
  content: '{{otp_code}} is your {{app_name}} code.',
  purpose: 'login',
}

interface Problem {
  readonly code: string
  readonly errors?: readonly { readonly path: string; readonly message: string }[]
}

/** The Worker's answers, each held against `openapi.json`. */
function createTemplateService(changes: Record<string, unknown> = {}) {
  const service = createService(changes)
  return async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
    const init = body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }
    const type = body === undefined ? {} : { 'content-type': 'application/json' }
    const response = await service.request(path, { method, headers: { ...type, ...headers }, ...init })
    await expectDocumented({ method, path }, response)
    return response
  }
}

const request = createTemplateService()

beforeAll(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: T0 })
})
afterAll(() => {
  vi.useRealTimers()
})

let ids = 0
const uniqueId = () => `route_${String(++ids)}`

const create = async (changes: object = {}) => {
  const template_id = uniqueId()
  const response = await request('POST', PATH, { template_id, ...BODY, ...changes })
  return { template_id, response }
}

const expectProblem = async (response: Response, status: number, code: string) => {
  expect(response.headers.get('content-type')).toBe('application/problem+json')
  const problem = await response.json<Problem>()
  expect([response.status, problem.code]).toStrictEqual([status, code])
  return problem
}

/** The body of a template as it is answered. */
const bodyOf = (template_id: string, changes: object = {}) => ({
  template_id,
  ...BODY,
  version: 1,
  status: 'active',
  locale: 'en',
  variables: { otp_code: 'string', app_name: 'string' },
  dlt_id: null,
  vendor_templates: {},
  webotp_domain: null,
  android_app_hash: null,
  created_at: '2026-11-21T06:30:00Z',
  ...changes,
})

describe('POST /v1/templates', () => {
  it('makes a template and says where it is', async () => {
    const { template_id, response } = await create()
    expect(response.status).toBe(201)
    expect(response.headers.get('location')).toBe(`${PATH}/${template_id}`)
    expect(await response.json()).toStrictEqual(bodyOf(template_id))
    expect(await (await request('GET', response.headers.get('location')!)).json()).toMatchObject({ template_id })
  })

  it('takes every field', async () => {
    const all = {
      content: 'Code: {code}',
      locale: 'hi-IN',
      variables: { code: 'number' },
      dlt_id: '1107161234567890123',
      vendor_templates: { msg91: '65f0' },
      webotp_domain: 'example.com',
    }
    const { template_id, response } = await create(all)
    expect(await response.json()).toStrictEqual(bodyOf(template_id, all))
  })

  it('refuses a name that is taken', async () => {
    const { template_id } = await create()
    await expectProblem(await request('POST', PATH, { template_id, ...BODY }), 409, 'template_exists')
  })

  it.each<[string, object, string[]]>([
    ['no body', {}, ['template_id', 'template_name', 'channel', 'content']],
    ['an unknown field', { template_id: 'x', ...BODY, version: 2 }, ['']],
    [
      'wrong types',
      { template_id: 1, template_name: null, channel: 1, content: [] },
      ['template_id', 'template_name', 'channel', 'content'],
    ],
    ['null for nothing', { template_id: 'x', ...BODY, purpose: null }, ['purpose']],
    ['an unknown channel', { template_id: 'x', ...BODY, channel: 'fax' }, ['channel']],
    ['an unknown vendor', { template_id: 'x', ...BODY, vendor_templates: { nobody: 'x' } }, ['vendor_templates']],
    ['an unknown type', { template_id: 'x', ...BODY, variables: { otp_code: 'text' } }, ['variables.otp_code']],
    ['an unknown variable and no code', { template_id: 'x', ...BODY, content: 'Hi {{name}}' }, ['content', 'content']],
    ['variables that are not declared', { template_id: 'x', ...BODY, variables: { otp_code: 'string' } }, ['variables.app_name']],
    [
      'a last line of two kinds',
      { template_id: 'x', ...BODY, webotp_domain: 'X', android_app_hash: 'x' },
      ['webotp_domain', 'android_app_hash', 'android_app_hash'],
    ],
    ['a wrong id', { template_id: 'a b', ...BODY }, ['template_id']],
  ])('refuses %s, and names each fault', async (_title, body, paths) => {
    const { errors } = await expectProblem(await request('POST', PATH, body), 400, 'invalid_request')
    expect(errors!.map(({ path }) => path)).toStrictEqual(paths)
  })
})

describe('PUT /v1/templates/{id}', () => {
  it('makes a new version, and keeps the one before', async () => {
    const { template_id } = await create()
    const path = `${PATH}/${template_id}`
    const changed = await request('PUT', path, { ...BODY, content: 'New: {{otp_code}}' })

    const second = bodyOf(template_id, { version: 2, content: 'New: {{otp_code}}', variables: { otp_code: 'string' } })
    expect(changed.status).toBe(200)
    expect(await changed.json()).toStrictEqual(second)
    expect(await (await request('GET', path)).json()).toStrictEqual({
      ...second,
      versions: [second, bodyOf(template_id, { status: 'replaced' })],
    })
  })

  it('changes the whole: what is left out is gone', async () => {
    const { template_id } = await create({ dlt_id: '1107', locale: 'hi' })
    const { template_name, channel, content } = BODY
    const changed = await request('PUT', `${PATH}/${template_id}`, { template_name, channel, content })
    expect(await changed.json()).toMatchObject({ purpose: null, locale: 'en', dlt_id: null })
  })

  it('refuses what a new template is refused for, and an id in the body', async () => {
    const { template_id } = await create()
    const path = `${PATH}/${template_id}`
    await expectProblem(await request('PUT', path, { ...BODY, content: 'x' }), 400, 'invalid_request')
    await expectProblem(await request('PUT', path, { ...BODY, template_id }), 400, 'invalid_request')
    expect(await (await request('GET', path)).json()).toMatchObject({ version: 1 })
  })

  it('refuses a template that is not there', async () => {
    await expectProblem(await request('PUT', `${PATH}/nobody`, BODY), 404, 'template_not_found')
  })
})

describe('DELETE /v1/templates/{id}', () => {
  it('takes it out of force, once or twice, and keeps its versions', async () => {
    const { template_id } = await create()
    const path = `${PATH}/${template_id}`
    for (const _ of [1, 2]) {
      const answer = await request('DELETE', path)
      expect([answer.status, await answer.text()]).toStrictEqual([204, ''])
    }
    expect(await (await request('GET', path)).json()).toMatchObject({ status: 'inactive', versions: [{ version: 1 }] })
    expect(await (await request('PUT', path, BODY)).json()).toMatchObject({ status: 'active', version: 2 })
  })

  it('refuses a template that is not there', async () => {
    await expectProblem(await request('DELETE', `${PATH}/nobody`), 404, 'template_not_found')
  })
})

describe('GET /v1/templates', () => {
  interface List {
    readonly templates: readonly { readonly template_id: string }[]
    readonly next_cursor: string | null
  }
  const list = async (search: string) => (await request('GET', `${PATH}?${search}`)).json<List>()

  it('lists what is in force, in pages', async () => {
    const made: string[] = []
    for (let count = 0; count < 3; count += 1) made.unshift((await create({ purpose: 'paged' })).template_id)
    await request('DELETE', `${PATH}/${(await create({ purpose: 'paged' })).template_id}`)

    const first = await list('purpose=paged&limit=2')
    const second = await list(`purpose=paged&limit=2&cursor=${first.next_cursor}`)
    expect([first, second].map(({ templates }) => templates.map(({ template_id }) => template_id))).toStrictEqual([
      made.slice(0, 2),
      made.slice(2),
    ])
    expect(second.next_cursor).toBeNull()
    expect(await list('purpose=paged')).toMatchObject({
      templates: [bodyOf(made[0]!, { purpose: 'paged' }), {}, {}],
      next_cursor: null,
    })
  })

  it('is filtered', async () => {
    const { template_id } = await create({ purpose: 'filtered', channel: 'whatsapp', locale: 'sw' })
    await create({ purpose: 'filtered' })
    for (const search of ['purpose=filtered&channel=whatsapp', 'locale=sw', 'purpose=filtered&locale=sw']) {
      expect(await list(search)).toMatchObject({ templates: [{ template_id }] })
    }
    expect(await list('purpose=filtered&channel=sms&locale=sw')).toStrictEqual({ templates: [], next_cursor: null })
  })

  it.each([
    'limit=0',
    'limit=101',
    'limit=x',
    'limit=1.5',
    'limit=',
    'cursor=x',
    'cursor=-1',
    'channel=fax',
    'other=1',
    'limit=1&limit=2',
  ])('refuses %s', async (search) => {
    await expectProblem(await request('GET', `${PATH}?${search}`), 400, 'invalid_request')
  })

  it.each(['nobody', '%00', '%E0%A4%A', '%2F', 'x'.repeat(5000)])('has no template %s', async (id) => {
    await expectProblem(await request('GET', `${PATH}/${id}`), 404, 'template_not_found')
  })
})

describe('a preview', () => {
  const preview = async (body: object) => (await request('POST', `${PATH}/preview`, body)).json()

  it('of a text that is not saved, with samples', async () => {
    const text = '123456 is your Example code.'
    expect(await preview(BODY)).toStrictEqual({ text, bytes: 28, encoding: 'GSM-7', units: 28, segments: 1 })
  })

  it('with values, and with its last line', async () => {
    const body = { channel: 'sms', content: 'आपका कोड {{code}} है।', webotp_domain: 'example.com', values: { otp_code: '0042' } }
    const text = 'आपका कोड 0042 है।\n@example.com #0042'
    const bytes = new TextEncoder().encode(text).length
    expect(await preview(body)).toStrictEqual({ text, bytes, encoding: 'UCS-2', units: text.length, segments: 1 })
  })

  it('counts segments', async () => {
    expect(await preview({ ...BODY, content: `{{otp_code}} ${'x'.repeat(154)}` })).toMatchObject({ units: 161, segments: 2 })
  })

  it('on WhatsApp has no segments', async () => {
    const answer = { text: '123456', bytes: 6, encoding: null, units: null, segments: null }
    expect(await preview({ channel: 'whatsapp', content: '{code}' })).toStrictEqual(answer)
  })

  it.each([
    ['content', { ...BODY, content: 'nothing' }],
    ['values', { ...BODY, values: { name: 'x' } }],
    ['values.otp_code', { ...BODY, values: { otp_code: 1234 } }],
    ['content', { channel: 'sms' }],
  ])('is refused for its %s', async (path, body) => {
    const { errors } = await expectProblem(await request('POST', `${PATH}/preview`, body), 400, 'invalid_request')
    expect(errors!.map((error) => error.path)).toStrictEqual([path])
  })

  it('of a saved one shows the newest version', async () => {
    const { template_id } = await create()
    await request('PUT', `${PATH}/${template_id}`, { ...BODY, content: 'PIN {code}', android_app_hash: 'FA+9qCX9VS/' })
    const answer = await (await request('GET', `${PATH}/${template_id}/preview`)).json()
    expect(answer).toStrictEqual({ text: 'PIN 123456\nFA+9qCX9VS/', bytes: 22, encoding: 'GSM-7', units: 22, segments: 1 })
    await expectProblem(await request('GET', `${PATH}/nobody/preview`), 404, 'template_not_found')
  })
})

describe('a change', () => {
  it('is seen by the next message of the isolate', async () => {
    const db = createDatabase(env.DB)
    const [clock, log] = [() => T0, () => {}]
    const templates = createTemplates({ db, clock, log })
    const deps = {
      config: { limits: DEFAULT_LIMITS, environment: 'development' },
      access: { config: { required: false, adminApiKey: undefined } },
      db,
      templates,
      verification: { clock, log },
    }
    const { app, operation } = createSurface(v1Envelope)
    addTemplateRoutes({ app, operation }, () => deps as unknown as Deps)
    const change = async (method: string, path: string, content: string) => {
      const body = { ...BODY, purpose: 'seen', content, ...(method === 'POST' && { template_id: 'seen' }) }
      const init = method === 'DELETE' ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
      expect((await app.request(path, { method, ...init }, env, createExecutionContext())).ok).toBe(true)
    }
    const choose = async () =>
      (await templates.choose({ channel: 'sms', purpose: 'seen', locale: 'en', builtIn: 'built in' }, () => {}))!.content

    expect(await choose()).toBe('built in')
    await change('POST', '/templates', 'one {{code}}')
    expect(await choose()).toBe('one {{code}}')
    await change('PUT', '/templates/seen', 'two {{code}}')
    expect(await choose()).toBe('two {{code}}')
    await change('DELETE', '/templates/seen', '')
    expect(await choose()).toBe('built in')
  })
})

describe('every route', () => {
  const asks: [string, string, unknown?][] = [
    ['POST', PATH, { template_id: 'secret', ...BODY }],
    ['POST', `${PATH}/preview`, BODY],
    ['GET', PATH],
    ['GET', `${PATH}/x`],
    ['GET', `${PATH}/x/preview`],
    ['PUT', `${PATH}/x`, BODY],
    ['DELETE', `${PATH}/x`],
  ]

  it.each(asks)("%s %s is the operator's", async (method, path, body) => {
    const locked = createTemplateService({ ADMIN_API_KEY: KEY })
    const closed = createTemplateService({ ENVIRONMENT: 'production' })
    await expectProblem(await locked(method, path, body), 401, 'unauthorized')
    // Who may not come in is not told what is wrong with the body either.
    if (body !== undefined) await expectProblem(await locked(method, path, '{'), 401, 'unauthorized')
    await expectProblem(await locked(method, path, body, { authorization: `Bearer ${KEY}x` }), 401, 'unauthorized')
    await expectProblem(await closed(method, path, body, { authorization: `Bearer ${KEY}` }), 401, 'unauthorized')
    expect((await locked(method, path, body, { authorization: `Bearer ${KEY}` })).status).not.toBe(401)
  })

  it.each(asks.filter(([, path]) => path !== `${PATH}/preview`))('%s %s says when D1 is down', async (method, path, body) => {
    const broken = createTemplateService({ DB: brokenDatabase })
    await expectProblem(await broken(method, path, body), 503, 'dependency_unavailable')
  })
})
