import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { fireAlarm, gateOf, storedState } from '../support/gate'
import { createService, standInForGupshup, uniquePhone, wrongCode } from '../support/service'

const times = <T>(count: number, work: (index: number) => Promise<T>) =>
  Promise.all(Array.from({ length: count }, (_, index) => work(index)))

describe('a hundred at once', () => {
  const { post } = createService()
  let vendor: ReturnType<typeof standInForGupshup>
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['Date'] })
    vendor = standInForGupshup()
  })
  afterEach(() => {
    vi.useRealTimers()
    vi.restoreAllMocks()
  })

  it('lets exactly one of 100 sends reach the vendor', async () => {
    const phone = uniquePhone()

    const responses = await times(100, () => post('/send-otp', { phone_number: phone }))

    const statuses = responses.map(({ status }) => status).toSorted((a, b) => a - b)
    expect(statuses).toEqual([200, ...Array.from({ length: 99 }, () => 429)])
    expect(vendor.messages).toHaveLength(1)
    expect(responses.filter(({ status }) => status === 429).every(({ headers }) => headers.get('retry-after') === '60')).toBe(
      true,
    )
  })

  it('approves exactly one of 100 right codes', async () => {
    const phone = uniquePhone()
    await post('/send-otp', { phone_number: phone })
    const otp = vendor.lastCode(phone)

    const responses = await times(100, () => post('/verify-otp', { phone_number: phone, otp }))

    expect(responses.filter(({ status }) => status === 200)).toHaveLength(1)
    const state = await storedState(await gateOf(phone))
    expect(state?.verifications.map(({ status }) => status)).toEqual(['approved'])
    expect(state?.outbox.filter(({ kind }) => kind === 'check.approved')).toHaveLength(1)
  })

  it('weighs five of 100 wrong codes, and refuses the right one after them', async () => {
    const phone = uniquePhone()
    await post('/send-otp', { phone_number: phone })
    const right = vendor.lastCode(phone)!

    const responses = await times(100, (index) => post('/verify-otp', { phone_number: phone, otp: wrongCode(right, index + 1) }))
    const after = await post('/verify-otp', { phone_number: phone, otp: right })

    expect(responses.filter(({ status }) => status === 400)).toHaveLength(5)
    expect(responses.filter(({ status }) => status === 429)).toHaveLength(95)
    expect(after.status).toBe(429)
    expect(await after.json()).toMatchObject({ data: { error: 'too_many_guesses' } })
    const state = await storedState(await gateOf(phone))
    expect(state?.verifications[0]).toMatchObject({ status: 'locked', guesses: 5, wrong: 5, code: null })
    expect(state?.outbox.filter(({ kind }) => kind === 'check.incorrect')).toHaveLength(5)
  })

  it('still approves a right code that was let in among wrong ones', async () => {
    const phone = uniquePhone()
    await post('/send-otp', { phone_number: phone })
    const right = vendor.lastCode(phone)!

    const responses = await times(5, (index) =>
      post('/verify-otp', { phone_number: phone, otp: index === 3 ? right : wrongCode(right, index + 1) }),
    )

    expect(responses.filter(({ status }) => status === 200)).toHaveLength(1)
  })

  it('carries the audit of all that once, with the alarm fired many times over', async () => {
    const phone = uniquePhone()
    await post('/send-otp', { phone_number: phone })
    const right = vendor.lastCode(phone)!
    await times(20, (index) => post('/verify-otp', { phone_number: phone, otp: wrongCode(right, index + 1) }))
    const gate = await gateOf(phone)

    await times(5, () => fireAlarm(gate))

    expect((await storedState(gate))?.outbox).toEqual([])
  })
})

describe('guesses over resends', () => {
  afterEach(() => {
    vi.useRealTimers()
    vi.restoreAllMocks()
  })

  it.each(['/resend-otp', '/send-otp'])('three wrong, %s, two wrong, then the right one: refused', async (resendPath) => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const vendor = standInForGupshup()
    const { post } = createService()
    const phone = uniquePhone()
    const verify = (otp: string) => post('/verify-otp', { phone_number: phone, otp })
    await post('/send-otp', { phone_number: phone })
    for (const nth of [1, 2, 3]) expect((await verify(wrongCode(vendor.lastCode(phone)!, nth))).status).toBe(400)

    vi.advanceTimersByTime(61_000)
    expect((await post(resendPath, { phone_number: phone })).status).toBe(200)
    for (const nth of [1, 2]) expect((await verify(wrongCode(vendor.lastCode(phone)!, nth))).status).toBe(400)
    const right = await verify(vendor.lastCode(phone)!)

    expect(right.status).toBe(429)
    expect(await right.json()).toMatchObject({ data: { error: 'too_many_guesses' } })
    const state = await storedState(await gateOf(phone))
    expect(state?.verifications).toHaveLength(1)
    expect(state?.verifications[0]).toMatchObject({ guesses: 5, wrong: 5, status: 'locked' })
  })

  it('kills the old code with a resend', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const vendor = standInForGupshup()
    const { post } = createService()
    const phone = uniquePhone()
    await post('/send-otp', { phone_number: phone })
    const old = vendor.lastCode(phone)!
    vi.advanceTimersByTime(61_000)
    await post('/resend-otp', { phone_number: phone })
    const fresh = vendor.lastCode(phone)!

    const withOld = await post('/verify-otp', { phone_number: phone, otp: old === fresh ? wrongCode(fresh) : old })
    const withNew = await post('/verify-otp', { phone_number: phone, otp: fresh })

    expect([withOld.status, withNew.status]).toEqual([400, 200])
  })
})
