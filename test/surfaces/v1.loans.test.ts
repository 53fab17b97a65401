import { env } from 'cloudflare:workers'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { provide } from '../../src/compose'
import { toIntent } from '../../src/payments/change'
import { recordChange } from '../../src/payments/record-change'
import { databaseThat, failing, hanging } from '../support/broken'
import { expectDocumented } from '../support/conformance'
import { uniqueLenderId } from '../support/loans'
import { T0 } from '../support/pure-gate'
import { createService, uniquePhone } from '../support/service'

const PATH = '/v1/loans'
const KEY = 'the-key-of-the-operator-32-characters-and-more'
const PENDING = { id: 1, code: 'pending', name: 'Pending' }
const PARTIAL = { id: 2, code: 'partially_paid', name: 'Partially Paid' }
const PAID = { id: 3, code: 'paid', name: 'Paid' }
const CASH = { id: 1, code: 'cash', name: 'Cash' }
const NOW = '2026-11-21T06:30:00Z'
const APPLICANT = { applicant: { phone: '+919876543210' } }

interface Issue {
  readonly path: string
  readonly message: string
}
interface Problem {
  readonly code: string
  readonly errors?: readonly Issue[]
  readonly rows?: readonly { readonly row: number; readonly id: string | null; readonly errors: readonly Issue[] }[]
}
interface Loan {
  readonly repayments: readonly { readonly id: string; readonly amount_due: string }[]
}

/** The Worker's answers, each held against `openapi.json`. */
function createLoanService(changes: Record<string, unknown> = {}) {
  const service = createService(changes)
  return async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
    const init = body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }
    const type = body === undefined ? {} : { 'content-type': 'application/json' }
    const response = await service.request(path, { method, headers: { ...type, ...headers }, ...init })
    await expectDocumented({ method, path }, response)
    return response
  }
}

const request = createLoanService()
const get = async <T = unknown>(path: string) => (await request('GET', path)).json<T>()

async function create(changes: object = {}) {
  const id = uniqueLenderId()
  const response = await request('POST', PATH, { id, ...changes })
  return { id, response }
}

async function expectProblem(response: Response, status: number, code: string) {
  expect(response.headers.get('content-type')).toBe('application/problem+json')
  const problem = await response.json<Problem>()
  expect([response.status, problem.code]).toStrictEqual([status, code])
  return problem
}

const pathsOf = ({ errors = [] }: Problem) => errors.map(({ path }) => path)

/** A repayment as it is answered. */
const repaymentBody = (changes: object = {}) => ({
  id: '456',
  amount_due: '5000.00',
  amount_collected: '0.00',
  amount_outstanding: '5000.00',
  status: PENDING,
  payment_mode: null,
  due_on: null,
  version: 1,
  updated_at: NOW,
  ...changes,
})

beforeAll(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: T0 })
})
afterAll(() => {
  vi.useRealTimers()
})

describe('POST /v1/loans', () => {
  it('creates a loan, says where it is, and shows it without its numbers', async () => {
    const { id, response } = await create({
      currency: 'INR',
      payee: ' Prosparity ',
      contacts: { applicant: { phone: '098765 43210' }, co_applicant: { phone: null } },
      repayments: [
        { id: 10, amount_due: '5000' },
        { id: 9, amount_due: 5000, amount_collected: 5000.0, payment_mode: 1, due_on: '2027-01-05' },
        { id: 'a.1', amount_due: '5000.00', amount_collected: '1250.5', payment_mode: 'cash', due_on: '2026-12-05' },
        { id: '2', amount_due: '0.10', status: 'overdue' },
      ],
    })
    expect(response.status).toBe(201)
    expect(response.headers.get('location')).toBe(`${PATH}/${id}`)
    const body = await response.json()
    expect(body).toStrictEqual({
      id,
      currency: 'INR',
      payee: 'Prosparity',
      created_at: NOW,
      contacts: [
        { contact_type: 'applicant', phone: '+91********10', version: 1 },
        { contact_type: 'co_applicant', phone: null, version: 1 },
      ],
      repayments: [
        repaymentBody({
          id: 'a.1',
          amount_collected: '1250.50',
          amount_outstanding: '3749.50',
          status: PARTIAL,
          payment_mode: CASH,
          due_on: '2026-12-05',
        }),
        repaymentBody({
          id: '9',
          amount_collected: '5000.00',
          amount_outstanding: '0.00',
          status: PAID,
          payment_mode: CASH,
          due_on: '2027-01-05',
        }),
        repaymentBody({
          id: '2',
          amount_due: '0.10',
          amount_outstanding: '0.10',
          status: { id: 4, code: 'overdue', name: 'Overdue' },
        }),
        repaymentBody({ id: '10' }),
      ],
    })
    expect(await get(response.headers.get('location')!)).toStrictEqual(body)
  })

  it('takes an id alone, as a number too: in rupees, for what messages call the app', async () => {
    const id = Number(uniqueLenderId())
    const response = await createLoanService({ APP_NAME: 'Homi' })('POST', PATH, { id })
    const empty = { currency: 'INR', payee: 'Homi', created_at: NOW, contacts: [], repayments: [] }
    expect(await response.json()).toStrictEqual({ id: String(id), ...empty })
    expect(await (await create()).response.json()).toMatchObject({ payee: 'Prosparity' })
  })

  it.each([
    ['5000', '5000.00'],
    ['5000.0', '5000.00'],
    ['5000.00', '5000.00'],
    ['"5000"', '5000.00'],
    ['"5000.0"', '5000.00'],
    ['70368744177.65', '70368744177.65'],
    ['99999999999.99', '99999999999.99'],
    // More digits than a double holds: 999999999999.99 is 999999999999.98999… there.
    ['999999999999.990000', '999999999999.99'],
    ['0.29', '0.29'],
  ])('keeps an amount that is written %s exactly: %s', async (written, amount_due) => {
    const id = uniqueLenderId()
    const response = await request('POST', PATH, `{"id":${id},"repayments":[{"id":1,"amount_due":${written}}]}`)
    expect((await response.json<Loan>()).repayments[0]!.amount_due).toBe(amount_due)
    expect((await get<Loan>(`${PATH}/${id}`)).repayments[0]!.amount_due).toBe(amount_due)
  })

  it.each([
    '4503599627370497.5',
    '1e15',
    '5e3',
    '1e-2',
    '-1',
    '0.30000000000000004',
    '0',
    '0.001',
    '"5e3"',
    '"NaN"',
    'null',
    '[1]',
  ])('refuses %s for an amount', async (written) => {
    const id = uniqueLenderId()
    const response = await request('POST', PATH, `{"id":${id},"repayments":[{"id":1,"amount_due":${written}}]}`)
    expect(pathsOf(await expectProblem(response, 400, 'invalid_request'))).toStrictEqual(['repayments.0.amount_due'])
    await expectProblem(await request('GET', `${PATH}/${id}`), 404, 'loan_not_found')
  })

  it('keeps amounts with the decimals of their currency', async () => {
    const repayments = [{ id: '1', amount_due: '5000.125' }]
    const dinar = (await create({ currency: 'KWD', repayments })).response
    expect((await dinar.json<Loan>()).repayments[0]!.amount_due).toBe('5000.125')
    const yen = await expectProblem((await create({ currency: 'JPY', repayments })).response, 400, 'invalid_request')
    expect(pathsOf(yen)).toStrictEqual(['repayments.0.amount_due'])
  })

  const BAD: readonly (readonly [string, object, readonly string[]])[] = [
    ['no id', { id: undefined }, ['id']],
    ['an id that no address can have', { id: 'a/b' }, ['id']],
    ['an id of dots', { id: '..' }, ['id']],
    ['a fraction for an id', { id: 1.5 }, ['id']],
    ['a currency in small letters', { currency: 'inr' }, ['currency']],
    ['an unknown currency', { currency: 'XYZ' }, ['currency']],
    ['an empty payee', { payee: '  ' }, ['payee']],
    ['a long payee', { payee: 'x'.repeat(41) }, ['payee']],
    ['a payee with a place for a value', { payee: '{{otp_code}}' }, ['payee']],
    ['a payee of two lines', { payee: 'Pay\nme' }, ['payee']],
    ['a payee that turns the writing around', { payee: 'Pay\u202Eme' }, ['payee']],
    ['a payee with a control character', { payee: 'Pay\u0007me' }, ['payee']],
    ['an unknown contact', { contacts: { guarantor: { phone: '+919876543210' } } }, ['contacts']],
    ['a number that is none', { contacts: { applicant: { phone: '788888888' } } }, ['contacts.applicant.phone']],
    ['a number as a number', { contacts: { applicant: { phone: 9_876_543_210 } } }, ['contacts.applicant.phone']],
    ['repayments that are no list', { repayments: {} }, ['repayments']],
    ['a repayment of nothing', { repayments: [{ id: '1', amount_due: '0' }] }, ['repayments.0.amount_due']],
    ['a day that is none', { repayments: [{ id: '1', amount_due: '1', due_on: '2026-02-29' }] }, ['repayments.0.due_on']],
    ['a time for a day', { repayments: [{ id: '1', amount_due: '1', due_on: NOW }] }, ['repayments.0.due_on']],
    ['one repayment twice', { repayments: ['1', 1].map((id) => ({ id, amount_due: '1' })) }, ['repayments.1.id']],
    ['too many repayments', { repayments: Array.from({ length: 601 }, (_, id) => ({ id, amount_due: 1 })) }, ['repayments']],
    ['unknown fields', { name: 'x', repayments: [{ id: '1', amount_due: '1', paid: true }] }, ['repayments.0', '']],
  ]
  it.each(BAD)('refuses %s, and names each fault', async (_title, changes, paths) => {
    // The largest of them is beyond what a request may have here.
    const service = createLoanService({ BODY_LIMIT_BYTES: '65536' })
    const response = await service('POST', PATH, { id: uniqueLenderId(), ...changes })
    const problem = await expectProblem(response, 400, 'invalid_request')
    expect(pathsOf(problem).toSorted()).toStrictEqual([...paths].toSorted())
  })

  it('says why a number is refused', async () => {
    const { response } = await create({ contacts: { applicant: { phone: '788888888' } } })
    const { errors } = await expectProblem(response, 400, 'invalid_request')
    expect(errors![0]!.message).toBe('The number has too few digits.')
  })

  it('refuses an id that is taken, and changes nothing', async () => {
    const { id, response } = await create({ repayments: [{ id: '1', amount_due: '1' }] })
    const before = await response.json()
    const again = await request('POST', PATH, { id, payee: 'Another', repayments: [{ id: '2', amount_due: '1' }] })
    expect((await expectProblem(again, 409, 'loan_exists')).errors).toStrictEqual([{ path: 'id', message: 'exists already' }])
    expect(await get(`${PATH}/${id}`)).toStrictEqual(before)
  })

  it('of ten at once lets one in', async () => {
    const body = { id: uniqueLenderId(), contacts: { applicant: { phone: uniquePhone() } } }
    const responses = await Promise.all(Array.from({ length: 10 }, () => request('POST', PATH, body)))
    expect(responses.map(({ status }) => status).toSorted((a, b) => a - b)).toStrictEqual([201, ...Array(9).fill(409)])
  })
})

describe('POST /v1/loans/import', () => {
  const aRow = (changes: object = {}) => ({
    id: uniqueLenderId(),
    contacts: { applicant: { phone: uniquePhone() } },
    repayments: [{ id: 1, amount_due: 1234.5, due_on: '2026-12-05' }],
    ...changes,
  })

  it('takes a thousand loans with ten repayments each', async () => {
    const repayments = Array.from({ length: 10 }, (_, id) => ({ id, amount_due: '5000.00', due_on: '2026-12-05' }))
    const loans = Array.from({ length: 1_000 }, () => aRow({ repayments }))
    const response = await request('POST', `${PATH}/import`, { loans })
    expect([response.status, await response.json()]).toStrictEqual([200, { imported: 1_000, repayments: 10_000 }])
    const last = await get<Loan>(`${PATH}/${loans.at(-1)!.id}`)
    expect(last).toMatchObject({ currency: 'INR', payee: 'Prosparity', contacts: [{ contact_type: 'applicant' }] })
    expect(last.repayments).toHaveLength(10)
  })

  it('reads amounts digit by digit there, too', async () => {
    const row = aRow({ repayments: [{ id: 1, amount_due: 'AMOUNT' }] })
    const body = JSON.stringify({ loans: [row] }).replace('"AMOUNT"', '70368744177.650')
    expect((await request('POST', `${PATH}/import`, body)).status).toBe(200)
    expect((await get<Loan>(`${PATH}/${row.id}`)).repayments[0]!.amount_due).toBe('70368744177.65')
  })

  it('takes all or nothing, and lists the mistakes of each row', async () => {
    const taken = await create()
    const good = aRow()
    const loans = [
      good,
      { id: 'x y' },
      { id: taken.id },
      aRow({ id: 7, currency: 'XYZ', extra: 1 }),
      null,
      'loan',
      [],
      aRow({ id: 8, currency: 'XYZ', contacts: { co_applicant: { phone: '1' } } }),
      { ...aRow(), id: Number(good.id) },
      aRow({ repayments: [{ id: 1 }, { id: 1, amount_due: '1', amount_collected: '2' }] }),
      aRow(),
    ]
    const response = await request('POST', `${PATH}/import`, { loans })
    const { rows } = await expectProblem(response, 422, 'import_refused')
    const brief = rows!.map(({ row, id, errors }) => [row, id, errors.map(({ path }) => path)])
    expect(brief).toStrictEqual([
      [1, null, ['id']],
      [2, taken.id, ['id']],
      [3, '7', ['']],
      [4, null, ['']],
      [5, null, ['']],
      [6, null, ['']],
      [7, '8', ['currency', 'contacts.co_applicant.phone']],
      [8, good.id, ['id']],
      [9, (loans[9] as { id: string }).id, ['repayments.0.amount_due']],
    ])
    expect(rows![3]!.errors[0]!.message).toBe('must be an object')
    await expectProblem(await request('GET', `${PATH}/${good.id}`), 404, 'loan_not_found')
  })

  it('refuses what was imported before, row by row', async () => {
    const loans = [aRow(), aRow()]
    expect((await request('POST', `${PATH}/import`, { loans })).status).toBe(200)
    const { rows } = await expectProblem(
      await request('POST', `${PATH}/import`, { loans: [aRow(), ...loans] }),
      422,
      'import_refused',
    )
    expect(rows!.map(({ row, id }) => [row, id])).toStrictEqual([
      [1, loans[0]!.id],
      [2, loans[1]!.id],
    ])
  })

  it.each<[string, object]>([
    ['no list', {}],
    ['an empty list', { loans: [] }],
    ['something else', { loans: { id: '1' } }],
    ['more than a thousand loans', { loans: Array.from({ length: 1_001 }, (_, id) => ({ id })) }],
    ['more than 25,000 repayments', { loans: Array.from({ length: 50 }, () => ({ repayments: Array(501).fill(0) })) }],
  ])('refuses %s', async (_title, body) => {
    const problem = await expectProblem(await request('POST', `${PATH}/import`, body), 400, 'invalid_request')
    expect(pathsOf(problem)).toStrictEqual(['loans'])
  })

  it('refuses a body that is larger than an import can be', async () => {
    const body = JSON.stringify({ loans: [{ id: 'x'.repeat(4 * 1024 * 1024) }] })
    await expectProblem(await request('POST', `${PATH}/import`, body), 413, 'payload_too_large')
  })
})

describe('POST /v1/loans/{id}/repayments', () => {
  it('adds to a loan, and answers with all of it', async () => {
    const { id } = await create({ repayments: [{ id: '1', amount_due: '1' }] })
    const body = {
      repayments: [
        { id: '3', amount_due: 2.5 },
        { id: '2', amount_due: '3', amount_collected: 3, payment_mode: 'upi' },
      ],
    }
    const response = await request('POST', `${PATH}/${id}/repayments`, body)
    expect(response.status).toBe(201)
    expect(response.headers.get('location')).toBe(`${PATH}/${id}`)
    const loan = await response.json<Loan>()
    expect(loan.repayments.map((one) => [one.id, one.amount_due])).toStrictEqual([
      ['1', '1.00'],
      ['2', '3.00'],
      ['3', '2.50'],
    ])
    expect(await get(`${PATH}/${id}`)).toStrictEqual(loan)
  })

  it('adds all or nothing', async () => {
    const { id, response } = await create({ repayments: ['1', '2'].map((one) => ({ id: one, amount_due: '1' })) })
    const before = await response.json()
    const add = async (repayments: readonly object[]) => request('POST', `${PATH}/${id}/repayments`, { repayments })

    const taken = ['3', '2', '1'].map((one) => ({ id: one, amount_due: '1' }))
    expect(pathsOf(await expectProblem(await add(taken), 409, 'loan_exists')).toSorted()).toStrictEqual([
      'repayments.1.id',
      'repayments.2.id',
    ])
    const wrong = [
      { id: '3', amount_due: '1' },
      { id: '4', amount_due: '1.001' },
      { id: '3', amount_due: '1' },
    ]
    expect(pathsOf(await expectProblem(await add(wrong), 400, 'invalid_request'))).toStrictEqual([
      'repayments.1.amount_due',
      'repayments.2.id',
    ])
    expect(pathsOf(await expectProblem(await add([]), 400, 'invalid_request'))).toStrictEqual(['repayments'])
    expect(await get(`${PATH}/${id}`)).toStrictEqual(before)
  })

  it('refuses a loan that is not there', async () => {
    const response = await request('POST', `${PATH}/none/repayments`, { repayments: [{ id: '1', amount_due: '1' }] })
    await expectProblem(response, 404, 'loan_not_found')
  })
})

describe('GET /v1/loans', () => {
  it('pages through all of them, by id', async () => {
    const prefix = `list-${uniqueLenderId()}`
    const ids = Array.from({ length: 5 }, (_, index) => `${prefix}-${String(index)}`)
    await request('POST', `${PATH}/import`, { loans: ids.toReversed().map((id) => ({ id, payee: 'Prosparity' })) })
    const seen: unknown[] = []
    let cursor: string | null = prefix
    for (let pages = 0; cursor !== null && pages < 3; pages++) {
      const page: { loans: { id: string }[]; next_cursor: string | null } = await get(`${PATH}?limit=2&cursor=${cursor}`)
      seen.push(...page.loans.filter(({ id }) => id.startsWith(prefix)))
      cursor = page.next_cursor
    }
    expect(seen).toStrictEqual(ids.map((id) => ({ id, currency: 'INR', payee: 'Prosparity', created_at: NOW })))
  })

  it('has twenty on a page, and none behind the last', async () => {
    await request('POST', `${PATH}/import`, { loans: Array.from({ length: 21 }, () => ({ id: uniqueLenderId() })) })
    expect((await get<{ loans: unknown[] }>(PATH)).loans).toHaveLength(20)
    expect(await get(`${PATH}?cursor=${'z'.repeat(64)}`)).toStrictEqual({ loans: [], next_cursor: null })
  })

  it.each(['limit=0', 'limit=101', 'limit=1.5', 'limit=x', 'cursor=', 'cursor=a%20b', 'cursor=a&cursor=b', 'page=2'])(
    'refuses ?%s',
    async (query) => {
      await expectProblem(await request('GET', `${PATH}?${query}`), 400, 'invalid_request')
    },
  )
})

describe('GET /v1/loans/{id}', () => {
  it.each(['none', 'import', 'x'.repeat(65), '%27%20or%201=1'])('knows no loan %s', async (id) => {
    await expectProblem(await request('GET', `${PATH}/${id}`), 404, 'loan_not_found')
  })

  it('shows a status that the operator has taken away by its number', async () => {
    const { id } = await create({ repayments: [{ id: '1', amount_due: '1' }] })
    await env.DB.prepare('UPDATE repayment SET status_id = 77, payment_mode_id = 78 WHERE loan_id = ?').bind(id).run()
    const gone = { status: { id: 77, code: '77', name: '77' }, payment_mode: { id: 78, code: '78', name: '78' } }
    expect((await get<Loan>(`${PATH}/${id}`)).repayments[0]).toMatchObject(gone)
  })
})

describe('GET /v1/loans/{id}/repayments/{repayment_id}', () => {
  it('shows every change, the oldest first', async () => {
    const { id } = await create({ contacts: APPLICANT, repayments: [{ id: '456', amount_due: '5000' }] })
    await confirm(id, 1, 2, 124_950)
    await confirm(id, 2, 3, 375_050)

    const entry = { at: NOW, payment_mode: CASH, contact_type: 'applicant', surface: 'v1', request_id: 'req-1' }
    expect(await get(`${PATH}/${id}/repayments/456`)).toStrictEqual({
      loan_id: id,
      currency: 'INR',
      ...repaymentBody({
        amount_collected: '5000.00',
        amount_outstanding: '0.00',
        status: PAID,
        payment_mode: CASH,
        version: 3,
      }),
      history: [
        {
          ...entry,
          version: 2,
          from_status: PENDING,
          to_status: PARTIAL,
          amount: '1249.50',
          amount_collected: '1249.50',
          verification_id: 'ver_1',
          communication_id: 'com_1',
          requested_by: 'agent-17',
        },
        {
          ...entry,
          version: 3,
          from_status: PARTIAL,
          to_status: PAID,
          amount: '3750.50',
          amount_collected: '5000.00',
          verification_id: 'ver_2',
          communication_id: null,
          requested_by: null,
        },
      ],
    })
  })

  it('has no changes at first, and none of another repayment', async () => {
    const { id } = await create({
      contacts: APPLICANT,
      repayments: ['456', '457'].map((one) => ({ id: one, amount_due: '5000' })),
    })
    await confirm(id, 1, 3, 500_000)
    expect(await get(`${PATH}/${id}/repayments/457`)).toMatchObject({ version: 1, history: [] })
  })

  it('knows neither a loan nor a repayment that is not there', async () => {
    const { id } = await create({ repayments: [{ id: '456', amount_due: '1' }] })
    await expectProblem(await request('GET', `${PATH}/${id}/repayments/457`), 404, 'repayment_not_found')
    await expectProblem(await request('GET', `${PATH}/none/repayments/456`), 404, 'loan_not_found')
  })
})

describe('the reference tables', () => {
  it('are shown as they are', async () => {
    const statuses = [
      { ...PENDING, kind: 'open' },
      { ...PARTIAL, kind: 'partial' },
      { ...PAID, kind: 'paid' },
      { id: 4, code: 'overdue', name: 'Overdue', kind: 'open' },
    ]
    expect(await get('/v1/repayment-statuses')).toStrictEqual({ repayment_statuses: statuses })
    const modes = { payment_modes: [CASH, { id: 2, code: 'upi', name: 'UPI' }, { id: 3 }, { id: 4 }, { id: 5 }] }
    expect(await get('/v1/payment-modes')).toMatchObject(modes)
  })
})

const ROUTES: readonly { readonly method: string; readonly path: string; readonly body?: object }[] = [
  { method: 'POST', path: PATH, body: { id: 'new' } },
  { method: 'POST', path: `${PATH}/import`, body: { loans: [{ id: 'new' }] } },
  { method: 'POST', path: `${PATH}/123/repayments`, body: { repayments: [{ id: '1', amount_due: '1' }] } },
  { method: 'GET', path: PATH },
  { method: 'GET', path: `${PATH}/123` },
  { method: 'GET', path: `${PATH}/123/repayments/456` },
  { method: 'GET', path: '/v1/repayment-statuses' },
  { method: 'GET', path: '/v1/payment-modes' },
]

describe.each(ROUTES)('$method $path', ({ method, path, body }) => {
  it("wants the operator's key where one is set", async () => {
    const closed = createLoanService({ ADMIN_API_KEY: KEY })
    await expectProblem(await closed(method, path, body), 401, 'unauthorized')
    await expectProblem(await closed(method, path, body, { authorization: `Bearer ${KEY}x` }), 401, 'unauthorized')
    const response = await closed(method, path, body, { authorization: `Bearer ${KEY}` })
    expect([200, 201, 404]).toContain(response.status)
    await env.DB.prepare("DELETE FROM loan WHERE id = 'new'").run()
  })

  it('is a 503 where D1 fails', async () => {
    const response = await createLoanService({ DB: databaseThat(failing) })(method, path, body)
    await expectProblem(response, 503, 'dependency_unavailable')
  })
})

it.each(ROUTES.slice(0, 4))('$method $path is a 503 where D1 does not answer', async ({ method, path, body }) => {
  const response = await createLoanService({ DB: databaseThat(hanging) })(method, path, body)
  await expectProblem(response, 503, 'dependency_unavailable')
})

describe('what is answered and kept', () => {
  it('has no number in clear, and no hash of one', async () => {
    const phone = uniquePhone()
    const contacts = { applicant: { phone }, co_applicant: { phone: phone.slice(3) } }
    const { id, response } = await create({ contacts, repayments: [{ id: '1', amount_due: '1' }] })
    const added = await request('POST', `${PATH}/${id}/repayments`, { repayments: [{ id: '2', amount_due: '1' }] })
    const paths = [PATH, `${PATH}/${id}`, `${PATH}/${id}/repayments/1`]
    const bodies = await Promise.all([
      response.text(),
      added.text(),
      ...paths.map(async (path) => (await request('GET', path)).text()),
    ])

    const { results: tables } = await env.DB.prepare(
      `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\' AND name NOT LIKE 'sqlite%'`,
    ).all<{ name: string }>()
    const dumps = await Promise.all(tables.map(({ name }) => env.DB.prepare(`SELECT * FROM "${name}"`).all()))
    const dump = JSON.stringify(dumps.map(({ results }) => results))
    const hash = await provide(env).hashPhone(phone)
    expect(dump).toContain(hash)
    expect(bodies.join('\n')).toContain(id)
    for (const text of [...bodies, dump]) expect(text).not.toContain(phone.slice(3))
    for (const text of bodies) expect(text).not.toContain(hash)
  })
})

/** Puts a change into the history, as a right code does: by the applicant, in cash. */
async function confirm(loanId: string, basis: number, status: number, amount: number): Promise<void> {
  const { db } = provide(env)
  const intent = await toIntent({
    loan_id: loanId,
    repayment_id: '456',
    contact_type: 'applicant',
    repayment_status: status,
    amount,
    currency: 'INR',
    payment_mode_id: 1,
    payee: 'Prosparity',
    basis_version: basis,
    contact_version: 1,
    requested_by: basis === 1 ? 'agent-17' : null,
  })
  const approval = {
    verificationId: `ver_${String(basis)}`,
    acceptedAt: T0,
    communicationId: basis === 1 ? 'com_1' : null,
    surface: 'v1',
    requestId: 'req-1',
    intent,
  }
  expect(await recordChange(db, approval)).toBeDefined()
}
