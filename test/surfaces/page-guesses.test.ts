import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { bearer, putApiKey } from '../support/keys'
import { type StandIns, TWILIO_SETTINGS, createService, standInForVendors, uniquePhone, wrongCode } from '../support/service'

const ORIGIN = 'https://shop.example'
const PURPOSES = ['login', 'registration', 'reset', 'transfer', 'delivery']

let vendors: StandIns
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] })
  vendors = standInForVendors()
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

it('R-OTP-07: who guesses on a page, with the key that everybody can read, locks no code of a server and shuts it out of no number', async () => {
  const service = createService({
    ...TWILIO_SETTINGS,
    AUTH_REQUIRED: 'true',
    SEND_COOLDOWN_SECONDS: '1',
    SEND_LIMIT_10_MINUTES: '10',
  })
  const page = await putApiKey({
    kind: 'publishable',
    origins: [ORIGIN],
    scopes: ['verifications:send', 'verifications:check'],
  })
  const server = await putApiKey({ scopes: ['verifications:send', 'verifications:check'] })
  const asPage = { ...bearer(page.key), origin: ORIGIN }
  const asServer = bearer(server.key)
  const to = uniquePhone()

  const sent = (await (await service.post('/v1/verifications', { to, purpose: 'payment' }, asServer)).json()) as { id: string }
  const right = vendors.twilio.lastCode(to)!
  for (const purpose of PURPOSES) {
    vi.advanceTimersByTime(1_000)
    expect((await service.post('/v1/verifications', { to, purpose }, asPage)).status).toBe(201)
    const wrong = wrongCode(vendors.twilio.lastCode(to)!)
    for (let guess = 0; guess < 5; guess++) await service.post('/v1/verifications/check', { to, purpose, code: wrong }, asPage)
  }
  vi.advanceTimersByTime(1_000)
  const again = await service.post('/v1/verifications', { to, purpose: 'another' }, asPage)
  const atServer = await service.post('/v1/verifications', { to, purpose: 'another' }, asServer)

  expect(again.status).toBe(429)
  expect(await again.json()).toMatchObject({ code: 'too_many_guesses' })
  expect(atServer.status).toBe(201)
  const checked = await service.post(`/v1/verifications/${sent.id}/check`, { code: right }, asServer)
  expect(await checked.json()).toMatchObject({ valid: true })
})
