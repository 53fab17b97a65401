import { describe, expect, it, vi } from 'vitest'
import { signRequest, toJson, toPayload } from '../../../src/leads/lender/basic-application'
import type { Application } from '../../../src/leads/lender/lender'
import {
  BASIC_APPLICATION_ACTIVITY_PATH,
  BASIC_APPLICATION_CREATE_PATH,
  BASIC_APPLICATION_SCENARIOS,
  type BasicApplicationStandInOptions,
  createBasicApplicationStandIn,
} from '../../support/vendors/basic-application'
import { APPLICATION, applicationOf } from './application'

const ORIGIN = 'http://lender.test:8443'
const USER_ID = '11111111-1111-1111-1111-111111111111'
const API_KEY = 'key'
const NOW = Date.parse('2026-11-21T06:30:00Z')

interface Changes {
  readonly method?: 'GET' | 'POST'
  readonly path?: string
  readonly body?: string
  readonly userId?: string
  readonly apiKey?: string
  readonly timestamp?: number
  readonly nonce?: string
  /** Over those of the signed call. */
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
}

/** A call that the lender lets in, but for what is changed in it. */
async function call(changes: Changes = {}): Promise<Request> {
  const { method = 'POST', path = BASIC_APPLICATION_CREATE_PATH, userId = USER_ID, apiKey = API_KEY } = changes
  const { timestamp = NOW / 1000, nonce = crypto.randomUUID(), headers, signal } = changes
  const body = method === 'POST' ? (changes.body ?? toJson(toPayload(APPLICATION, {}), 'compact')) : undefined
  const url = ORIGIN + path
  const signature = await signRequest(apiKey, { userId, method, url, body, timestamp, nonce })
  return new Request(url, {
    method,
    headers: {
      'content-type': 'application/json-patch+json',
      UserId: userId,
      CurrentTimestamp: String(timestamp),
      Nonce: nonce,
      Authorization: `Signature ${signature}`,
      ...headers,
    },
    ...(body !== undefined && { body }),
    ...(signal && { signal }),
  })
}

const submission = (application: Application, changes: Changes = {}) =>
  call({ body: toJson(toPayload(application, {}), 'compact'), ...changes })
const question = (id: string, mobile = '9876543210') =>
  call({ method: 'GET', path: `${BASIC_APPLICATION_ACTIVITY_PATH}/${id}/${mobile}` })
const withField = (name: string, value: unknown) =>
  call({ body: JSON.stringify({ ...toPayload(APPLICATION, {}), [name]: value }) })

const createLender = (options: Partial<BasicApplicationStandInOptions> = {}) =>
  createBasicApplicationStandIn({ userId: USER_ID, apiKey: API_KEY, clock: () => NOW, ...options })

type Result = { id: string; basicAppId: string; latestStatus: string; primaryBorrower: { customerId: string } } | null
const resultOf = async (response: Response) => (await response.json<{ result: Result }>()).result

describe('createBasicApplicationStandIn', () => {
  it('takes a well-formed application and remembers it', async () => {
    const onApplication = vi.fn()
    const lender = createLender({ onApplication })

    const response = await lender.handle(await call())

    expect(response.status).toBe(200)
    const [application] = lender.applications
    expect(application).toMatchObject({ id: APPLICATION.id, mobile: '9876543210', pan: APPLICATION.personal.pan })
    expect(application!.basicAppId).toMatch(/^B[A-Z2-7]{6}$/)
    expect(await response.json()).toMatchObject({
      isError: false,
      result: {
        id: APPLICATION.id,
        basicAppId: application!.basicAppId,
        latestStatus: 'Under Review',
        primaryBorrower: { customerId: application!.customerId, pan: APPLICATION.personal.pan },
        applicationComments: [{ refId: application!.refId }],
      },
      responseException: null,
    })
    expect(onApplication).toHaveBeenCalledExactlyOnceWith(application)
    expect(lender.requests).toMatchObject([{ method: 'POST', host: 'lender.test:8443', headers: { userid: USER_ID } }])
  })

  it('takes a body as Python writes it', async () => {
    const lender = createLender()

    const response = await lender.handle(await call({ body: toJson(toPayload(APPLICATION, {}), 'python') }))

    expect(response.status).toBe(200)
  })

  it.each<[string, number, Changes]>([
    ['another path', 404, { path: '/api/v1/NewApplication/FullfilmentByBasic' }],
    ['the path in lower case', 404, { path: BASIC_APPLICATION_CREATE_PATH.toLowerCase() }],
    ['a question for no mobile number', 404, { method: 'GET', path: `${BASIC_APPLICATION_ACTIVITY_PATH}/B1/` }],
    ['a question for an E.164 number', 404, { method: 'GET', path: `${BASIC_APPLICATION_ACTIVITY_PATH}/B1/+919876543210` }],
    ['another method', 405, { method: 'GET' }],
    ['a question by POST', 405, { path: `${BASIC_APPLICATION_ACTIVITY_PATH}/B1/9876543210` }],
    ['plain JSON', 415, { headers: { 'content-type': 'application/json' } }],
    ['another user', 401, { userId: crypto.randomUUID() }],
    ['no timestamp', 401, { headers: { CurrentTimestamp: '' } }],
    ['milliseconds', 401, { timestamp: NOW }],
    ['a timestamp that is too old', 401, { timestamp: NOW / 1000 - 301 }],
    ['a timestamp that is too new', 401, { timestamp: NOW / 1000 + 301 }],
    ['no nonce', 401, { nonce: '' }],
    ['a nonce that is none', 401, { nonce: '1' }],
    ['another nonce than the signed one', 401, { headers: { Nonce: crypto.randomUUID() } }],
    ['another time than the signed one', 401, { headers: { CurrentTimestamp: String(NOW / 1000 + 1) } }],
    ['another key', 401, { apiKey: 'other' }],
    ['a signature of no scheme', 401, { headers: { Authorization: 'x' } }],
    ['text', 400, { body: 'firstName=Asha' }],
    ['a list', 400, { body: '[]' }],
    ['no fields', 400, { body: '{}' }],
  ])('refuses %s with %d', async (_title, status, changes) => {
    const lender = createLender()

    const response = await lender.handle(await call(changes))

    expect(response.status).toBe(status)
    expect(await response.json()).toMatchObject({ isError: true, result: null })
    expect(lender.applications).toHaveLength(0)
    expect(lender.requests).toHaveLength(1)
  })

  it('refuses a body that is not the signed one', async () => {
    const signed = await call()
    const lender = createLender()

    const response = await lender.handle(new Request(signed.url, { method: 'POST', headers: signed.headers, body: '{}' }))

    expect(response.status).toBe(401)
  })

  it.each([-300, 300])('lets in a clock that is %d seconds wrong', async (seconds) => {
    const response = await createLender().handle(await call({ timestamp: NOW / 1000 + seconds }))

    expect(response.status).toBe(200)
  })

  it('takes a nonce once', async () => {
    const lender = createLender()
    const nonce = crypto.randomUUID()

    const statuses = [(await lender.handle(await call({ nonce }))).status, (await lender.handle(await call({ nonce }))).status]

    expect(statuses).toStrictEqual([200, 401])
  })

  it('knows its own name by the Host header, where there is one', async () => {
    const signed = await call()
    const behindProxy = new Request(`http://127.0.0.1${BASIC_APPLICATION_CREATE_PATH}`, signed)
    const headers = new Headers([...behindProxy.headers, ['host', 'lender.test:8443']])
    const withHost = new Request(behindProxy, { headers })

    expect((await createLender().handle(withHost)).status).toBe(200)
  })

  it.each<[string, unknown]>([
    ['id', 'B002BJF'],
    ['loanType', 'home_loan'],
    ['loanAmountReq', '5000000'],
    ['loanAmountReq', 1.5],
    ['loanTenure', 0],
    ['firstName', ' '],
    ['dateOfBirth', '23/11/1987'],
    ['dateOfBirth', '1987-13-23'],
    ['mobile', '+919876543210'],
    ['mobile', '919876543210'],
    ['mobile', '5876543210'],
    ['mobile', 9_876_543_210],
    ['email', 'zebulon'],
    ['pan', 'qwxyz9876k'],
    ['pincode', 560_071],
    ['gender', null],
    ['annualIncome', ''],
    ['creditScore', '0'],
    ['creditScoreTypeId', 0],
    ['isLeadPrefilled', 'true'],
    ['qrShortCode', undefined],
  ])('refuses %s %j', async (name, value) => {
    const lender = createLender()

    const response = await lender.handle(await withField(name, value))

    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ responseException: { validationErrors: [{ field: name }] } })
    expect(lender.applications).toHaveLength(0)
  })

  it('answers the same application again with the same id, and another one with another', async () => {
    const lender = createLender()
    const other = { ...APPLICATION, id: crypto.randomUUID() }

    const ids = await Promise.all(
      [APPLICATION, { ...APPLICATION, id: APPLICATION.id.toUpperCase() }, other].map(async (application) =>
        resultOf(await lender.handle(await submission(application))),
      ),
    )

    expect(ids[1]!.basicAppId).toBe(ids[0]!.basicAppId)
    expect(ids[2]!.basicAppId).not.toBe(ids[0]!.basicAppId)
    expect(lender.applications).toHaveLength(2)
  })

  it('tells of an application by either id, with its mobile number only', async () => {
    const lender = createLender()
    await lender.handle(await call())
    const { id, basicAppId } = lender.applications[0]!
    const ask = async (...asked: Parameters<typeof question>) => {
      const response = await lender.handle(await question(...asked))
      return [response.status, await resultOf(response)] as const
    }

    for (const known of [id, id.toUpperCase(), basicAppId]) {
      expect(await ask(known)).toMatchObject([200, { id, basicAppId, latestStatus: 'Under Review' }])
    }
    expect(await ask(basicAppId, '9876543211')).toStrictEqual([200, null])
    expect(await ask('B2345AB')).toStrictEqual([200, null])

    lender.setStatus(basicAppId, 'Sanctioned')

    expect(await ask(basicAppId)).toMatchObject([200, { latestStatus: 'Sanctioned' }])
    expect(() => lender.setStatus('B2345AB', 'x')).toThrow('there is no application')
  })

  it.each(Object.entries(BASIC_APPLICATION_SCENARIOS))('…%s: %s', async (suffix, { what, made }) => {
    const onApplication = vi.fn()
    const lender = createLender({ onApplication })
    const signal = AbortSignal.timeout(50)

    const status = await lender.handle(await submission(applicationOf(suffix), { signal })).then(
      (response) => String(response.status),
      () => (signal.aborted ? 'no answer' : 'reset'),
    )

    expect(what).toContain(status)
    const count = made && suffix !== '0013' ? 1 : 0
    expect(lender.applications).toHaveLength(count)
    expect(onApplication).toHaveBeenCalledTimes(count)
    const found = await resultOf(await lender.handle(await question(APPLICATION.id, `987654${suffix}`)))
    // The one of …0002 was there under another id.
    expect(found !== null).toBe(count === 1 && suffix !== '0002')
  })

  it('says what is wrong for …0001, and only that something is for …0016', async () => {
    const lender = createLender()

    const bodies = await Promise.all(
      ['0001', '0016'].map(async (suffix) => (await lender.handle(await submission(applicationOf(suffix)))).json()),
    )

    expect(bodies).toMatchObject([
      { isError: true, responseException: { validationErrors: [{ field: 'pan' }] } },
      { isError: true, responseException: { validationErrors: [] } },
    ])
  })

  it.each(['0009', '0027'])('answers …%s with nothing at all', async (suffix) => {
    const response = await createLender().handle(await submission(applicationOf(suffix)))

    expect(await response.text()).toBe('')
  })

  it('gives …0002 the same application of another id, however often', async () => {
    const lender = createLender()
    const ids = [APPLICATION.id, APPLICATION.id, crypto.randomUUID()]

    const results = []
    for (const id of ids) results.push(await resultOf(await lender.handle(await submission(applicationOf('0002', id)))))

    expect(lender.applications).toHaveLength(1)
    for (const result of results) expect(result).toMatchObject({ basicAppId: lender.applications[0]!.basicAppId })
    expect(ids).not.toContain(results[0]!.id)
  })

  it('takes the second application for …0013', async () => {
    const lender = createLender()

    const statuses = [
      (await lender.handle(await submission(applicationOf('0013')))).status,
      (await lender.handle(await submission(applicationOf('0013')))).status,
    ]

    expect(statuses).toStrictEqual([500, 200])
    expect(lender.applications).toHaveLength(1)
  })

  it.each(['0008', '0017', '0022', '0023'])('answers properly when …%s is handed in again', async (suffix) => {
    const lender = createLender()
    const first = { signal: AbortSignal.timeout(20) }
    await lender.handle(await submission(applicationOf(suffix), first)).catch(() => {})

    const response = await lender.handle(await submission(applicationOf(suffix)))

    expect(response.status).toBe(200)
    expect(await resultOf(response)).toMatchObject({ basicAppId: lender.applications[0]!.basicAppId })
    expect(lender.applications).toHaveLength(1)
  })

  it('is down for everybody, and up again', async () => {
    const lender = createLender()
    await lender.handle(await call())
    const { basicAppId } = lender.applications[0]!

    lender.down(true)
    const down = [await lender.handle(await submission(APPLICATION)), await lender.handle(await question(basicAppId))]
    lender.down(false)

    expect(down.map(({ status }) => status)).toStrictEqual([503, 503])
    expect((await lender.handle(await question(basicAppId))).status).toBe(200)
  })

  it('takes MD5 from where it is told to', async () => {
    const md5 = vi.fn(async () => '0'.repeat(32))
    const lender = createLender({ md5 })

    expect((await lender.handle(await call())).status).toBe(401)
    expect(md5).toHaveBeenCalledOnce()
    // A question has no body to hash.
    expect((await lender.handle(await question('B2345AB'))).status).toBe(200)
  })

  it('answers after the delay, unless the caller gives up', async () => {
    const lender = createLender({ delayMs: 30 })
    const startedAt = Date.now()

    await lender.handle(await call())

    expect(Date.now() - startedAt).toBeGreaterThanOrEqual(25)
    await expect(lender.handle(await call({ signal: AbortSignal.timeout(5) }))).rejects.toThrow('gave up')
  })

  it('forgets everything at a reset', async () => {
    const lender = createLender()
    const nonce = crypto.randomUUID()
    await lender.handle(await call({ nonce }))
    lender.down(true)

    lender.reset()

    expect([lender.applications, lender.requests]).toStrictEqual([[], []])
    expect((await lender.handle(await call({ nonce }))).status).toBe(200)
  })
})
