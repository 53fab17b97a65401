import { createServer } from 'node:http'
import { parsePhoneNumberFromString } from 'libphonenumber-js/max'
import { afterEach, describe, expect, it } from 'vitest'
import { parseOptions, toAddress } from '../../scripts/smoke/options.ts'
import { runSmoke } from '../../scripts/smoke/run-smoke.ts'
import { randomIndianMobile, wrongCode } from '../../scripts/smoke/verification-checks.ts'
import { type Faults, startFakeService } from './support/fake-service.ts'

const PHONE = '+917888888888'

const cleanUps: (() => Promise<unknown>)[] = []
afterEach(async () => {
  await Promise.all(cleanUps.splice(0).map((cleanUp) => cleanUp()))
})

async function fakeService(faults: Faults = {}) {
  const service = await startFakeService(faults)
  cleanUps.push(service.close)
  return service
}

async function smoke(
  url: string,
  {
    phone,
    code,
    key,
    adminKey,
    typed,
    timeoutMs,
  }: { phone?: string; code?: string; key?: string; adminKey?: string; typed?: string; timeoutMs?: number } = {},
) {
  const lines: string[] = []
  let asked = 0
  const exitCode = await runSmoke(
    { url, phone, code, key, adminKey },
    {
      print: (line) => lines.push(line),
      askCode: () => {
        asked += 1
        return Promise.resolve(typed)
      },
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    },
  )
  const steps = lines.filter((line) => /^[✓✗–]/.test(line))
  return {
    exitCode,
    lines,
    asked,
    steps,
    failed: steps.filter((line) => line.startsWith('✗')),
    skipped: steps.filter((line) => line.startsWith('–')),
  }
}

describe('a service in order', () => {
  it('passes every step in mock mode, for a random Indian mobile number', async () => {
    const service = await fakeService()
    const { exitCode, steps, failed, skipped, asked, lines } = await smoke(service.url)
    expect({ exitCode, failed, skipped, asked }).toEqual({ exitCode: 0, failed: [], skipped: [], asked: 0 })
    expect(steps).toHaveLength(26)
    expect(steps[1]).toContain('config ok, d1 ok, kv ok, gate ok')
    expect(lines.at(-1)).toBe('\n26 worked, 0 failed, 0 skipped')
    expect(service.sentTo.map((phone) => parsePhoneNumberFromString(phone)?.country)).toEqual(['IN'])
    expect(service.leadsOf()).toEqual([])
  })

  it.each(['production', 'real'] as const)('sends nothing in %s without a number, and says why', async (mode) => {
    const service = await fakeService({ mode })
    const { exitCode, failed, skipped } = await smoke(service.url)
    expect({ exitCode, failed }).toEqual({ exitCode: 0, failed: [] })
    expect(skipped).toHaveLength(3)
    expect(skipped[0]).toContain('--phone')
    expect(skipped[1]).toContain('hand an application to the lender')
    expect(skipped[2]).toContain('leave a loan behind')
    expect(service.sentTo).toEqual([])
    expect(service.requests.filter((route) => /loans|lead|erase/.test(route))).toEqual([])
  })

  it('asks for the code that was really sent', async () => {
    const service = await fakeService({ mode: 'production' })
    const { exitCode, failed, skipped, asked } = await smoke(service.url, { phone: PHONE, typed: service.code })
    expect({ exitCode, failed, asked }).toEqual({ exitCode: 0, failed: [], asked: 1 })
    expect(skipped).toEqual([expect.stringContaining('create a lead'), expect.stringContaining('confirm a payment')])
    expect(service.sentTo).toEqual([PHONE])
  })

  it('takes the code from the command line before it asks', async () => {
    const service = await fakeService({ mode: 'real' })
    const { exitCode, skipped, asked } = await smoke(service.url, { phone: PHONE, code: service.code })
    expect({ exitCode, asked }).toEqual({ exitCode: 0, asked: 0 })
    expect(skipped).toEqual([expect.stringContaining('create a lead'), expect.stringContaining('confirm a payment')])
  })

  it('guesses nothing when nobody knows the code', async () => {
    const service = await fakeService({ mode: 'production' })
    const { exitCode, skipped } = await smoke(service.url, { phone: PHONE })
    expect(exitCode).toBe(0)
    expect(skipped).toHaveLength(3)
    expect(skipped[0]).toContain('--code')
    expect(service.requests).not.toContain('POST /verify-otp')
  })

  it('finds the code of payments where it is as long as by default, and not where nobody could know', async () => {
    const short = await fakeService({ paymentCode: '1234' })
    expect(await smoke(short.url)).toMatchObject({ exitCode: 0, failed: [], skipped: [] })

    const { exitCode, failed, skipped } = await smoke((await fakeService({ paymentCode: '12345' })).url)
    expect({ exitCode, failed }).toEqual({ exitCode: 0, failed: [] })
    expect(skipped[0]).toContain('MSG91_OTP_LENGTH')
    expect(skipped).toHaveLength(3)
  })

  it('says where leads are not set up, and leaves them out', async () => {
    const service = await fakeService({ noLeads: true })
    const { exitCode, failed, skipped } = await smoke(service.url)
    expect({ exitCode, failed }).toEqual({ exitCode: 0, failed: [] })
    expect(skipped).toEqual([expect.stringMatching(/lead_create .*leads_not_configured/)])
    expect(service.requests).not.toContain('POST /v1/people/erase')
  })

  it('creates a lead of the number that was verified, where that is asked for', async () => {
    const service = await fakeService({ requiresProof: true })
    expect(await smoke(service.url)).toMatchObject({ exitCode: 0, failed: [], skipped: [] })
  })

  it.each([false, true])('neither gives a lead to a number that was named nor erases it (proof: %s)', async (requiresProof) => {
    const service = await fakeService({ requiresProof, keepsErased: true })
    const { skipped } = await smoke(service.url, { phone: PHONE })
    expect(skipped).toEqual(requiresProof ? [expect.stringContaining('LEADS_REQUIRE_VERIFIED_PHONE')] : [])
    expect(service.leadsOf()).not.toContain(PHONE)
    expect(service.leadsOf()).toHaveLength(requiresProof ? 0 : 1)
  })

  it("leaves out what is closed, and opens it with the operator's key, which nobody else gets", async () => {
    const service = await fakeService({ adminKey: 'K'.repeat(32) })
    const closed = await smoke(service.url)
    expect(closed).toMatchObject({ exitCode: 0, failed: [] })
    expect(closed.skipped).toEqual([
      expect.stringMatching(/leads.*ADMIN_API_KEY/),
      expect.stringMatching(/erase.*ADMIN_API_KEY.*stays/),
      expect.stringMatching(/repayment-statuses.*ADMIN_API_KEY/),
      expect.stringContaining('it needs /v1/loans'),
    ])
    expect(service.withKey).toEqual([])

    expect(await smoke(service.url, { adminKey: 'K'.repeat(32) })).toMatchObject({ exitCode: 0, failed: [], skipped: [] })
    expect(service.withKey.length).toBeGreaterThan(0)
    // It stands in for a caller's key; what is open to all gets none.
    expect(service.withKey.filter((route) => /^GET \/(?!v1\/)/.test(route))).toEqual([])
  })
})

describe('a service that wants keys', () => {
  const KEYS = { callerKey: 'evsk_caller', adminKey: 'K'.repeat(32) }

  it('is well without one, as far as can be seen, and tells how to get one', async () => {
    const service = await fakeService({ ...KEYS, mode: 'production' })
    const { exitCode, failed, skipped, steps } = await smoke(service.url, { phone: PHONE })
    expect({ exitCode, failed }).toEqual({ exitCode: 0, failed: [] })
    expect(steps.find((line) => line.includes('without a key'))).toMatch(/refused with 401.*npm run key -- create/)
    expect(skipped).toEqual([expect.stringMatching(/wants a key .*--key, or EDGE_VERIFY_KEY/)])
    expect(service.sentTo).toEqual([])
  })

  it('is walked through with one, which goes with every request but the one that shows that it has to', async () => {
    const service = await fakeService({ ...KEYS, mode: 'production' })
    const { exitCode, failed, steps } = await smoke(service.url, { phone: PHONE, code: service.code, key: KEYS.callerKey })
    expect({ exitCode, failed }).toEqual({ exitCode: 0, failed: [] })
    expect(steps.find((line) => line.includes('the right code'))).toContain('verified')
    expect(steps.join('\n')).not.toContain('npm run key')
    expect(service.requests.length - service.withKey.length).toBe(1)
  })

  it("is walked through with the operator's key where there is no other", async () => {
    const service = await fakeService(KEYS)
    expect(await smoke(service.url, { adminKey: KEYS.adminKey })).toMatchObject({ exitCode: 0, failed: [], skipped: [] })
  })

  it('opens to each key what is its own', async () => {
    const both = await smoke((await fakeService(KEYS)).url, { key: KEYS.callerKey, adminKey: KEYS.adminKey })
    expect(both).toMatchObject({ exitCode: 0, failed: [], skipped: [] })

    const { exitCode, failed, skipped } = await smoke((await fakeService(KEYS)).url, { key: KEYS.callerKey })
    expect({ exitCode, failed }).toEqual({ exitCode: 0, failed: [] })
    expect(skipped.filter((line) => line.includes('it wants loans:read')).length).toBeGreaterThan(0)
  })

  it('fails with a key that is not accepted', async () => {
    const { exitCode, failed } = await smoke((await fakeService(KEYS)).url, { key: 'evsk_other' })
    expect(exitCode).toBe(1)
    expect(failed.length).toBeGreaterThan(0)
    for (const line of failed) expect(line).toContain('the key is not accepted (401)')
  })

  it('says what a key is not for, which is no fault of the service', async () => {
    const service = await fakeService({ ...KEYS, lacksScope: 'verifications:send' })
    const { exitCode, failed, skipped } = await smoke(service.url, { key: KEYS.callerKey })
    expect({ exitCode, failed }).toEqual({ exitCode: 0, failed: [] })
    expect(
      skipped.filter((line) => line.includes('not for this (403): refused: insufficient_scope, it wants verifications:send'))
        .length,
    ).toBeGreaterThan(3)
    expect(service.sentTo).toEqual([])
  })
})

describe('a service with a fault', () => {
  it.each<[keyof Faults, Faults, RegExp]>([
    ['databaseDown', { databaseDown: true }, /GET \/ready .*d1 failing/],
    ['openapi', { openapi: '3.0.3' }, /GET \/openapi\.json .*3\.1/],
    ['acceptsLandlines', { acceptsLandlines: true }, /a landline .*got 200: done/],
    ['webPageForUnknownPaths', { webPageForUnknownPaths: true }, /unknown path .*a refusal with 404, got 404/],
    ['sendFails', { sendFails: true }, /POST \/send-otp .*got 502: refused: delivery_failed/],
    ['noCooldown', { noCooldown: true }, /at once again .*a refusal with 429, got 200/],
    ['noRetryAfter', { noRetryAfter: true }, /at once again .*Retry-After is ""/],
    ['otherRetryAfterInBody', { otherRetryAfterInBody: true }, /at once again .*60, the body says 7/],
    ['hidesGuessesLeft', { hidesGuessesLeft: true }, /a wrong code .*guesses are left/],
    ['refusesTheRightCode', { refusesTheRightCode: true }, /the right code .*got 400/],
    ['acceptsACodeTwice', { acceptsACodeTwice: true }, /the same again .*got 200/],
    ['forgetsProof', { requiresProof: true, forgetsProof: true }, /lead_create .*got 403/],
    ['noLeadStatus', { noLeadStatus: true }, /lead_status .*200 with a status, got 404/],
    ['leadWaits', { leadWaits: true }, /lead_create .*expected 200.*got 202/],
    ['makesTwoLeads', { makesTwoLeads: true }, /lead_create, again .*the same lead, got 200/],
    ['noLeadRead', { noLeadRead: true }, /GET \/v1\/leads.*got 404/],
    ['showsPan', { showsPan: true }, /GET \/v1\/leads.*PAN is not masked/],
    ['eraseFails', { eraseFails: true }, /people\/erase .*got 503/],
    ['keepsErased', { keepsErased: true }, /people\/erase .*a refusal with 404, got 200/],
    ['noPaidStatus', { noPaidStatus: true }, /repayment-statuses.*of the kind paid/],
    ['refusesLoans', { refusesLoans: true }, /POST \/v1\/loans .*expected 201, got 400/],
    ['paymentSendFails', { paymentSendFails: true }, /send-otp-payment .*got 502/],
    ['updateFails', { updateFails: true }, /update-status .*got 503: refused: update_pending/],
    ['updatesOnce', { updatesOnce: true }, /the same again .*got 503/],
    ['changesTwice', { changesTwice: true }, /story .*2 changes/],
    ['roundsAmounts', { roundsAmounts: true }, /story .*5000\.00 collected/],
    ['noStory', { noStory: true }, /story .*with entries/],
  ])('fails at one step: %s', async (_, faults, line) => {
    const service = await fakeService(faults)
    const { exitCode, failed } = await smoke(service.url)
    expect(exitCode).toBe(1)
    expect(failed).toHaveLength(1)
    expect(failed[0]).toMatch(line)
  })

  it('fails at both requests with broken JSON when it crashes there', async () => {
    const service = await fakeService({ crashesOnBrokenJson: true })
    const { exitCode, failed } = await smoke(service.url)
    expect(exitCode).toBe(1)
    expect(failed).toEqual(Array.from({ length: 2 }, () => expect.stringContaining('got 500: Internal Server Error')))
  })

  it('fails at both pages when they are missing', async () => {
    const service = await fakeService({ noPages: true })
    const { exitCode, failed } = await smoke(service.url)
    expect(exitCode).toBe(1)
    expect(failed.map((line) => line.slice(2, 13).trim())).toEqual(['GET /docs', 'GET /redoc'])
  })

  it('says what is misconfigured and sends nothing', async () => {
    const service = await fakeService({ misconfigured: true })
    const { exitCode, failed, skipped } = await smoke(service.url, { phone: PHONE, code: service.code })
    expect(exitCode).toBe(1)
    expect(failed[0]).toContain('misconfigured')
    expect(failed[1]).toContain('OTP_PEPPER is missing')
    expect(skipped).toEqual(Array.from({ length: 3 }, () => expect.stringContaining('misconfigured')))
    expect(service.sentTo).toEqual([])
  })
})

describe('something else than the service', () => {
  it('is one line when nothing listens there', async () => {
    const service = await startFakeService()
    await service.close()
    const { exitCode, steps } = await smoke(service.url)
    expect(exitCode).toBe(1)
    expect(steps).toEqual([expect.stringMatching(/^✗ GET \/health +connection refused: nothing listens there$/)])
  })

  it('is one line when nobody answers', async () => {
    const silent = createServer()
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    cleanUps.push(async () => {
      silent.closeAllConnections()
      await new Promise((resolve) => silent.close(resolve))
    })
    const { port } = silent.address() as { port: number }
    const { exitCode, steps } = await smoke(`http://127.0.0.1:${port}`, { timeoutMs: 200 })
    expect(exitCode).toBe(1)
    expect(steps).toEqual([expect.stringMatching(/^✗ GET \/health +no answer within 0\.2 seconds$/)])
  })

  it('is left alone after the first answer', async () => {
    const service = await fakeService()
    const { exitCode, steps } = await smoke(`${service.url}/some/other/site`)
    expect(exitCode).toBe(1)
    expect(steps).toHaveLength(1)
    expect(service.requests).toEqual(['GET /some/other/site/health'])
  })
})

describe('options', () => {
  it.each([
    ['localhost:8787', 'http://localhost:8787'],
    ['127.0.0.1:8787/', 'http://127.0.0.1:8787'],
    ['[::1]:8787', 'http://[::1]:8787'],
    ['192.168.1.7:8787', 'http://192.168.1.7:8787'],
    ['edge-verify.example.workers.dev/', 'https://edge-verify.example.workers.dev'],
    ['HTTPS://api.example.com//', 'https://api.example.com'],
    ['http://api.example.com/verify/', 'http://api.example.com/verify'],
    ['ftp://api.example.com', undefined],
    ['not an address', undefined],
    ['', undefined],
  ])('%j is %j', (text, address) => expect(toAddress(text)).toBe(address))

  it('takes all three', () => {
    expect(parseOptions(['--url', 'localhost:1', `--phone=${PHONE}`, '--code', '001234'], {})).toEqual({
      url: 'http://localhost:1',
      phone: PHONE,
      code: '001234',
    })
  })

  it('takes a key from the command line, else from the environment', () => {
    const url = ['--url', 'localhost:1']
    expect(parseOptions([...url, '--key', 'evsk_1'], { EDGE_VERIFY_KEY: 'evsk_2' })).toHaveProperty('key', 'evsk_1')
    expect(parseOptions(url, { EDGE_VERIFY_KEY: 'evsk_2' })).toHaveProperty('key', 'evsk_2')
    expect(parseOptions(url, { EDGE_VERIFY_KEY: '' })).toHaveProperty('key', undefined)
  })

  it("takes the operator's key from the environment, and an empty one for none", () => {
    expect(parseOptions(['--url', 'localhost:1'], { ADMIN_API_KEY: 'key' })).toHaveProperty('adminKey', 'key')
    expect(parseOptions(['--url', 'localhost:1'], { ADMIN_API_KEY: '' })).toHaveProperty('adminKey', undefined)
  })

  it.each([[[]], [['--url', 'ftp://x']], [['--url', 'localhost:1', '--fone', '1']], [['localhost:1']]])('refuses %j', (args) =>
    expect(parseOptions(args)).toHaveProperty('problem'),
  )
})

it('makes numbers that can receive messages, and codes that are wrong', () => {
  for (let i = 0; i < 200; i += 1) expect(parsePhoneNumberFromString(randomIndianMobile())?.getType()).toBe('MOBILE')
  expect([wrongCode('123456'), wrongCode('0009'), wrongCode('042599')]).toEqual(['123457', '0000', '042590'])
})
