import { describe, expect, it, vi } from 'vitest'
import { createService, uniquePhone, wrongCode } from '../support/service'
import { useStandInAndFakeTime } from './contract'
import { expectRefusal } from './contract/surface'
import { FOREIGN_ID, v1 } from './contract/v1'

const PATH = '/v1/verifications'
const service = createService()

async function create(phone: string, facts: object = {}): Promise<string> {
  const response = await service.post(PATH, { to: phone, ...facts })
  expect(response.status).toBe(201)
  const { id } = await response.json<{ id: string }>()
  return id
}
const checkById = (id: string, body: object, headers = {}) => service.post(`${PATH}/${id}/check`, body, headers)
const checkByNumber = (phone: string, code: string, facts: object = {}) =>
  service.post(`${PATH}/check`, { to: phone, code, ...facts })

async function expectChecked(response: Response, expected: object) {
  expect([response.status, await response.json()]).toEqual([200, expected])
}

describe('a check by id', () => {
  const { vendor } = useStandInAndFakeTime()

  it('tells right from wrong in the body, and locks after the last guess', async () => {
    const phone = uniquePhone()
    const id = await create(phone)
    const code = vendor().lastCode(phone)!

    for (const left of [4, 3, 2, 1]) {
      await expectChecked(await checkById(id, { code: wrongCode(code) }), {
        id,
        status: 'pending',
        valid: false,
        guesses_left: left,
      })
    }
    await expectChecked(await checkById(id, { code: wrongCode(code) }), { id, status: 'locked', valid: false, guesses_left: 0 })
    await expectRefusal(v1, await checkById(id, { code }), { code: 'too_many_guesses', retryAfter: 60 })
  })

  it('approves once', async () => {
    const phone = uniquePhone()
    const id = await create(phone)
    const code = vendor().lastCode(phone)!

    await expectChecked(await checkById(id, { code }), { id, status: 'approved', valid: true, guesses_left: 4 })
    await expectRefusal(v1, await checkById(id, { code }), { code: 'verification_not_found' })
  })

  it('says 410 when the time is over', async () => {
    const phone = uniquePhone()
    const id = await create(phone)
    vi.advanceTimersByTime(300_000)

    await expectRefusal(v1, await checkById(id, { code: vendor().lastCode(phone)! }), { code: 'code_expired' })
  })

  it('answers a repeated request as before, and weighs another code under the same id on its own', async () => {
    const phone = uniquePhone()
    const id = await create(phone)
    const code = vendor().lastCode(phone)!
    const again = { 'x-request-id': crypto.randomUUID() }

    for (let times = 0; times < 7; times++) {
      await expectChecked(await checkById(id, { code: wrongCode(code) }, again), {
        id,
        status: 'pending',
        valid: false,
        guesses_left: 4,
      })
    }
    await expectChecked(await checkById(id, { code }, again), { id, status: 'approved', valid: true, guesses_left: 3 })
    await expectChecked(await checkById(id, { code }, again), { id, status: 'approved', valid: true, guesses_left: 3 })
    vi.advanceTimersByTime(60_000)
    await expectRefusal(v1, await checkById(id, { code }, again), { code: 'verification_not_found' })
  })

  it('takes the code without its binding, which the id stands for, and refuses it with another', async () => {
    const phone = uniquePhone()
    const id = await create(phone, { purpose: 'payment', binding: { loan: '1', repayment: '2' } })
    const code = vendor().lastCode(phone)!

    for (const [binding, left] of [[{ loan: '1' }, 4] as const, [{}, 3] as const, [{ loan: '2', repayment: '1' }, 2] as const]) {
      await expectChecked(await checkById(id, { code, binding }), { id, status: 'pending', valid: false, guesses_left: left })
    }
    await expectChecked(await checkById(id, { code, binding: { repayment: '2', loan: '1' } }), {
      id,
      status: 'approved',
      valid: true,
      guesses_left: 1,
    })
    vi.advanceTimersByTime(60_000)
    const next = await create(phone, { purpose: 'payment', binding: { loan: '1', repayment: '2' } })
    const valid = { id: next, status: 'approved', valid: true, guesses_left: 4 }
    await expectChecked(await checkById(next, { code: vendor().lastCode(phone)! }), valid)
  })
})

describe('a check by number', () => {
  const { vendor } = useStandInAndFakeTime()

  it('finds the verification by purpose and binding, and gives its id', async () => {
    const phone = uniquePhone()
    const id = await create(phone, { purpose: 'payment', binding: { loan: '1' } })
    const code = vendor().lastCode(phone)!

    await expectRefusal(v1, await checkByNumber(phone, code), { code: 'verification_not_found' })
    await expectRefusal(v1, await checkByNumber(phone, code, { purpose: 'payment' }), { code: 'verification_not_found' })
    await expectRefusal(v1, await checkByNumber(phone, code, { binding: { loan: '1' } }), { code: 'verification_not_found' })
    const other = { purpose: 'payment', binding: { loan: '2' } }
    await expectRefusal(v1, await checkByNumber(phone, code, other), { code: 'verification_not_found' })
    const right = { purpose: 'payment', binding: { loan: '1' } }
    await expectChecked(await checkByNumber(phone, code, right), { id, status: 'approved', valid: true, guesses_left: 4 })
  })

  it('refuses the code of one purpose for another, while both are live', async () => {
    const phone = uniquePhone()
    const login = await create(phone, { purpose: 'login' })
    const loginCode = vendor().lastCode(phone)!
    vi.advanceTimersByTime(60_000)
    const payment = await create(phone, { purpose: 'payment' })
    // One in a million: both have the same code.
    const paymentCode = vendor().lastCode(phone)!
    expect(paymentCode).not.toBe(loginCode)

    const wrong = { status: 'pending', valid: false, guesses_left: 4 }
    await expectChecked(await checkByNumber(phone, loginCode, { purpose: 'payment' }), { id: payment, ...wrong })
    await expectChecked(await checkByNumber(phone, paymentCode, { purpose: 'login' }), { id: login, ...wrong })
    await expectChecked(await checkById(login, { code: paymentCode }), { id: login, ...wrong, guesses_left: 3 })
    const right = { status: 'approved', valid: true }
    await expectChecked(await checkByNumber(phone, loginCode), { id: login, ...right, guesses_left: 2 })
    await expectChecked(await checkById(payment, { code: paymentCode }), { id: payment, ...right, guesses_left: 3 })
  })

  it('refuses the code of one binding for another, while both are live', async () => {
    const phone = uniquePhone()
    await create(phone, { binding: { order: '1' } })
    const code = vendor().lastCode(phone)!
    vi.advanceTimersByTime(60_000)
    const other = await create(phone, { binding: { order: '2' } })

    const checked = await checkByNumber(phone, code, { binding: { order: '2' } })
    await expectChecked(checked, { id: other, status: 'pending', valid: false, guesses_left: 4 })
    expect((await checkByNumber(phone, code, { binding: { order: '1' } })).status).toBe(200)
  })
})

describe('an id that is not one of ours', () => {
  const { vendor } = useStandInAndFakeTime()

  const garbled = (id: string): Readonly<Record<string, string>> => ({
    'of another deployment': FOREIGN_ID,
    'with another last character': id.slice(0, -1) + (id.endsWith('A') ? 'B' : 'A'),
    'with another first byte': `ver_${id[4] === 'A' ? 'B' : 'A'}${id.slice(5)}`,
    'of the same gate and another verification': id.slice(0, 50) + FOREIGN_ID.slice(50),
    'cut short': id.slice(0, -4),
    'too long': `${id}AAAA`,
    'much too long': `ver_${'A'.repeat(4000)}`,
    'without its prefix': id.slice(4),
    'in capitals': id.toUpperCase(),
    'with padding': `${id}==`,
    'with space around it': encodeURIComponent(` ${id} `),
    'of the prefix alone': 'ver_',
    'of no form': '1',
    'in another script': encodeURIComponent('ver_संख्या'),
    'that is broken percent-encoding': `${id}%E0%A4%A`,
    'that injects': encodeURIComponent(`${id}' OR '1'='1`),
    'of an object': '__proto__',
  })

  it.each(Object.keys(garbled(FOREIGN_ID)))('%s is unknown to every route, and costs the real one no guess', async (what) => {
    const phone = uniquePhone()
    const real = await create(phone)
    const code = vendor().lastCode(phone)!
    const id = garbled(real)[what]!

    for (const response of [
      await service.request(`${PATH}/${id}`),
      await checkById(id, { code }),
      await service.post(`${PATH}/${id}/resend`, {}),
      await service.request(`${PATH}/${id}`, { method: 'DELETE' }),
    ]) {
      await expectRefusal(v1, response, { code: 'verification_not_found' })
    }
    await expectChecked(await checkById(real, { code }), { id: real, status: 'approved', valid: true, guesses_left: 4 })
  })

  it('of another number does not open this one', async () => {
    const [mine, theirs] = [uniquePhone(), uniquePhone()]
    const [id, other] = [await create(mine), await create(theirs)]
    const crossed = id.slice(0, 47) + other.slice(47)

    await expectRefusal(v1, await service.request(`${PATH}/${crossed}`), { code: 'verification_not_found' })
  })
})
