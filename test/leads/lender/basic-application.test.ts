import { describe, expect, it, vi } from 'vitest'
import type { BasicApplicationConfig } from '../../../src/config/providers/basic-application'
import { createBasicApplication, signRequest, textToSign, toJson, toPayload } from '../../../src/leads/lender/basic-application'
import type { Application, FindOutcome, LenderFailure, SubmitOutcome } from '../../../src/leads/lender/lender'
import type { Fetch } from '../../../src/messaging/providers/http'
import { createBasicApplicationStandIn } from '../../support/vendors/basic-application'
import { APPLICATION, applicationOf, CONFIG as BASE_CONFIG, PERSONAL } from './application'

const CONFIG = { ...BASE_CONFIG, apiUrl: 'http://lender.test:8443' }
const NOW = Date.parse('2026-11-21T06:30:00.900Z')

function setUp(changes: Partial<BasicApplicationConfig> = {}) {
  const config = { ...CONFIG, ...changes }
  const vendor = createBasicApplicationStandIn({ userId: CONFIG.userId, apiKey: CONFIG.apiKey, clock: () => NOW })
  const fetch = vi.fn<Fetch>((url, init) => vendor.handle(new Request(url, init)))
  // Never waited for: the lender's own time stands over that of the others.
  return { vendor, fetch, lender: createBasicApplication(config, { fetch, timeoutMs: 60_000 }, () => NOW) }
}

const lenderThatAnswers = (httpStatus: number, body: string, config = CONFIG) =>
  createBasicApplication(config, { fetch: async () => new Response(body, { status: httpStatus }), timeoutMs: 60_000 }, () => NOW)

describe('signRequest', () => {
  const CALL = {
    userId: '11111111-1111-1111-1111-111111111111',
    timestamp: 1_767_225_600,
    nonce: '22222222-2222-4222-8222-222222222222',
  }
  const POST = {
    ...CALL,
    method: 'POST',
    url: 'https://basic.example.test/api/v1/NewApplication/CreateFBBByBasicUser',
  } as const
  const PAYLOAD = { firstName: 'Asha', loanAmountReq: 500_000 }

  it('signs a body in the style of Python', async () => {
    const call = { ...POST, body: toJson(PAYLOAD, 'python') }

    expect(call.body).toBe('{"firstName": "Asha", "loanAmountReq": 500000}')
    expect(await textToSign(call)).toBe(
      '11111111-1111-1111-1111-1111111111111767225600basic.example.test/api/v1/newapplication/createfbbbybasicuser' +
        'post22222222-2222-4222-8222-22222222222231164fadaea926d79bed067b92fd24b9',
    )
    expect(await signRequest('test_api_key', call)).toBe(
      '390nC+GATNUmzJEjq5H0jNH8f2QatZnPmh5fA30ZbSOSga7GYUOZHgo7+o3X9yQ0Ect+l1sc1CzJ3seKnlFmrQ==',
    )
  })

  it('signs a compact body', async () => {
    const call = { ...POST, body: toJson(PAYLOAD, 'compact') }

    expect(await textToSign(call)).toMatch(/fa235228c0c17c2740220ac95410bd69$/)
    expect(await signRequest('test_api_key', call)).toBe(
      'E427sF6ZsXCygS7kg8gOCBiI07XeA8Uz3T+h8I0ydQ/zCJzKzltvRFKRKDpL4lOC/r2BUIZj/FbHO7W6E9IsQg==',
    )
  })

  it('signs a call without a body', async () => {
    const url = 'https://basic.example.test/api/v1/Application/Activity/GetActivity/B002TEST/9876543210'
    const call = { ...CALL, method: 'GET', url, body: undefined } as const

    expect(await signRequest('test_api_key', call)).toBe(
      'S/ek3oszjqshf4eiPua1YuG5eyx3bK2Xo3dXHAqh+pCdUtoAlnql3GUE/qlwQT0rKggJsSjL0jjzfW61FKHeCQ==',
    )
  })

  it('signs the port and the query, without what is blank in it', async () => {
    const url = 'http://Lender.test:8443/Find?Id=A%2FB&blank=&mobile=9876543210'
    const text = await textToSign({ ...CALL, method: 'GET', url, body: undefined })

    expect(text).toBe(`${CALL.userId}1767225600lender.test:8443/find?Id=A%2FB&mobile=9876543210get${CALL.nonce}`)
  })
})

describe('toJson', () => {
  it('writes as Python does: spaces, and ASCII only', () => {
    const payload = { name: 'Āśā "A" \u007f\n😀', isLead: true, amount: 1 }

    const text = toJson(payload, 'python')

    expect(text).toBe(String.raw`{"name": "\u0100\u015b\u0101 \"A\" \u007f\n\ud83d\ude00", "isLead": true, "amount": 1}`)
    expect(JSON.parse(text)).toStrictEqual(payload)
  })

  it('leaves separators inside values alone', () => {
    expect(toJson({ a: '","b":"', b: 2 }, 'python')).toBe(String.raw`{"a": "\",\"b\":\"", "b": 2}`)
  })

  it('writes compactly, with the characters as they are', () => {
    expect(toJson({ name: 'Āśā', amount: 1 }, 'compact')).toBe('{"name":"Āśā","amount":1}')
  })
})

describe('toPayload', () => {
  it('has every field of the lender, and empty ones for what is not known', () => {
    expect(toPayload(APPLICATION, {})).toStrictEqual({
      id: APPLICATION.id,
      loanType: 'LAP',
      loanAmountReq: 5_000_000,
      loanTenure: 20,
      firstName: 'Zebulon',
      lastName: 'Quackenbush',
      gender: 'Other',
      dateOfBirth: '1987-11-23',
      mobile: '9876543210',
      email: 'zebulon.q@example.com',
      pan: 'QWXYZ9876K',
      pincode: '560071',
      annualIncome: 0,
      customerId: '',
      city: '',
      district: '',
      state: '',
      createdFromPemId: '',
      remarks: '',
      applicationAssignedToRm: '',
      qrShortCode: '',
      creditScore: 0,
      creditScoreTypeId: '',
      isLeadPrefilled: false,
      includeCreditScore: false,
    })
  })

  it('says nothing of a gender that it does not know', () => {
    expect(toPayload({ ...APPLICATION, personal: { ...PERSONAL, gender: null } }, {})).toMatchObject({ gender: '' })
  })

  it('lets constants stand over what is not known, and over nothing that the customer said', () => {
    const constants = { createdFromPemId: '7', includeCreditScore: true, source: 'app', pan: 'AAAAA0000A' }

    expect(toPayload(APPLICATION, constants)).toMatchObject({ ...constants, pan: PERSONAL.pan })
  })
})

describe('createBasicApplication', () => {
  it.each(['compact', 'python'] as const)('hands an application in, signed, as %s JSON', async (jsonStyle) => {
    const { lender, vendor, fetch } = setUp({ jsonStyle })

    const outcome = await lender.submit({ ...APPLICATION, personal: { ...PERSONAL, firstName: 'Zoë' } })

    const [application] = vendor.applications
    expect(outcome).toStrictEqual({
      status: 'accepted',
      application: {
        applicationId: application!.basicAppId,
        customerId: application!.customerId,
        relationId: application!.refId,
        status: 'Under Review',
        response: expect.objectContaining({ isError: false }) as unknown,
      },
    })
    expect(application).toMatchObject({ id: APPLICATION.id, mobile: '9876543210', fields: { firstName: 'Zoë' } })
    const [url, init] = fetch.mock.calls[0]!
    expect(url).toBe('http://lender.test:8443/api/v1/NewApplication/CreateFBBByBasicUser')
    expect(init).toMatchObject({
      method: 'POST',
      headers: {
        accept: 'text/plain',
        'content-type': 'application/json-patch+json',
        UserId: CONFIG.userId,
        CurrentTimestamp: '1795242600',
        Nonce: expect.stringMatching(/^[\da-f-]{36}$/) as string,
        Authorization: expect.stringMatching(/^Signature [\w+/]{86}==$/) as string,
      },
    })
    expect(init.body).toContain(jsonStyle === 'python' ? '"firstName": "Zo\\u00eb"' : '"firstName":"Zoë"')
    expect(vendor.requests).toHaveLength(1)
  })

  it('tells who is calling in two headers, where the lender wants no more', async () => {
    const { lender, fetch } = setUp({ auth: 'headers' })

    await lender.find(APPLICATION)

    expect(fetch.mock.calls[0]![1]).toStrictEqual({
      method: 'GET',
      headers: {
        accept: 'text/plain',
        'content-type': 'application/json-patch+json',
        UserId: CONFIG.userId,
        ApiKey: CONFIG.apiKey,
      },
      redirect: 'manual',
      signal: expect.any(AbortSignal) as AbortSignal,
    })
  })

  it('signs each call anew', async () => {
    const { lender, vendor } = setUp()

    await lender.submit(APPLICATION)
    await lender.submit(APPLICATION)

    expect(new Set(vendor.requests.map(({ headers }) => headers['nonce'])).size).toBe(2)
    expect(vendor.applications).toHaveLength(1)
  })

  it('finds an application by our id of it, and asks how it stands by the one of the lender', async () => {
    const { lender, vendor } = setUp()
    const submitted = await lender.submit(APPLICATION)
    const { basicAppId } = vendor.applications[0]!
    vendor.setStatus(basicAppId, 'Sanctioned')

    const found = await lender.find(APPLICATION)
    const status = await lender.statusOf({ applicationId: basicAppId, personal: PERSONAL })

    expect(submitted).toMatchObject({ status: 'accepted', application: { status: 'Under Review' } })
    expect(found).toMatchObject({ status: 'found', application: { applicationId: basicAppId, status: 'Sanctioned' } })
    expect(status).toStrictEqual({ status: 'found', text: 'Sanctioned' })
    expect(vendor.requests.map(({ url }) => new URL(url).pathname)).toStrictEqual([
      CONFIG.createPath,
      `/api/v1/Application/Activity/GetActivity/${APPLICATION.id}/9876543210`,
      `/api/v1/Application/Activity/GetActivity/${basicAppId}/9876543210`,
    ])
  })

  it('does not find what is not there', async () => {
    const { lender } = setUp()

    expect(await lender.find(APPLICATION)).toStrictEqual({ status: 'not_found' })
    expect(await lender.statusOf({ applicationId: 'B002BJF', personal: PERSONAL })).toStrictEqual({ status: 'not_found' })
  })

  it('fills the places of the paths that are set up, in a form that leads nowhere else', async () => {
    const fetch = vi.fn<Fetch>(async () => new Response('{"result":null}'))
    const apiUrl = 'http://lender.test/Base'
    const paths = { lookupPath: '/find?id={id}&mobile={mobile}', statusPath: '/of/{application_id}' }
    const lender = createBasicApplication({ ...CONFIG, apiUrl, ...paths }, { fetch, timeoutMs: 1 }, () => NOW)

    await lender.find({ ...APPLICATION, id: 'a&b=c' })
    await lender.statusOf({ applicationId: '../B 1/?#\ud800', personal: PERSONAL })

    expect(fetch.mock.calls.map(([url]) => url)).toStrictEqual([
      'http://lender.test/Base/find?id=a%26b%3Dc&mobile=9876543210',
      'http://lender.test/Base/of/..%2FB%201%2F%3F%23%EF%BF%BD',
    ])
  })

  it('waits for the lender as long as is set up for it', async () => {
    const { lender } = setUp({ timeoutMs: 5 })

    expect(await lender.submit(applicationOf('0008'))).toMatchObject({ status: 'unknown', reason: 'timeout' })
  })

  it('asks once for each call', async () => {
    const { lender, fetch } = setUp()

    await lender.submit(applicationOf('0007'))

    expect(fetch).toHaveBeenCalledOnce()
  })

  const refused = (reason: string) => ({ status: 'refused', reason })
  const failed = (reason: LenderFailure, httpStatus: number) => ({ status: 'failed', reason, httpStatus })
  const unknown = (reason: LenderFailure, httpStatus: number | null) => ({ status: 'unknown', reason, httpStatus })

  it.each<[string, object, FindOutcome['status']]>([
    ['0001', refused('validation_failed'), 'not_found'],
    ['0002', { status: 'accepted' }, 'not_found'],
    ['0006', failed('rate_limited', 429), 'not_found'],
    ['0007', unknown('provider_unavailable', 500), 'not_found'],
    ['0008', unknown('timeout', null), 'found'],
    ['0009', unknown('unreadable_reply', 200), 'found'],
    ['0013', unknown('provider_unavailable', 500), 'not_found'],
    ['0016', unknown('unknown', 200), 'not_found'],
    ['0017', unknown('provider_unavailable', 502), 'found'],
    ['0022', unknown('unreadable_reply', 200), 'found'],
    ['0023', unknown('connection_lost', null), 'found'],
    ['0025', failed('provider_auth', 401), 'not_found'],
    ['0026', failed('unknown', 302), 'not_found'],
    ['0027', unknown('unreadable_reply', 200), 'not_found'],
  ])('…%s: %j, and then the lender has it: %s', async (suffix, outcome, found) => {
    const { lender } = setUp()
    const application = applicationOf(suffix)

    expect(await lender.submit(application)).toMatchObject(outcome)

    expect((await lender.find(application)).status).toBe(found)
  })

  it('takes the application that the customer has already for theirs', async () => {
    const { lender, vendor } = setUp()

    const outcomes = [await lender.submit(applicationOf('0002')), await lender.submit(applicationOf('0002', crypto.randomUUID()))]

    const { id, basicAppId } = vendor.applications[0]!
    expect(id).not.toBe(APPLICATION.id)
    expect(vendor.applications).toHaveLength(1)
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ status: 'accepted', application: { applicationId: basicAppId } })
    }
  })

  it('is told when the lender is down', async () => {
    const { lender, vendor } = setUp()
    await lender.submit(APPLICATION)
    vendor.down(true)

    const answers = [
      await lender.submit(APPLICATION),
      await lender.find(APPLICATION),
      await lender.statusOf({ applicationId: vendor.applications[0]!.basicAppId, personal: PERSONAL }),
    ]

    for (const answer of answers) expect(answer).toStrictEqual(unknown('provider_unavailable', 503))
  })

  it('resolves when fetch throws before anything is sent', async () => {
    const fetch = () => {
      throw new TypeError(`cannot fetch with ${CONFIG.apiKey}`)
    }
    const lender = createBasicApplication(CONFIG, { fetch, timeoutMs: 10 }, () => NOW)

    expect(await lender.submit(APPLICATION)).toStrictEqual(unknown('connection_lost', null))
    expect(await lender.find(APPLICATION)).toStrictEqual(unknown('connection_lost', null))
    expect(await lender.statusOf({ applicationId: 'B1', personal: PERSONAL })).toStrictEqual(unknown('connection_lost', null))
  })

  it.each([200, 400, 500])('keeps neither our key nor the customer where a %d repeats them', async (httpStatus) => {
    const echo = {
      message: `Key ${CONFIG.apiKey.toUpperCase()} of Zebulon Quackenbush`,
      isError: httpStatus !== 200,
      result: { id: APPLICATION.id, basicAppId: 'B002BJF', latestStatus: `Waits for ${PERSONAL.phone}, ${CONFIG.apiKey}` },
      responseException: { exceptionMessage: `PAN ${PERSONAL.pan}`, validationErrors: [{ [PERSONAL.email]: CONFIG.apiKey }] },
    }
    const lender = lenderThatAnswers(httpStatus, JSON.stringify(echo))

    const outcomes = JSON.stringify([
      await lender.submit(APPLICATION),
      await lender.find(APPLICATION),
      await lender.statusOf({ applicationId: 'B002BJF', personal: PERSONAL }),
    ])

    const hidden = [CONFIG.apiKey, PERSONAL.pan, PERSONAL.email, '9876543210', PERSONAL.lastName]
    for (const text of hidden) expect(outcomes.toLowerCase()).not.toContain(text.toLowerCase())
  })
})

const envelope = (result: unknown, others: object = {}) => ({ message: 'ok', isError: false, result, ...others })
const errorsOf = (...validationErrors: unknown[]) => ({
  isError: true,
  responseException: { exceptionMessage: 'x', validationErrors },
})
const id = APPLICATION.id

/** What is made of a reply, by the client that makes the call. */
const submitWith = (httpStatus: number, body: unknown, application: Application = APPLICATION) =>
  lenderThatAnswers(httpStatus, typeof body === 'string' ? body : JSON.stringify(body)).submit(application)
const findWith = (httpStatus: number, body: unknown) =>
  lenderThatAnswers(httpStatus, typeof body === 'string' ? body : JSON.stringify(body)).find(APPLICATION)
const statusWith = (httpStatus: number, body: unknown) =>
  lenderThatAnswers(httpStatus, typeof body === 'string' ? body : JSON.stringify(body)).statusOf({
    applicationId: 'B002BJF',
    personal: PERSONAL,
  })

describe('a reply to an application', () => {
  it.each<[number, unknown, string]>([
    [200, envelope({ basicAppId: 'B002BJF' }), 'B002BJF'],
    [201, envelope({ basicAppId: ' APP123456789 ' }), 'APP123456789'],
    [200, { result: { basicAppId: 4711 } }, '4711'],
    [200, envelope({ basicAppId: 'x'.repeat(64) }), 'x'.repeat(64)],
    [200, envelope({ id: 'another', basicAppId: 'B1' }), 'B1'],
    // By chance the day of birth, or the PIN code: lenders count, too.
    [200, envelope({ basicAppId: '23111987' }), '23111987'],
    [200, envelope({ basicAppId: 560_071 }), '560071'],
    [200, envelope({ basicAppId: 'APP19871123' }), 'APP19871123'],
    [200, { isError: 'no', result: { basicAppId: 'B1', latestStatus: 7, primaryBorrower: [], applicationComments: 'x' } }, 'B1'],
    [200, envelope({ basicAppId: 'B1', applicationComments: [] }, { responseException: 'none' }), 'B1'],
  ])('%d %j: accepted as %s', async (httpStatus, body, applicationId) => {
    expect(await submitWith(httpStatus, body)).toStrictEqual({
      status: 'accepted',
      application: { applicationId, customerId: null, relationId: null, status: null, response: expect.anything() as unknown },
    })
  })

  it.each<[unknown, string | null, unknown, string | null]>([
    ['C-1', 'C-1', 'R-1', 'R-1'],
    [17, '17', 18, '18'],
    ['', null, 'two words', null],
    ['x'.repeat(65), null, { odd: true }, null],
    [PERSONAL.pan, null, 9_876_543_210, null],
  ])('gives the ids that it knows: %j is %j, %j is %j', async (customerId, customer, refId, relation) => {
    const result = { basicAppId: 'B1', primaryBorrower: { customerId }, applicationComments: [{ refId }, { refId: 'R-2' }] }

    expect(await submitWith(200, envelope(result))).toMatchObject({
      status: 'accepted',
      application: { customerId: customer, relationId: relation },
    })
  })

  it.each<[unknown, string | null]>([
    [{ latestStatus: 'Under Review', applicationStatus: 'Lead' }, 'Under Review'],
    [{ latestStatus: ' \n', applicationStatus: 'Lead' }, 'Lead'],
    [{ latestStatus: null, applicationStatus: 'Lead' }, 'Lead'],
    [{ latestStatus: '  Login \r\n\t done\u0000 \u202e now\u007f ' }, 'Login done now'],
    [{ latestStatus: '\ud83d\ude00'.repeat(101) }, '\ud83d\ude00'.repeat(100)],
    [{ latestStatus: `${'x'.repeat(99)} y` }, 'x'.repeat(99)],
    [{ latestStatus: 'प्रक्रिया में' }, 'प्रक्रिया में'],
    [{ latestStatus: 'Call 98765 43210' }, 'Call [removed]'],
    [{ latestStatus: '\u0007' }, null],
    [{}, null],
  ])('reads the status in %j as %j', async (words, status) => {
    const outcome = await submitWith(200, envelope({ basicAppId: 'B1', ...(words as object) }))

    expect(outcome).toMatchObject({ status: 'accepted', application: { status } })
  })

  it.each<[number, unknown, string, unknown]>([
    [400, 'Bad Request', 'rejected', null],
    [400, '', 'rejected', null],
    [400, { message: 'no' }, 'rejected', { message: 'no' }],
    [422, errorsOf('income too low'), 'validation_failed', expect.objectContaining({ isError: true })],
    [200, errorsOf({ reason: 'x' }), 'validation_failed', expect.objectContaining({ isError: true })],
    [200, { isError: true, responseException: { validationErrors: { pan: ['x'] } } }, 'validation_failed', expect.anything()],
    [409, errorsOf('x'), 'validation_failed', expect.anything()],
    [400, { responseException: { validationErrors: ['x'] } }, 'validation_failed', expect.anything()],
  ])('%d %j: refused as %s', async (httpStatus, body, reason, response) => {
    expect(await submitWith(httpStatus, body)).toStrictEqual({ status: 'refused', reason, response })
  })

  it.each<[number, LenderFailure]>([
    [401, 'provider_auth'],
    [403, 'provider_auth'],
    [404, 'unknown'],
    [405, 'unknown'],
    [429, 'rate_limited'],
    [301, 'unknown'],
    [307, 'unknown'],
  ])('%d: nothing was made, for %s, whatever the body says', async (httpStatus, reason) => {
    for (const body of ['', '<html>', envelope({ basicAppId: 'B1' }), errorsOf('x')]) {
      expect(await submitWith(httpStatus, body)).toStrictEqual({ status: 'failed', reason, httpStatus })
    }
  })

  it.each<[number, unknown, LenderFailure]>([
    [500, errorsOf('x'), 'provider_unavailable'],
    [503, envelope({ basicAppId: 'B1' }), 'provider_unavailable'],
    [408, '', 'unknown'],
    [409, '', 'unknown'],
    [200, '', 'unreadable_reply'],
    [200, ' \n', 'unreadable_reply'],
    [200, 'OK', 'unreadable_reply'],
    [200, 'null', 'unreadable_reply'],
    [200, '[]', 'unreadable_reply'],
    [200, {}, 'unreadable_reply'],
    [200, envelope(null), 'unreadable_reply'],
    [200, envelope('B1'), 'unreadable_reply'],
    [200, envelope([{ basicAppId: 'B1' }]), 'unreadable_reply'],
    [200, envelope({}), 'unreadable_reply'],
    [200, envelope({ basicAppId: '' }), 'unreadable_reply'],
    [200, envelope({ basicAppId: 'x'.repeat(65) }), 'unreadable_reply'],
    [200, envelope({ basicAppId: 'two words' }), 'unreadable_reply'],
    [200, envelope({ basicAppId: 'B\u200b1' }), 'unreadable_reply'],
    [200, envelope({ basicAppId: '..' }), 'unreadable_reply'],
    [200, envelope({ basicAppId: null }), 'unreadable_reply'],
    [200, envelope({ basicAppId: true }), 'unreadable_reply'],
    // It would stand in the open.
    [200, envelope({ basicAppId: PERSONAL.pan }), 'unreadable_reply'],
    [200, envelope({ basicAppId: PERSONAL.pan.toLowerCase() }), 'unreadable_reply'],
    [200, envelope({ basicAppId: PERSONAL.phone }), 'unreadable_reply'],
    [200, envelope({ basicAppId: PERSONAL.email }), 'unreadable_reply'],
    [200, envelope({ basicAppId: Number(PERSONAL.phone.slice(3)) }), 'unreadable_reply'],
    [200, { isError: true, result: { basicAppId: 'B1' } }, 'unknown'],
    [200, { isError: true, responseException: { validationErrors: [] } }, 'unknown'],
    [200, { isError: true, responseException: { validationErrors: null } }, 'unknown'],
  ])('%d %j: it may have been made (%s)', async (httpStatus, body, reason) => {
    expect(await submitWith(httpStatus, body)).toStrictEqual({ status: 'unknown', reason, httpStatus })
  })

  it('keeps the reply without the customer, and without growing with it', async () => {
    const result = { id, basicAppId: 'B1', primaryBorrower: { fullName: 'x' }, history: 'x'.repeat(9000) }
    const kept = async (body: unknown) => {
      const outcome: SubmitOutcome = await submitWith(200, body)
      return outcome.status === 'accepted' && outcome.application.response
    }

    expect(await kept(envelope({ ...result, history: [] }))).toStrictEqual(
      envelope({ id, basicAppId: 'B1', primaryBorrower: { fullName: '[removed]' }, history: [] }),
    )
    expect(await kept(envelope(result))).toMatchObject({ truncated: true, message: 'ok', result: { id, basicAppId: 'B1' } })
    expect(JSON.stringify(await kept(envelope(result)))).not.toContain('history')
  })
})

describe('a reply to the question for an application', () => {
  const found = (applicationId: string) => ({ status: 'found', application: { applicationId } })

  it.each<[unknown, string]>([
    [{ id, basicAppId: 'B1' }, 'B1'],
    [{ id: id.toUpperCase(), basicAppId: 'B1' }, 'B1'],
    [{ basicAppId: 'B1' }, 'B1'],
    [{ id: null, basicAppId: 'B1' }, 'B1'],
    [{ id: '', basicAppId: 'B1' }, 'B1'],
    [[{ id: 'another', basicAppId: 'B1' }, 'odd', { id: id.toUpperCase(), basicAppId: 'B2' }], 'B2'],
  ])('finds ours in %j', async (result, applicationId) => {
    expect(await findWith(200, envelope(result))).toMatchObject(found(applicationId))
  })

  it.each<[number, unknown]>([
    [404, ''],
    [404, envelope({ id, basicAppId: 'B1' })],
    [200, ''],
    [200, ' \n'],
    [200, envelope(null)],
    [200, { result: null }],
    [200, envelope([])],
    [200, envelope({ id: 'another', basicAppId: 'B1' })],
    [200, envelope([{ id: 'another', basicAppId: 'B1' }, { id: 'third' }])],
  ])('%d %j: there is none', async (httpStatus, body) => {
    expect(await findWith(httpStatus, body)).toStrictEqual({ status: 'not_found' })
  })

  it.each<[number, unknown, LenderFailure]>([
    [200, 'OK', 'unreadable_reply'],
    [200, 'null', 'unreadable_reply'],
    [200, {}, 'unreadable_reply'],
    [200, envelope('B1'), 'unreadable_reply'],
    [200, envelope({}), 'unreadable_reply'],
    [200, envelope({ id }), 'unreadable_reply'],
    [200, envelope([{ id }]), 'unreadable_reply'],
    [200, envelope({ id, basicAppId: PERSONAL.pan }), 'unreadable_reply'],
    // Whose these are is not said.
    [200, envelope([{ basicAppId: 'B1' }]), 'unreadable_reply'],
    [200, envelope([{ id: 'another' }, { basicAppId: 'B1' }]), 'unreadable_reply'],
    [200, { isError: true, result: null }, 'unknown'],
    [400, errorsOf('x'), 'unknown'],
    [302, '', 'unknown'],
    [401, '', 'provider_auth'],
    [403, '', 'provider_auth'],
    [429, '', 'rate_limited'],
    [500, '', 'provider_unavailable'],
  ])('%d %j: it cannot be told (%s)', async (httpStatus, body, reason) => {
    expect(await findWith(httpStatus, body)).toStrictEqual({ status: 'unknown', reason, httpStatus })
  })
})

describe('a reply to the question how an application stands', () => {
  it.each<[unknown, string]>([
    [{ latestStatus: 'Sanctioned' }, 'Sanctioned'],
    [{ applicationStatus: 'Lead' }, 'Lead'],
    [
      [
        { basicAppId: 'B1', latestStatus: 'x' },
        { basicAppId: 'b002bjf', latestStatus: 'Sanctioned' },
      ],
      'Sanctioned',
    ],
    [{ latestStatus: `Call 0${PERSONAL.phone.slice(3)} or mail a@b.example` }, 'Call 0[removed] or mail [removed]'],
  ])('reads %j as %s', async (result, text) => {
    expect(await statusWith(200, envelope(result))).toStrictEqual({ status: 'found', text })
  })

  it.each<[number, unknown]>([
    [404, ''],
    [200, ''],
    [200, envelope(null)],
    [200, envelope([{ basicAppId: 'B1', latestStatus: 'x' }])],
  ])('%d %j: there is none', async (httpStatus, body) => {
    expect(await statusWith(httpStatus, body)).toStrictEqual({ status: 'not_found' })
  })

  it.each<[number, unknown, LenderFailure]>([
    [200, envelope({ basicAppId: 'B002BJF' }), 'unreadable_reply'],
    [200, envelope({ latestStatus: '\n' }), 'unreadable_reply'],
    [200, envelope([{ latestStatus: 'x' }]), 'unreadable_reply'],
    [200, envelope('Sanctioned'), 'unreadable_reply'],
    [200, { isError: true, result: { latestStatus: 'x' } }, 'unknown'],
    [401, '', 'provider_auth'],
    [502, '', 'provider_unavailable'],
  ])('%d %j: it cannot be told (%s)', async (httpStatus, body, reason) => {
    expect(await statusWith(httpStatus, body)).toStrictEqual({ status: 'unknown', reason, httpStatus })
  })
})
