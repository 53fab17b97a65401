import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { provide } from '../../src/compose'
import { checkVerification } from '../../src/otp/check-verification'
import type { IntentFacts } from '../../src/otp/intent'
import { resendVerification } from '../../src/otp/resend-verification'
import { type SendInput, sendVerification } from '../../src/otp/send-verification'
import { gateOf, storedState } from '../support/gate'
import { WINDOW_MS, anIntent } from '../support/pure-gate'
import { uniquePhone } from '../support/service'

const MINUTE_MS = 60_000
const caller = { surface: 'test', requestId: 'req-1', defer: () => {} }
const deps = provide({ ...env, PIONEER_FLAG_MOCK_OTP_ENABLED: 'true' } as Env)
const verification = { ...deps.verification, newCode: (length: number) => `${++codes}`.padStart(length, '0') }
let codes = 0

const KEPT = {
  values: { amount: 'INR 5000.00', payee: 'Prosparity', loan: '*23' },
  mustShow: ['amount', 'payee'],
  subject: 'repayment:123/456',
  intent: anIntent('A', { amount: 500_000 }),
  updateWindowMs: WINDOW_MS,
} as const satisfies Partial<SendInput>

const send = (e164: string, changes: Partial<SendInput> = {}) =>
  sendVerification(verification, caller, {
    phone: { e164, country: 'IN' },
    profile: deps.profiles.confirmation,
    purpose: 'payment_confirmation',
    bindingHash: 'hash-of-the-repayment',
    locale: 'en',
    ...KEPT,
    ...changes,
  })
const resend = (id: string) =>
  resendVerification(verification, caller, { id, profile: deps.profiles.v1, profiles: deps.profiles })
const check = (id: string, code: string, changes: { requestId?: string; presented?: IntentFacts } = { presented: {} }) => {
  const { requestId = 'req-1', ...facts } = changes
  const input = { target: { id }, code, codeLength: 6, isFollowed: true, ...facts }
  return checkVerification(verification, { ...caller, requestId }, input)
}
const NOT_FOUND = { refusal: { code: 'verification_not_found' } }

const storedOf = async (phone: string) => (await storedState(await gateOf(phone)))!.verifications

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] })
})
afterEach(() => {
  vi.useRealTimers()
})

describe('a code for something that is fixed', () => {
  it('goes out in a message that shows it, and is kept with it', async () => {
    const phone = uniquePhone()
    const { mock } = await send(phone)
    expect(mock!.text).toBe(
      `${mock!.code} confirms your payment of INR 5000.00 to Prosparity for loan *23. It is valid for 5 minutes. Do not share it unless you made this payment.`,
    )
    expect(await storedOf(phone)).toMatchObject([{ ...KEPT, profile: 'confirmation' }])
  })

  it('is right for that: its digest is bound to it', async () => {
    const phone = uniquePhone()
    const { id, mock } = await send(phone)
    const [stored] = await storedOf(phone)
    const facts = { codeId: stored!.code!.id, phone, purpose: 'payment_confirmation', code: mock!.code }
    const { keyVersion, digest } = stored!.code!
    const bound = await verification.digester.digestWith(keyVersion, {
      ...facts,
      bindingHash: `hash-of-the-repayment.${KEPT.intent.key}`,
    })
    expect(digest).toBe(bound)
    await expect(check(id, mock!.code, {})).rejects.toMatchObject(NOT_FOUND)
    expect(await check(id, mock!.code)).toMatchObject({ valid: true, approval: { intent: KEPT.intent } })
  })

  it('sent again for something else, the code before is wrong, and the new one is for the new', async () => {
    const phone = uniquePhone()
    const first = await send(phone)
    vi.advanceTimersByTime(MINUTE_MS)
    const other = anIntent('B', { amount: 400_000 })
    const second = await send(phone, { intent: other })
    expect(second.id).not.toBe(first.id)
    await expect(check(first.id, first.mock!.code)).rejects.toMatchObject(NOT_FOUND)
    expect(await check(second.id, first.mock!.code)).toMatchObject({ valid: false, status: 'pending' })
    expect(await check(second.id, second.mock!.code)).toMatchObject({ valid: true, approval: { intent: other } })
  })

  it('is not sent again by its id alone, and the code before stays right', async () => {
    const phone = uniquePhone()
    const { id, mock } = await send(phone)
    vi.advanceTimersByTime(MINUTE_MS)
    await expect(resend(id)).rejects.toMatchObject(NOT_FOUND)
    expect(await storedOf(phone)).toMatchObject([{ ...KEPT, sends: 1, profile: 'confirmation' }])
    expect(await check(id, mock!.code)).toMatchObject({ valid: true, approval: { intent: KEPT.intent } })
  })

  it('sent again where it is about something without showing it: in the words of its own profile', async () => {
    const phone = uniquePhone()
    const { mustShow: _, intent: __, ...about } = { ...KEPT, profile: deps.profiles.payment }
    const { id } = await send(phone, { ...about, mustShow: undefined, intent: undefined })
    vi.advanceTimersByTime(MINUTE_MS)
    const again = await resend(id)
    expect(again.id).toBe(id)
    expect(again.mock!.text).toContain('for payment verification')
    expect(await storedOf(phone)).toMatchObject([{ subject: KEPT.subject, sends: 2, profile: 'payment' }])
  })

  it('is not sent where its message would not show it, before anything is spent', async () => {
    const phone = uniquePhone()
    const hiding = { ...deps.profiles.confirmation, text: '{{otp_code}} is your code.' }
    await expect(send(phone, { profile: hiding })).rejects.toMatchObject({ refusal: { code: 'invalid_request' } })
    expect(await storedState(await gateOf(phone))).toBeUndefined()
  })
})

describe('a code for nothing', () => {
  const NOTHING = { values: undefined, mustShow: undefined, subject: undefined, intent: undefined, updateWindowMs: undefined }

  it('keeps nothing of it, and is sent again without', async () => {
    const phone = uniquePhone()
    const { id } = await send(phone, { ...NOTHING, profile: deps.profiles.v1, purpose: 'login' })
    vi.advanceTimersByTime(MINUTE_MS)
    const again = await resend(id)
    const [stored] = await storedOf(phone)
    for (const field of Object.keys(NOTHING)) expect(stored).not.toHaveProperty(field)
    expect(again.mock!.text).toContain('for login')
    const checked = await check(id, again.mock!.code, {})
    expect(checked).toMatchObject({ valid: true, status: 'approved' })
    expect(checked).not.toHaveProperty('approval')
    await expect(check(id, again.mock!.code, { requestId: 'req-2' })).rejects.toMatchObject(NOT_FOUND)
  })
})
