import { env } from 'cloudflare:workers'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { BROWSER_SCOPES, SCOPES } from '../../src/access/scopes'
import { API_KEY_BELIEVED_MS, KEY_OVERLAP_SECONDS } from '../../src/config/limits'
import { createApiKeyBodySchema } from '../../src/surfaces/v1/api-key-schemas'
import { createBodySchema } from '../../src/surfaces/v1/schemas'
import { brokenDatabase } from '../support/broken'
import { expectDocumented } from '../support/conformance'
import { bearer, putApiKey } from '../support/keys'
import { T0 } from '../support/pure-gate'
import { createService } from '../support/service'

const PATH = '/v1/api-keys'
const ADMIN_API_KEY = '6f1d2c3b4a5968778695a4b3c2d1e0f00112233445566778'
const SETTINGS = { AUTH_REQUIRED: 'true', ADMIN_API_KEY }
const OPERATOR = bearer(ADMIN_API_KEY)
const BODY = { name: 'web shop', scopes: ['templates:read', 'verifications:send'] }
const PAGE = 'https://shop.example.com'
/** What the holder of a key with `templates:read` may do, and no more than one read of D1. */
const ANY = '/v1/templates?limit=1'

interface Shown {
  readonly id: string
  readonly key: string
  readonly status: string
  readonly hint: string
  readonly created_at: string
  readonly previous_valid_until: string | null
  readonly revoked_at: string | null
}
interface Problem {
  readonly code: string
  readonly errors?: readonly { readonly path: string; readonly message: string }[]
}

/** One isolate, whose answers are each held against `openapi.json`. */
function isolate(changes: Record<string, unknown> = {}) {
  const service = createService({ ...SETTINGS, ...changes })
  return async (method: string, path: string, body?: unknown, headers: Record<string, string> = OPERATOR) => {
    const init = body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }
    const type = body === undefined ? {} : { 'content-type': 'application/json' }
    const response = await service.request(path, { method, headers: { ...type, ...headers }, ...init })
    await expectDocumented({ method, path }, response)
    return response
  }
}

const here = isolate()

beforeAll(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: T0 })
})
beforeEach(() => {
  vi.setSystemTime(T0)
})
afterAll(() => {
  vi.useRealTimers()
})

async function create(changes: object = {}): Promise<Shown> {
  const response = await here('POST', PATH, { ...BODY, ...changes })
  expect(response.status).toBe(201)
  return response.json<Shown>()
}
const rotate = async (id: string, body?: object) => (await here('POST', `${PATH}/${id}/rotate`, body)).json<Shown>()
const show = async (id: string) => (await here('GET', `${PATH}/${id}`)).json<Omit<Shown, 'key'>>()

/** The status that the key gets for its one read. */
const statusFor = async (key: string, request = here) => (await request('GET', ANY, undefined, bearer(key))).status

async function expectProblem(response: Response, status: number, code: string): Promise<Problem> {
  expect(response.headers.get('content-type')).toBe('application/problem+json')
  const problem = await response.json<Problem>()
  expect([response.status, problem.code]).toStrictEqual([status, code])
  return problem
}

describe('POST /v1/api-keys', () => {
  it('makes a key that works at once, and says where it is', async () => {
    const response = await here('POST', PATH, BODY)
    expect(response.status).toBe(201)
    const { id, key, hint, ...shown } = await response.json<Shown>()
    expect(response.headers.get('location')).toBe(`${PATH}/${id}`)
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(id).toMatch(/^key_[\w-]{22}$/)
    expect(key).toMatch(/^evsk_[0-9a-f]{48}$/)
    expect(key.endsWith(hint)).toBe(true)
    expect(shown).toStrictEqual({
      name: 'web shop',
      kind: 'secret',
      scopes: ['verifications:send', 'templates:read'],
      purposes: null,
      origins: null,
      created_at: '2026-11-21T06:30:00Z',
      expires_at: null,
      rotated_at: null,
      previous_valid_until: null,
      revoked_at: null,
      status: 'active',
    })
    expect(await statusFor(key)).toBe(200)
    expect(await (await here('GET', `${PATH}/${id}`)).json()).toStrictEqual({ id, hint, ...shown })
  })

  it('takes every field of a publishable key', async () => {
    const all = {
      name: 'page',
      kind: 'publishable',
      scopes: [...BROWSER_SCOPES],
      purposes: ['login', 'sign-up_2'],
      origins: [PAGE, 'http://localhost:3000'],
    }
    const shown = await create({ ...all, expires_at: '2027-11-21T12:00:00+05:30' })
    expect(shown.key).toMatch(/^evpk_/)
    expect(shown).toMatchObject({ ...all, expires_at: '2027-11-21T06:30:00Z' })
  })

  it('takes every scope, and a name that others have', async () => {
    const [one, other] = [await create({ scopes: SCOPES }), await create({ scopes: SCOPES })]
    expect(one).toMatchObject({ name: 'web shop', scopes: SCOPES })
    expect(one.id).not.toBe(other.id)
  })

  it('keeps the key nowhere, nor any part of its random bits, and shows it once (R-TOK-06)', async () => {
    const lines: unknown[] = []
    const spies = (['info', 'warn', 'error', 'log'] as const).map((level) =>
      vi.spyOn(console, level).mockImplementation((...args: unknown[]) => void lines.push(...args)),
    )
    const first = await create()
    const { key: second } = await rotate(first.id)
    const page = await create({ kind: 'publishable', scopes: ['verifications:send'], origins: [PAGE] })
    expect([await statusFor(first.key), await statusFor(second)]).toStrictEqual([200, 200])
    const shownLater = [await (await here('GET', PATH)).text(), JSON.stringify(await show(first.id))]
    for (const spy of spies) spy.mockRestore()

    const tables = await env.DB.prepare(
      `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\'`,
    ).all()
    const dumps = await Promise.all(tables.results.map(({ name }) => env.DB.prepare(`SELECT * FROM "${String(name)}"`).all()))
    const everything = [...dumps.map(({ results }) => JSON.stringify(results)), ...shownLater, JSON.stringify(lines)].join('\n')
    expect(everything).toContain(first.id)
    expect(lines.length).toBeGreaterThan(0)
    for (const key of [first.key, second, page.key]) {
      const random = key.slice(5, 45)
      const bytes = Uint8Array.fromHex(random)
      for (let start = 0; start + 8 <= random.length; start += 1) {
        expect(everything).not.toContain(random.slice(start, start + 8))
      }
      expect(everything).not.toContain(bytes.toBase64().slice(0, 8))
      expect(everything).not.toContain(bytes.toBase64({ alphabet: 'base64url' }).slice(0, 8))
    }
  })

  it('shows the key to the first request with an Idempotency-Key only, and makes one key', async () => {
    const headers = { ...OPERATOR, 'idempotency-key': crypto.randomUUID() }
    const [first, again] = [await here('POST', PATH, BODY, headers), await here('POST', PATH, BODY, headers)]
    const { key, ...shown } = await first.json<Shown>()
    expect(key).toMatch(/^evsk_/)
    expect([again.status, await again.json()]).toStrictEqual([201, { ...shown, key: null }])
  })

  it.each<[string, unknown, string[]]>([
    ['no body', {}, ['name', 'scopes']],
    ['an unknown field', { ...BODY, key: 'evsk_mine' }, ['']],
    [
      'wrong types',
      { name: 1, kind: 1, scopes: 'x', purposes: 'x', origins: {}, expires_at: 1 },
      ['name', 'kind', 'scopes', 'purposes', 'origins', 'expires_at'],
    ],
    [
      'null for nothing',
      { ...BODY, kind: null, purposes: null, origins: null, expires_at: null },
      ['kind', 'purposes', 'origins', 'expires_at'],
    ],
    ['a name of blanks', { ...BODY, name: '  ' }, ['name']],
    ['a name that is too long', { ...BODY, name: 'x'.repeat(101) }, ['name']],
    ['a name of two lines', { ...BODY, name: 'a\nb' }, ['name']],
    ['a name that moves a cursor', { ...BODY, name: 'a\u001b[2Jb' }, ['name']],
    ['no scope', { ...BODY, scopes: [] }, ['scopes']],
    ['an unknown scope', { ...BODY, scopes: ['verifications:send', 'everything'] }, ['scopes.1']],
    ['a scope twice', { ...BODY, scopes: ['verifications:send', 'verifications:send'] }, ['scopes']],
    ['a purpose in another form', { ...BODY, purposes: ['login', 'Log in'] }, ['purposes.1']],
    ['no purpose', { ...BODY, purposes: [] }, ['purposes']],
    ['a purpose twice', { ...BODY, purposes: ['login', 'login'] }, ['purposes']],
    ['too many purposes', { ...BODY, purposes: Array.from({ length: 21 }, (_, n) => `p${n}`) }, ['purposes']],
    ['origins for a secret key', { ...BODY, origins: [PAGE] }, ['origins']],
    ['a publishable key of no page, and for more than pages may do', { ...BODY, kind: 'publishable' }, ['scopes', 'origins']],
    ['no origin', { ...BODY, kind: 'publishable', origins: [] }, ['origins']],
    ['a wildcard', { ...BODY, kind: 'publishable', origins: [PAGE, 'https://*.example.com'] }, ['origins.1']],
    ['an origin twice', { ...BODY, kind: 'publishable', origins: [PAGE, PAGE] }, ['origins']],
    [
      'too many origins',
      { ...BODY, kind: 'publishable', origins: Array.from({ length: 21 }, (_, n) => `https://s${n}.example.com`) },
      ['origins'],
    ],
    ['a day for a time', { ...BODY, expires_at: '2027-01-31' }, ['expires_at']],
    ['a time that is over', { ...BODY, expires_at: '2026-11-21T06:30:00Z' }, ['expires_at']],
    ['a time in eleven years', { ...BODY, expires_at: '2037-11-21T06:30:00Z' }, ['expires_at']],
  ])('refuses %s, and names each field', async (_title, body, paths) => {
    const { errors } = await expectProblem(await here('POST', PATH, body), 400, 'invalid_request')
    expect(errors!.map(({ path }) => path)).toStrictEqual(paths)
  })

  it.each(['login', 'a', 'a'.repeat(32), 'sign-up_2', '', 'A', 'a'.repeat(33), '1a', 'a b', 'ä'])(
    'takes the purpose %j exactly where a verification takes it',
    (purpose) => {
      const isTaken = createBodySchema.safeParse({ to: '+917888888888', purpose }).success
      expect(createApiKeyBodySchema.safeParse({ ...BODY, purposes: [purpose] }).success).toBe(isTaken)
    },
  )
})

describe('GET /v1/api-keys', () => {
  it('is a list in pages, newest first, of each status, without keys', async () => {
    await env.DB.prepare('DELETE FROM api_key').run()
    const ids: string[] = []
    for (const seconds of [1, 2, 3]) {
      vi.setSystemTime(T0 + seconds * 1000)
      ids.unshift((await create()).id)
    }
    await here('DELETE', `${PATH}/${ids[1]}`)
    const page = async (query: string) =>
      (await here('GET', `${PATH}?${query}`)).json<{ api_keys: Shown[]; next_cursor: string | null }>()

    const first = await page('limit=2')
    expect(first.api_keys.map(({ id }) => id)).toStrictEqual(ids.slice(0, 2))
    const second = await page(`limit=2&cursor=${first.next_cursor}`)
    expect(second).toMatchObject({ api_keys: [{ id: ids[2] }], next_cursor: null })
    expect((await page('status=revoked')).api_keys).toMatchObject([
      { id: ids[1], status: 'revoked', revoked_at: '2026-11-21T06:30:03Z' },
    ])
    expect((await page('status=active')).api_keys.map(({ id }) => id)).toStrictEqual([ids[0], ids[2]])
    expect((await page('status=expired')).api_keys).toStrictEqual([])
    for (const { key } of [...first.api_keys, ...second.api_keys]) expect(key).toBeUndefined()
  })

  it.each(['status=over', 'limit=0', 'limit=101', 'cursor=key_nobodys', `cursor=${'x'.repeat(65)}`, 'owner=me'])(
    'refuses %s',
    async (query) => {
      await expectProblem(await here('GET', `${PATH}?${query}`), 400, 'invalid_request')
    },
  )

  it('has no key that there is not', async () => {
    await expectProblem(await here('GET', `${PATH}/key_nobodys`), 404, 'api_key_not_found')
  })
})

describe('POST /v1/api-keys/{id}/rotate', () => {
  it('gives another key for the same id, and the one before works until the overlap is over (R-TOK-06)', async () => {
    const first = await create()
    vi.setSystemTime(T0 + 1_000)
    const second = await rotate(first.id, { overlap_seconds: 600 })
    expect(second).toMatchObject({
      id: first.id,
      hint: second.key.slice(-4),
      created_at: first.created_at,
      rotated_at: '2026-11-21T06:30:01Z',
      previous_valid_until: '2026-11-21T06:40:01Z',
    })
    expect([await statusFor(first.key), await statusFor(second.key)]).toStrictEqual([200, 200])
    vi.setSystemTime(T0 + 601_000)
    expect([await statusFor(first.key), await statusFor(second.key)]).toStrictEqual([401, 200])
    expect(await show(first.id)).toMatchObject({ previous_valid_until: null, rotated_at: '2026-11-21T06:30:01Z' })
  })

  it('overlaps for a day where nobody says otherwise, and ends the oldest of three at once', async () => {
    const first = await create()
    const second = await rotate(first.id)
    expect(Date.parse(second.previous_valid_until!)).toBe(T0 + KEY_OVERLAP_SECONDS * 1000)
    const third = await rotate(first.id)
    expect(await Promise.all([first, second, third].map(({ key }) => statusFor(key)))).toStrictEqual([401, 200, 200])
  })

  it('ends the one before at once here, where there is to be no overlap', async () => {
    const first = await create()
    expect(await statusFor(first.key)).toBe(200)
    const second = await rotate(first.id, { overlap_seconds: 0 })
    expect(second.previous_valid_until).toBeNull()
    expect([await statusFor(first.key), await statusFor(second.key)]).toStrictEqual([401, 200])
  })

  it('refuses a key that is over, and one that there is not', async () => {
    const revoked = await create()
    await here('DELETE', `${PATH}/${revoked.id}`)
    const expired = await create({ expires_at: '2026-11-21T06:31:00Z' })
    vi.setSystemTime(T0 + 60_000)
    for (const { id } of [revoked, expired]) {
      await expectProblem(await here('POST', `${PATH}/${id}/rotate`, {}), 409, 'api_key_not_active')
    }
    await expectProblem(await here('POST', `${PATH}/key_nobodys/rotate`), 404, 'api_key_not_found')
  })

  it.each([
    { overlap_seconds: -1 },
    { overlap_seconds: 2_592_001 },
    { overlap_seconds: 1.5 },
    { overlap_seconds: '60' },
    { key: 'x' },
  ])('refuses %j', async (body) => {
    const { id, key } = await create()
    await expectProblem(await here('POST', `${PATH}/${id}/rotate`, body), 400, 'invalid_request')
    expect(await statusFor(key)).toBe(200)
  })

  it('rotates once for one Idempotency-Key', async () => {
    const first = await create()
    const headers = { ...OPERATOR, 'idempotency-key': crypto.randomUUID() }
    const path = `${PATH}/${first.id}/rotate`
    const [{ key }, again] = [
      await (await here('POST', path, {}, headers)).json<Shown>(),
      await (await here('POST', path, {}, headers)).json<Shown>(),
    ]
    expect(again.key).toBeNull()
    expect([await statusFor(first.key), await statusFor(key)]).toStrictEqual([200, 200])
  })
})

describe('DELETE /v1/api-keys/{id}', () => {
  it('ends both keys of the id here at once, and stays in the list; once more is no error', async () => {
    const first = await create()
    const second = await rotate(first.id)
    expect([await statusFor(first.key), await statusFor(second.key)]).toStrictEqual([200, 200])
    const revoked = await here('DELETE', `${PATH}/${first.id}`)
    expect([revoked.status, await revoked.text()]).toStrictEqual([204, ''])
    expect([await statusFor(first.key), await statusFor(second.key)]).toStrictEqual([401, 401])

    vi.setSystemTime(T0 + 5_000)
    expect((await here('DELETE', `${PATH}/${first.id}`)).status).toBe(204)
    expect(await show(first.id)).toMatchObject({
      status: 'revoked',
      revoked_at: '2026-11-21T06:30:00Z',
      previous_valid_until: null,
    })
  })

  it('is seen within 60 seconds by an isolate that knew the key', async () => {
    const elsewhere = isolate()
    const { id, key } = await create()
    expect(await statusFor(key, elsewhere)).toBe(200)
    await here('DELETE', `${PATH}/${id}`)
    vi.setSystemTime(T0 + API_KEY_BELIEVED_MS)
    expect(API_KEY_BELIEVED_MS).toBeLessThan(60_000)
    expect(await statusFor(key, elsewhere)).toBe(401)
  })

  it('has no key that there is not', async () => {
    await expectProblem(await here('DELETE', `${PATH}/key_nobodys`), 404, 'api_key_not_found')
  })
})

describe('who may manage keys', () => {
  const ROUTES: [string, string, unknown][] = [
    ['GET', PATH, undefined],
    ['POST', PATH, BODY],
    ['GET', `${PATH}/key_1`, undefined],
    ['POST', `${PATH}/key_1/rotate`, {}],
    ['DELETE', `${PATH}/key_1`, undefined],
  ]

  it.each(ROUTES)('is not asked for nothing: %s %s', async (method, path, body) => {
    await expectProblem(await here(method, path, body, {}), 401, 'unauthorized')
    const { key } = await putApiKey({ scopes: SCOPES })
    await expectProblem(await here(method, path, body, bearer(key)), 403, 'insufficient_scope')
    const page = await putApiKey({ kind: 'publishable' })
    await expectProblem(await here(method, path, body, bearer(page.key, PAGE)), 403, 'insufficient_scope')
  })

  it('no key ends another, or makes itself more (R-CFG-04)', async () => {
    const [one, other] = [await create({ scopes: SCOPES }), await create()]
    await here('DELETE', `${PATH}/${other.id}`, undefined, bearer(one.key))
    await here('POST', `${PATH}/${other.id}/rotate`, { overlap_seconds: 0 }, bearer(one.key))
    await here('POST', `${PATH}/${one.id}/rotate`, {}, bearer(one.key))
    expect(await statusFor(other.key)).toBe(200)
    expect(await show(one.id)).toMatchObject({ rotated_at: null })
    // What becomes of one, by whoever may, is nothing to the other.
    await rotate(one.id, { overlap_seconds: 0 })
    await here('DELETE', `${PATH}/${one.id}`)
    expect([await statusFor(one.key), await statusFor(other.key)]).toStrictEqual([401, 200])
  })
})

it('a key that is over, unknown, altered or none gets one and the same answer (R-TOK-06)', async () => {
  const [revoked, expired, rotated] = [await create(), await create({ expires_at: '2026-11-21T06:31:00Z' }), await create()]
  await here('DELETE', `${PATH}/${revoked.id}`)
  await rotate(rotated.id, { overlap_seconds: 0 })
  const unknown = await create()
  await env.DB.prepare('DELETE FROM api_key WHERE id = ?').bind(unknown.id).run()
  vi.setSystemTime(T0 + 60_000)
  const good = await create()
  const altered = good.key.replace(
    /^(evsk_)(.)/,
    (_all, prefix: string, digit: string) => `${prefix}${digit === '0' ? '1' : '0'}`,
  )
  const keys = [
    revoked.key,
    expired.key,
    rotated.key,
    unknown.key,
    altered,
    good.key.slice(0, -1),
    `${good.key}0`,
    good.key.toUpperCase(),
    'evsk_',
    'nonsense',
  ]
  const answers = await Promise.all(
    keys.map(async (key) => {
      const response = await here('GET', ANY, undefined, { ...bearer(key), 'x-request-id': 'the-same' })
      const names = [...response.headers.keys()].toSorted()
      return [response.status, response.headers.get('www-authenticate'), names, await response.text()]
    }),
  )
  expect(answers[0]![0]).toBe(401)
  for (const answer of answers) expect(answer).toStrictEqual(answers[0])
  expect(await statusFor(good.key)).toBe(200)
})

it('says when D1 does not answer, and makes nothing of it', async () => {
  const down = isolate({ DB: brokenDatabase })
  const id = 'key_1'
  await expectProblem(await down('GET', PATH), 503, 'dependency_unavailable')
  await expectProblem(await down('POST', PATH, BODY), 503, 'dependency_unavailable')
  await expectProblem(await down('GET', `${PATH}/${id}`), 503, 'dependency_unavailable')
  await expectProblem(await down('POST', `${PATH}/${id}/rotate`), 503, 'dependency_unavailable')
  await expectProblem(await down('DELETE', `${PATH}/${id}`), 503, 'dependency_unavailable')
})
