import { env } from 'cloudflare:workers'
import { createLocalJWKSet, jwtVerify } from 'jose'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { PERSONAL } from '../support/leads'
import { aSecret } from '../support/secrets'
import {
  GUPSHUP_WEBHOOK,
  MSG91_SETTINGS,
  type StandIns,
  TWILIO_SETTINGS,
  createService,
  standInForVendors,
  uniquePhone,
} from '../support/service'
import { AUDIENCE, ISSUER, kidOf, newSigningKey, tokenSettings } from '../support/tokens'
import { type Settings, deployed } from './deployment'

// docs/operations.md, step by step. Each step is a deployment of its own over the same storage; where two versions run side
// by side for some seconds, both orders are walked.

const OPERATOR = aSecret('operator')
const OLD = aSecret('old')
const NEW = aSecret('new')
const PRODUCTION = {
  ENVIRONMENT: 'production',
  OTP_PEPPER: aSecret('pepper'),
  PHONE_HASH_KEY: aSecret('hash'),
  PII_ENCRYPTION_KEY: aSecret('personal'),
  ADMIN_API_KEY: OPERATOR,
}

let vendors: StandIns
let lines: string[]
beforeEach(() => {
  lines = []
  vi.spyOn(console, 'info').mockImplementation((line: string) => void lines.push(line))
  vi.spyOn(console, 'warn').mockImplementation(() => {})
  vi.spyOn(console, 'error').mockImplementation(() => {})
  vendors = standInForVendors()
})
afterEach(() => vi.restoreAllMocks())

const logged = (event: string) =>
  lines.map((line) => JSON.parse(line) as { event: string; count?: number }).filter((line) => line.event === event)

describe('the pepper (R-TOK-08)', () => {
  const before = { ...PRODUCTION, OTP_PEPPER: OLD }
  const announced = { ...PRODUCTION, OTP_PEPPER: OLD, OTP_PEPPER_PREVIOUS: NEW }
  const swapped = { ...PRODUCTION, OTP_PEPPER: NEW, OTP_PEPPER_PREVIOUS: OLD }
  const after = { ...PRODUCTION, OTP_PEPPER: NEW }

  /** Has a code sent by the one, and typed at the other. @returns the status of the check */
  async function sentAndTyped(sender: ReturnType<typeof deployed>, checker: ReturnType<typeof deployed>): Promise<number> {
    const phone = uniquePhone()
    const sent = await sender.as(OPERATOR).post('/send-otp', { phone_number: phone })
    expect(sent.status).toBe(200)
    const otp = vendors.gupshup.lastCode(phone)
    return (await checker.as(OPERATOR).post('/verify-otp', { phone_number: phone, otp })).status
  }

  it.each([
    ['as it was', before, before],
    ['the new one is announced', before, announced],
    ['still with the old one', announced, announced],
    ['the two change places', announced, swapped],
    ['with the new one', swapped, swapped],
    ['the old one is dropped', swapped, after],
    ['as it stays', after, after],
  ])('%s: a code that was sent before is right after', async (_, one, next) => {
    expect(await sentAndTyped(deployed(one), deployed(next))).toBe(200)
  })

  it.each([
    [before, announced],
    [announced, swapped],
    [swapped, after],
  ])('a Worker and a gate of two versions understand each other, either way round', async (one, next) => {
    expect(await sentAndTyped(deployed(one, next), deployed(one, next))).toBe(200)
    expect(await sentAndTyped(deployed(next, one), deployed(next, one))).toBe(200)
  })

  it('in haste, without being announced: old codes are good, and so are new ones once the change has spread', async () => {
    expect(await sentAndTyped(deployed(before), deployed(swapped))).toBe(200)
    expect(await sentAndTyped(deployed(swapped), deployed(swapped))).toBe(200)
  })

  it('once the old one is dropped, what it made is good for nothing', async () => {
    expect(await sentAndTyped(deployed(before), deployed(after))).toBe(400)
    expect(await sentAndTyped(deployed(after), deployed(before))).toBe(400)
  })

  it('where it keyed the numbers as well, these keep its value for ever: the cooldown of before holds', async () => {
    const { PHONE_HASH_KEY: _, ...shared } = before
    const together = { ...shared, PHONE_HASH_KEY: '' }
    const split = { ...shared, PHONE_HASH_KEY: OLD }
    const phone = uniquePhone()
    const send = (settings: Settings) => deployed(settings).as(OPERATOR).post('/send-otp', { phone_number: phone })

    expect((await send(together)).status).toBe(200)
    const wrong = await send({ ...together, OTP_PEPPER: NEW, OTP_PEPPER_PREVIOUS: OLD })
    expect([wrong.status, await wrong.text()]).toEqual([503, expect.stringContaining('PHONE_HASH_KEY is missing')])
    for (const pepper of [{}, { OTP_PEPPER_PREVIOUS: NEW }, { OTP_PEPPER: NEW, OTP_PEPPER_PREVIOUS: OLD }, { OTP_PEPPER: NEW }]) {
      expect((await send({ ...split, ...pepper })).status).toBe(429)
    }
    const otp = vendors.gupshup.lastCode(phone)
    const swap = deployed({ ...split, OTP_PEPPER: NEW, OTP_PEPPER_PREVIOUS: OLD })
    expect((await swap.as(OPERATOR).post('/verify-otp', { phone_number: phone, otp })).status).toBe(200)
  })
})

describe('the key of personal data', () => {
  const before = { ...PRODUCTION, PII_ENCRYPTION_KEY: OLD }
  const announced = { ...PRODUCTION, PII_ENCRYPTION_KEY: OLD, PII_ENCRYPTION_KEY_PREVIOUS: NEW }
  const swapped = { ...PRODUCTION, PII_ENCRYPTION_KEY: NEW, PII_ENCRYPTION_KEY_PREVIOUS: OLD }
  const after = { ...PRODUCTION, PII_ENCRYPTION_KEY: NEW }
  const HOURLY = '7 * * * *'

  async function create(settings: Settings): Promise<string> {
    const response = await deployed(settings).as(OPERATOR).post('/v1/leads', {
      phone: uniquePhone(),
      loan_type: 'home_loan',
      loan_amount: 5_000_000,
      loan_tenure_years: 20,
      first_name: PERSONAL.firstName,
      last_name: PERSONAL.lastName,
      gender: PERSONAL.gender,
      email: PERSONAL.email,
      pan: PERSONAL.pan,
      date_of_birth: PERSONAL.dateOfBirth,
      pin_code: PERSONAL.pinCode,
    })
    expect(response.status).toBe(201)
    return (await response.json<{ id: string }>()).id
  }

  async function emailsUnder(settings: Settings, ids: readonly string[]): Promise<unknown[]> {
    const read = async (id: string) => {
      const response = await deployed(settings).as(OPERATOR).get(`/v1/leads/${id}`)
      return (await response.json<{ email: unknown }>()).email
    }
    return Promise.all(ids.map(read))
  }

  it('every lead is readable throughout, encrypted anew by the schedule, and in the end without the old key', async () => {
    await env.DB.batch(['lead', 'lead_event', 'retention_position'].map((table) => env.DB.prepare(`DELETE FROM ${table}`)))
    const ids = [await create(before), await create(announced)]
    const all = () => ids.map(() => PERSONAL.email)
    for (const settings of [before, announced, swapped]) expect(await emailsUnder(settings, ids)).toEqual(all())

    // Of two versions side by side one has written with the new key what the other one reads.
    ids.push(await create(swapped))
    for (const settings of [announced, swapped]) expect(await emailsUnder(settings, ids)).toEqual(all())

    await deployed(swapped).run(HOURLY)
    expect(logged('leads.encrypted_anew')).toMatchObject([{ count: 2 }])
    expect(logged('leads.resealed')).toMatchObject([{ count: 0 }])
    for (const settings of [swapped, after]) expect(await emailsUnder(settings, ids)).toEqual(all())
    expect(await emailsUnder(before, ids)).toEqual(ids.map(() => null))
  })

  it('that is dropped too early can be put back, and nothing was lost', async () => {
    const ids = [await create(before)]
    expect(await emailsUnder(after, ids)).toEqual([null])
    expect(await emailsUnder(swapped, ids)).toEqual([PERSONAL.email])
  })
})

describe('the keys that sign tokens (R-TOK-05)', () => {
  it('tokens of before are good until they are over, and a verifier that asked ten minutes ago knows each signer', async () => {
    const [old, next] = await Promise.all([newSigningKey('ES256'), newSigningKey('EdDSA')])
    const STEPS = [
      ['as it was', [old]],
      ['the new one is published', [old, next]],
      ['the new one signs', [next, old]],
      ['the old one is dropped', [next]],
    ] as const
    const service = (keys: readonly Awaited<ReturnType<typeof newSigningKey>>[]) =>
      deployed({ ...PRODUCTION, ...tokenSettings(keys) })
    const keySetOf = async (keys: Parameters<typeof service>[0]) =>
      createLocalJWKSet(await (await service(keys).request('/.well-known/jwks.json')).json())
    const tokenOf = async (keys: Parameters<typeof service>[0]) => {
      const to = uniquePhone()
      const { as } = service(keys)
      const sent = await (await as(OPERATOR).post('/v1/verifications', { to, channel: 'whatsapp' })).json<{ id: string }>()
      const code = vendors.gupshup.lastCode(to)
      const checked = await as(OPERATOR).post(`/v1/verifications/${sent.id}/check`, { code })
      return (await checked.json<{ token: string }>()).token
    }
    const redeem = async (keys: Parameters<typeof service>[0], token: string) =>
      (await service(keys).as(OPERATOR).post('/v1/tokens/redeem', { token })).status

    let cached = await keySetOf(STEPS[0][1])
    let last = await tokenOf(STEPS[0][1])
    for (const [index, [step, keys]] of STEPS.slice(1).entries()) {
      const token = await tokenOf(keys)
      const { payload, protectedHeader } = await jwtVerify(token, cached, { issuer: ISSUER, audience: AUDIENCE })
      expect(payload['phone_number_verified'], step).toBe(true)
      expect(protectedHeader.kid, step).toBe(await kidOf(keys[0]))
      expect(await redeem(keys, token), step).toBe(200)
      // That of the step before; the last step is taken when no token of the old key is good any more.
      expect(await redeem(keys, last), step).toBe(200)
      // Of two versions side by side, each takes what the other has signed.
      expect(await redeem(STEPS[index]![1], await tokenOf(keys)), step).toBe(200)
      cached = await keySetOf(keys)
      last = await tokenOf(keys)
    }
  })

  it('a key that was dropped signs nothing that is taken', async () => {
    const [old, next] = await Promise.all([newSigningKey(), newSigningKey()])
    const to = uniquePhone()
    const before = deployed({ ...PRODUCTION, ...tokenSettings([old]) }).as(OPERATOR)
    const { id } = await (await before.post('/v1/verifications', { to, channel: 'whatsapp' })).json<{ id: string }>()
    const checked = await before.post(`/v1/verifications/${id}/check`, { code: vendors.gupshup.lastCode(to) })
    const { token } = await checked.json<{ token: string }>()

    const after = deployed({ ...PRODUCTION, ...tokenSettings([next]) }).as(OPERATOR)
    expect((await after.post('/v1/tokens/redeem', { token })).status).toBe(400)
    expect((await before.post('/v1/tokens/redeem', { token })).status).toBe(200)
  })
})

describe("the operator's key", () => {
  const NEXT = aSecret('next')
  const statusOf = async (settings: Settings, key: string) =>
    (
      await deployed({ ...PRODUCTION, ...settings })
        .as(key)
        .get('/v1/api-keys')
    ).status

  it('of before opens everything until it is dropped, and the new one from the moment that it is there', async () => {
    const stages = [
      [{ ADMIN_API_KEY: OPERATOR }, 200, 401],
      [{ ADMIN_API_KEY: NEXT, ADMIN_API_KEY_PREVIOUS: OPERATOR }, 200, 200],
      [{ ADMIN_API_KEY: NEXT }, 401, 200],
    ] as const
    for (const [settings, old, next] of stages) {
      expect([await statusOf(settings, OPERATOR), await statusOf(settings, NEXT)]).toEqual([old, next])
    }
  })
})

describe("a caller's key (R-TOK-06)", () => {
  it('of before works through the overlap and owns the same things; one that leaked ends at once', async () => {
    const operator = deployed(PRODUCTION).as(OPERATOR)
    const created = await operator.post('/v1/api-keys', {
      name: 'Shop',
      scopes: ['verifications:send', 'verifications:check', 'verifications:read'],
    })
    const { id, key } = await created.json<{ id: string; key: string }>()
    const send = async (credential: string) => {
      const response = await deployed(PRODUCTION)
        .as(credential)
        .post('/v1/verifications', { to: uniquePhone(), channel: 'whatsapp' })
      return response.status === 201 ? (await response.json<{ id: string }>()).id : response.status
    }
    const read = async (credential: string, verification: unknown) =>
      (
        await deployed(PRODUCTION)
          .as(credential)
          .get(`/v1/verifications/${String(verification)}`)
      ).status
    const verification = await send(key)
    expect(verification).toBeTypeOf('string')

    const rotated = await operator.post(`/v1/api-keys/${id}/rotate`, { overlap_seconds: 3600 })
    const { key: next } = await rotated.json<{ key: string }>()
    expect(await Promise.all([key, next].map((credential) => read(credential, verification)))).toEqual([200, 200])
    expect(await send(key)).toBeTypeOf('string')
    expect(await send(next)).toBeTypeOf('string')

    const inHaste = await operator.post(`/v1/api-keys/${id}/rotate`, { overlap_seconds: 0 })
    const { key: last } = await inHaste.json<{ key: string }>()
    expect(await Promise.all([key, next, last].map((credential) => read(credential, verification)))).toEqual([401, 401, 200])

    await createService(PRODUCTION).request(`/v1/api-keys/${id}`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${OPERATOR}` },
    })
    expect(await read(last, verification)).toBe(401)
  })
})

describe('what vendors know', () => {
  it('the secret in an address: the new address works at once, also before the vendor has it, and the old one no more', async () => {
    const next = aSecret('webhook')
    const statusAt = async (settings: Settings, secret: string) =>
      (await deployed({ ...PRODUCTION, ...settings }).post(`/webhooks/gupshup/${secret}`, {})).status
    const before = { GUPSHUP_WEBHOOK_SECRET: GUPSHUP_WEBHOOK }
    const after = { GUPSHUP_WEBHOOK_SECRET: next }
    expect([await statusAt(before, GUPSHUP_WEBHOOK), await statusAt(before, next)]).toEqual([400, 403])
    expect([await statusAt(after, GUPSHUP_WEBHOOK), await statusAt(after, next)]).toEqual([403, 400])
  })

  it("a vendor's key: while it is not the vendor's any more, the next vendor of the order carries the codes", async () => {
    const settings = { ...PRODUCTION, ...TWILIO_SETTINGS, ...MSG91_SETTINGS, V1_SMS_PROVIDERS: 'twilio,msg91' }
    const send = async (changes: Settings) => {
      const sent = await deployed({ ...settings, ...changes })
        .as(OPERATOR)
        .post('/v1/verifications', { to: uniquePhone(), channel: 'sms' })
      return [sent.status, vendors.twilio.messages.length, vendors.msg91.messages.length]
    }
    expect(await send({})).toEqual([201, 1, 0])
    expect(await send({ TWILIO_AUTH_TOKEN: 'one-that-is-not-there-yet' })).toEqual([201, 1, 1])
    expect(await send({})).toEqual([201, 2, 1])
  })
})
