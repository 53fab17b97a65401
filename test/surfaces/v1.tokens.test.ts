import { type JSONWebKeySet, createLocalJWKSet, exportSPKI, importJWK, jwtVerify } from 'jose'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import type { SigningKey } from '../../src/config/tokens'
import { hashBinding } from '../../src/otp/binding'
import type { RedeemRequest } from '../../src/otp/rules/redeem'
import { PAGE, bearer, putApiKey } from '../support/keys'
import { type GateStub, auditOf, gateOf, gatesWith } from '../support/gate'
import { TWILIO_SETTINGS, createService, uniquePhone, wrongCode } from '../support/service'
import {
  AUDIENCE,
  ISSUER,
  encodePart,
  forge,
  forgeBySecret,
  kidOf,
  newSigningKey,
  partsOf,
  tokenSettings,
} from '../support/tokens'
import { useStandInsAndFakeTime } from './contract'
import { SMS_PATH } from './contract/external-otp'
import { inSeconds } from './contract/v1'

const PATH = '/v1/verifications'
const REDEEM = '/v1/tokens/redeem'
const JWKS = '/.well-known/jwks.json'
const TYP = 'otp-verification+jwt'

interface Checked {
  readonly id: string
  readonly valid: boolean
  readonly token?: string
  readonly token_expires_at?: string
}

let edwards: SigningKey
let curve: SigningKey
/** Tokens are set up, with a key of each kind; the first one signs. */
let service: ReturnType<typeof createService>
/** As is, but there are no signing keys. */
const without = createService()
beforeAll(async () => {
  ;[edwards, curve] = await Promise.all([newSigningKey('EdDSA'), newSigningKey('ES256')])
  service = createService(tokenSettings([edwards, curve]))
})

const theVerification = (id: string) => ({ verification_id: id, jti: id })

const redeem = (token: unknown, audience?: string, through = service, headers = {}) =>
  through.post(REDEEM, { token, ...(audience !== undefined && { audience }) }, headers)

async function expectProblem(response: Response, status: number, code: string): Promise<object> {
  const problem = await response.json<object>()
  expect([response.status, problem]).toMatchObject([status, { code }])
  return problem
}

async function keySet(through = service) {
  return (await through.request(JWKS)).json<JSONWebKeySet>()
}

const { standIns } = useStandInsAndFakeTime()

async function send(facts: object = {}, through = service) {
  const phone = uniquePhone()
  const { id } = await (await through.post(PATH, { to: phone, ...facts })).json<{ id: string }>()
  return { phone, id, code: standIns().gupshup.lastCode(phone)! }
}

/** A number with an approved check, its answer, and its token. */
async function approve(facts: object = {}, body: object = {}, through = service) {
  const sent = await send(facts, through)
  const checked = await (await through.post(`${PATH}/${sent.id}/check`, { code: sent.code, ...body })).json<Checked>()
  expect(checked).toMatchObject({ id: sent.id, valid: true })
  return { ...sent, checked, token: checked.token! }
}

describe('an approved check', () => {
  it.each(['EdDSA', 'ES256'] as const)('brings a token that a plain JOSE library verifies offline: %s', async (alg) => {
    const key = alg === 'EdDSA' ? edwards : curve
    const through = createService(tokenSettings([key, alg === 'EdDSA' ? curve : edwards]))
    const binding = { repayment: '456', loan: '123' }
    const { phone, id, checked, token } = await approve({ purpose: 'payment', binding }, {}, through)

    const { payload, protectedHeader } = await jwtVerify(token, createLocalJWKSet(await keySet(through)), {
      issuer: ISSUER,
      audience: AUDIENCE,
      typ: TYP,
      algorithms: [alg],
      requiredClaims: ['exp', 'iat', 'jti'],
    })
    const now = Math.floor(Date.now() / 1000)
    expect(protectedHeader).toEqual({ alg, kid: await kidOf(key), typ: TYP })
    expect(payload).toEqual({
      iss: ISSUER,
      aud: AUDIENCE,
      sub: expect.stringMatching(/^num_[\w-]{22}$/),
      iat: now,
      exp: now + 300,
      jti: id,
      phone_number: phone,
      phone_number_verified: true,
      purpose: 'payment',
      binding: await hashBinding(binding),
      verification_id: id,
      verified_at: now,
    })
    expect(checked).toEqual({
      id,
      status: 'approved',
      valid: true,
      guesses_left: 4,
      token,
      token_expires_at: inSeconds(300),
    })
  })

  it('by number brings one as well, for whom the check names and for as long as is set', async () => {
    const through = createService(tokenSettings([curve], { TOKEN_LIFETIME_SECONDS: '60' }))
    const { phone, id, code } = await send({}, through)
    const response = await through.post(`${PATH}/check`, { to: phone, code, audience: 'app:wallet' })
    const { token, token_expires_at } = await response.json<Checked>()
    const { claims } = partsOf(token!)

    expect(claims).toMatchObject({ aud: 'app:wallet', jti: id, purpose: 'login', binding: null })
    expect(claims.exp! - claims.iat!).toBe(60)
    expect(token_expires_at).toBe(inSeconds(60))
  })

  it('has the same subject for a number each time, and another for another', async () => {
    const first = await approve()
    vi.advanceTimersByTime(60_000)
    await service.post(PATH, { to: first.phone, purpose: 'payment' })
    const body = { to: first.phone, purpose: 'payment', code: standIns().gupshup.lastCode(first.phone)! }
    const { token } = await (await service.post(`${PATH}/check`, body)).json<Checked>()
    const subject = partsOf(first.token).claims.sub

    expect(partsOf(token!).claims.sub).toBe(subject)
    expect(partsOf((await approve()).token).claims.sub).not.toBe(subject)
  })

  it('brings none where none are set up, nor with a wrong code', async () => {
    const { checked } = await approve({}, { audience: AUDIENCE }, without)
    expect(checked).toEqual({ id: checked.id, status: 'approved', valid: true, guesses_left: 4 })
    const { id, code } = await send()
    const wrong = await (await service.post(`${PATH}/${id}/check`, { code: wrongCode(code) })).json<Checked>()
    expect(wrong).toEqual({ id, status: 'pending', valid: false, guesses_left: 4 })
  })

  it.each([
    ['empty', ''],
    ['too long', 'x'.repeat(513)],
    ['no text', 7],
    ['null', null],
  ])('refuses an audience that is %s before it counts the guess', async (_what, audience) => {
    const { id, code } = await send()
    await expectProblem(await service.post(`${PATH}/${id}/check`, { code, audience }), 400, 'invalid_request')
    expect(await (await service.post(`${PATH}/${id}/check`, { code })).json()).toMatchObject({ valid: true, guesses_left: 4 })
  })

  it('that is repeated signs again, with the same id and the same end', async () => {
    const { id, code } = await send()
    const headers = { 'x-request-id': crypto.randomUUID() }
    const check = async (audience?: string) => {
      const response = await service.post(`${PATH}/${id}/check`, { code, ...(audience !== undefined && { audience }) }, headers)
      return partsOf((await response.json<Checked>()).token!).claims
    }
    const first = await check()
    vi.advanceTimersByTime(50_000)
    expect(await check()).toEqual(first)
    expect(await check('app:wallet')).toEqual({ ...first, aud: 'app:wallet' })
  })

  it('on the other surfaces brings none: their bodies are what their documents say', async () => {
    const phone = uniquePhone()
    await service.post('/send-otp', { phone_number: phone })
    const response = await service.post('/verify-otp', { phone_number: phone, otp: standIns().gupshup.lastCode(phone)! })
    expect(await response.json()).toEqual({
      success: true,
      message: 'OTP verified successfully',
      data: { phone_number: phone },
    })
  })
})

describe('a code that its caller made', () => {
  it('proves nothing to others: whoever asked for it knew it', async () => {
    const through = createService({ ...tokenSettings([edwards]), ...TWILIO_SETTINGS })
    const phone = uniquePhone()
    const sent = await through.post(SMS_PATH, { to_phone: phone, otp: '654321' })
    expect([sent.status, standIns().twilio.lastCode(phone)]).toEqual([200, '654321'])
    const body = { to: phone, code: '654321', purpose: 'external' }
    const checked = await (await through.post(`${PATH}/check`, body)).json<Checked>()
    expect(checked).toEqual({ id: checked.id, status: 'approved', valid: true, guesses_left: 4 })
  })

  it('a short code that is trusted elsewhere brings none here, also where that check is repeated here', async () => {
    const through = createService({ ...tokenSettings([edwards]), ...TWILIO_SETTINGS })
    const phone = uniquePhone()
    await through.post('/api/users/send-otp', { phone })
    const otp = standIns().twilio.lastCode(phone)!
    const headers = { 'x-request-id': crypto.randomUUID() }
    expect((await through.post('/api/users/verify-otp', { phone, otp }, headers)).status).toBe(200)
    expect(otp).toHaveLength(4)
    const again = await through.post(`${PATH}/check`, { to: phone, code: otp }, headers)
    expect(await again.json()).not.toHaveProperty('token')
  })
})

describe('redeeming', () => {
  it('says what was proved, once, and the audit has it (R-TOK-04)', async () => {
    const { phone, id, token } = await approve({ purpose: 'payment', binding: { loan: '123' } })
    const verifiedAt = inSeconds(0)
    vi.advanceTimersByTime(2_000)
    const response = await redeem(token)

    expect([response.status, await response.json()]).toEqual([
      200,
      {
        verification_id: id,
        phone_number: phone,
        purpose: 'payment',
        binding: await hashBinding({ loan: '123' }),
        audience: AUDIENCE,
        verified_by: null,
        verified_at: verifiedAt,
        redeemed_at: inSeconds(0),
      },
    ])
    await expectProblem(await redeem(token), 409, 'token_redeemed')
    const gate = await gateOf(phone)
    await gate.flush()
    const events = (await auditOf(gate)).filter(({ kind }) => kind.startsWith('token.'))
    expect(events.map(({ kind, detail }) => [kind, JSON.parse(detail)])).toEqual([
      ['token.redeemed', { audience: AUDIENCE, redeemed_by: null }],
      ['token.refused', { audience: AUDIENCE, redeemed_by: null, reason: 'redeemed_before' }],
    ])
  })

  it.each([
    ['under ids of their own', () => ({})],
    ['under one id, as a proxy would have it that passes it on', () => ({ 'x-request-id': 'one-and-the-same' })],
  ])('lets one of twenty parallel ones through, %s (R-TOK-04)', async (_how, headers) => {
    const { token } = await approve()
    const answers = await Promise.all(Array.from({ length: 20 }, () => redeem(token, undefined, service, headers())))
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, ...Array.from({ length: 19 }, () => 409)])
  })

  it('uses up all that was signed for a verification, for whomever', async () => {
    const { id, code } = await send()
    const headers = { 'x-request-id': crypto.randomUUID() }
    const check = async (audience: string) =>
      (await (await service.post(`${PATH}/${id}/check`, { code, audience }, headers)).json<Checked>()).token
    const [first, second] = [await check('a'), await check('b')]

    expect((await redeem(second, 'b')).status).toBe(200)
    await expectProblem(await redeem(first, 'a'), 409, 'token_redeemed')
  })

  it('is for who the token is for, and whoever else tries does not use it up (R-TOK-03)', async () => {
    const { token } = await approve({}, { audience: 'app:wallet' })
    for (const audience of [undefined, AUDIENCE, 'app:wallet ', 'APP:WALLET', 'app']) {
      await expectProblem(await redeem(token, audience), 400, 'token_not_accepted')
    }
    expect((await redeem(token, 'app:wallet')).status).toBe(200)
  })

  it('says whose verification it was, so that swapped between callers it shows (R-TOK-03)', async () => {
    const [mine, theirs, backEnd] = await Promise.all([
      putApiKey({ kind: 'publishable' }),
      putApiKey({ kind: 'publishable' }),
      putApiKey({ scopes: ['tokens:redeem'] }),
    ])
    const tokenOf = async (key: string) => {
      const to = uniquePhone()
      const page = bearer(key, PAGE)
      await service.post(PATH, { to }, page)
      const body = { to, code: standIns().gupshup.lastCode(to)!, audience: 'app:wallet' }
      return (await (await service.post(`${PATH}/check`, body, page)).json<Checked>()).token!
    }
    // Either may ask for the audience of the back end: a user's code is theirs to forward.
    for (const { key, id } of [mine, theirs]) {
      const token = await tokenOf(key)
      expect(partsOf(token).claims).toMatchObject({ aud: 'app:wallet', azp: id })
      const { header, claims } = partsOf(token)
      for (const azp of [mine.id, theirs.id, backEnd.id, '', undefined].filter((one) => one !== id)) {
        const swapped = await forge(edwards, { ...header, alg: 'EdDSA' }, { ...claims, azp })
        await expectProblem(await redeem(swapped, 'app:wallet'), 400, 'token_not_accepted')
      }
      const redeemed = await redeem(token, 'app:wallet', service, bearer(backEnd.key))
      expect([redeemed.status, await redeemed.json()]).toMatchObject([200, { verified_by: id }])
    }
  })

  it('is possible until the second at which the token ends (R-TOK-03)', async () => {
    const { token } = await approve()
    const { token: other } = await approve()
    vi.setSystemTime(partsOf(token).claims.exp! * 1000 - 1)
    expect((await redeem(token)).status).toBe(200)
    vi.setSystemTime(partsOf(other).claims.exp! * 1000)
    await expectProblem(await redeem(other), 400, 'token_not_accepted')
  })

  it('takes a "not before" from a clock that is up to a minute ahead (R-TOK-03)', async () => {
    const { token } = await approve()
    const { header, claims } = partsOf(token)
    const startsIn = async (seconds: number) => {
      const nbf = Math.floor(Date.now() / 1000) + seconds
      return redeem(await forge(edwards, { ...header, alg: 'EdDSA' }, { ...claims, nbf }))
    }
    await expectProblem(await startsIn(61), 400, 'token_not_accepted')
    expect((await startsIn(59)).status).toBe(200)
  })

  it('is answered again to who lost the answer and asks with the same Idempotency-Key, and to nobody else', async () => {
    const { token } = await approve()
    const under = (key: string) => redeem(token, undefined, service, { 'idempotency-key': key })
    const first = await under('"order-1"')
    const body = await first.text()
    const again = await under('"order-1"')

    expect([first.status, again.status, await again.text()]).toEqual([200, 200, body])
    expect(again.headers.get('idempotent-replayed')).toBe('true')
    await expectProblem(await under('"order-2"'), 409, 'token_redeemed')
    await expectProblem(await redeem(token), 409, 'token_redeemed')
  })

  it('is let through once also where the reply of the gate is lost and the call repeated (R-TOK-04)', async () => {
    const { token } = await approve()
    const replies: unknown[] = []
    const losingFirst = async (stub: GateStub, request: RedeemRequest) => {
      replies.push(await stub.redeem(request))
      if (replies.length === 1) throw Object.assign(new Error('injected'), { retryable: true })
      return replies.at(-1)
    }
    const gates = gatesWith({ redeem: losingFirst } as never)
    const through = createService({ ...tokenSettings([edwards, curve]), PHONE_GATE: gates })

    expect((await redeem(token, undefined, through)).status).toBe(200)
    expect(replies).toHaveLength(2)
    await expectProblem(await redeem(token), 409, 'token_redeemed')
  })

  it('of an erased person is nothing', async () => {
    const { phone, token } = await approve()
    expect((await service.post('/v1/people/erase', { phone, requested_by: 'agent-17' })).status).toBe(200)
    await expectProblem(await redeem(token), 400, 'token_not_accepted')
  })

  it('wants a key for it, and one for that purpose; the token stays good for who has one', async () => {
    const { token } = await approve({ purpose: 'payment' })
    const [other, login, page, good] = await Promise.all([
      putApiKey({ scopes: ['verifications:check'] }),
      putApiKey({ scopes: ['tokens:redeem'], purposes: ['login'] }),
      putApiKey({ kind: 'publishable', scopes: ['verifications:check', 'tokens:redeem'] }),
      putApiKey({ scopes: ['tokens:redeem'], purposes: ['login', 'payment'] }),
    ])
    const by = (key: string, origin?: string) => redeem(token, undefined, service, bearer(key, origin))

    await expectProblem(await by(other.key), 403, 'insufficient_scope')
    await expectProblem(await by(login.key), 403, 'purpose_not_allowed')
    await expectProblem(await by(page.key), 403, 'origin_not_allowed')
    // Whosever verification it was: a token is for other back ends.
    expect((await by(good.key)).status).toBe(200)
  })

  it('needs signing keys', async () => {
    const problem = await expectProblem(await redeem('x', undefined, without), 503, 'tokens_not_configured')
    expect(JSON.stringify(problem)).toContain('SIGNING_KEYS')
  })

  it('goes on after a change of the key, until the old one is dropped (R-TOK-08)', async () => {
    const [one, two] = [await approve(), await approve()]
    const newer = await newSigningKey('ES256')
    await expectProblem(await redeem(one.token, undefined, createService(tokenSettings([newer]))), 400, 'token_not_accepted')
    for (const { token } of [one, two]) {
      const response = await redeem(token, undefined, createService(tokenSettings([newer, edwards])))
      expect(response.status).toBe(200)
    }
  })
})

describe('a token that is not one of ours', () => {
  type Forgery = (genuine: ReturnType<typeof partsOf> & { readonly token: string }) => Promise<unknown>

  const header = async (changes: object = {}) => ({ alg: 'EdDSA', kid: await kidOf(edwards), typ: TYP, ...changes })
  const claimed =
    (changes: object): Forgery =>
    async ({ claims }) =>
      forge(edwards, await header(), { ...claims, ...changes })
  const headed =
    (changes: object): Forgery =>
    async ({ claims }) =>
      forge(edwards, await header(changes), claims)
  const altered =
    (part: number, change: (text: string) => string): Forgery =>
    async ({ token }) =>
      token
        .split('.')
        .map((text, index) => (index === part ? change(text) : text))
        .join('.')
  const unsigned =
    (alg: unknown, signature = ''): Forgery =>
    async ({ claims }) =>
      `${encodePart({ ...(await header()), alg })}.${encodePart(claims)}.${signature}`
  const bySecret =
    (secretOf: (key: SigningKey) => Promise<string | Uint8Array>): Forgery =>
    async ({ claims }) => {
      const secret = await secretOf(curve)
      const bytes = typeof secret === 'string' ? new TextEncoder().encode(secret) : secret
      return forgeBySecret(bytes, { alg: 'HS256', kid: await kidOf(curve), typ: TYP }, claims)
    }
  const publicPart = (key: SigningKey) => {
    const { d: _, ...rest } = key
    return rest
  }
  const ownKey =
    (changes: (stranger: SigningKey) => Promise<object> | object): Forgery =>
    async ({ claims }) => {
      const stranger = await newSigningKey('EdDSA')
      return forge(stranger, { ...(await header()), ...(await changes(stranger)) }, claims)
    }
  const evil = 'https://evil.example.com/jwks.json'

  const forgeries: readonly (readonly [string, Forgery])[] = [
    // R-TOK-01
    ['with the algorithm none (R-TOK-01)', unsigned('none')],
    ['with the algorithm None (R-TOK-01)', unsigned('None', 'AAAA')],
    ['without an algorithm (R-TOK-01)', unsigned(undefined)],
    ['with an algorithm that is no text (R-TOK-01)', unsigned(['EdDSA'], 'AAAA')],
    ['signed by HS256 with the public key as a JWK (R-TOK-01)', bySecret(async (key) => JSON.stringify(publicPart(key)))],
    [
      'signed by HS256 with the public key as PEM (R-TOK-01)',
      bySecret(async (key) => exportSPKI(await importJWK(publicPart(key), 'ES256'))),
    ],
    [
      'signed by HS256 with the coordinate (R-TOK-01)',
      bySecret(async ({ x }) => Uint8Array.fromBase64(x, { alphabet: 'base64url' })),
    ],
    [
      'signed by RS256 with a key of their own (R-TOK-01)',
      async ({ claims }) => forgeRs256(await header({ alg: 'RS256' }), claims),
    ],
    [
      'that names the other algorithm for the key (R-TOK-01)',
      async ({ claims }) => forge(curve, await header({ alg: 'ES256' }), claims),
    ],
    // R-TOK-02
    ['signed by a stranger under our key id (R-TOK-02)', ownKey(() => ({}))],
    ['signed by a stranger under their key id (R-TOK-02)', ownKey(async (key) => ({ kid: await kidOf(key) }))],
    ['with the key id of a path (R-TOK-02)', headed({ kid: '../../../../dev/null' })],
    ['with the key id of a query (R-TOK-02)', headed({ kid: "' OR 1=1; DROP TABLE api_keys; --" })],
    ['with a key id of 10 kB (R-TOK-02)', headed({ kid: 'k'.repeat(10_000) })],
    ['with a key id of 5 kB (R-TOK-02)', headed({ kid: 'k'.repeat(5_000) })],
    ['with the key id of a method of objects (R-TOK-02)', headed({ kid: 'constructor' })],
    ['without a key id (R-TOK-02)', headed({ kid: undefined })],
    ['with a key id that is no text (R-TOK-02)', headed({ kid: 7 })],
    ['with a key of their own inside (R-TOK-02)', ownKey((key) => ({ jwk: publicPart(key) }))],
    ['with the address of a key of their own (R-TOK-02)', ownKey(async (key) => ({ jku: evil, kid: await kidOf(key) }))],
    ['with the address of a certificate of their own (R-TOK-02)', ownKey(() => ({ x5u: evil }))],
    ['with a header that has to be understood (R-TOK-02)', headed({ crit: ['exp'], exp: 1 })],
    // R-TOK-03
    ['without a type (R-TOK-03)', headed({ typ: undefined })],
    ['of the type of access tokens (R-TOK-03)', headed({ typ: 'at+jwt' })],
    ['of the type of all tokens (R-TOK-03)', headed({ typ: 'JWT' })],
    ['of another issuer (R-TOK-03)', claimed({ iss: 'https://evil.example.com' })],
    ['of no issuer (R-TOK-03)', claimed({ iss: undefined })],
    ['for another audience (R-TOK-03)', claimed({ aud: 'app:wallet' })],
    ['for several audiences (R-TOK-03)', claimed({ aud: [AUDIENCE, 'app:wallet'] })],
    ['for nobody (R-TOK-03)', claimed({ aud: undefined })],
    ['without an end (R-TOK-03)', claimed({ exp: undefined })],
    ['with an end that is no number (R-TOK-03)', claimed({ exp: '9999999999' })],
    ['that ended just now (R-TOK-03)', async (genuine) => claimed({ exp: Math.floor(Date.now() / 1000) })(genuine)],
    ['for another purpose than the code was (R-TOK-03)', claimed({ purpose: 'payment' })],
    ['for another number', claimed({ phone_number: '+919800009999' })],
    ['for other facts', claimed({ binding: 'A'.repeat(43) })],
    ['of a caller whose verification it was not (R-TOK-03)', claimed({ azp: 'key_1' })],
    ['of a caller that is no text (R-TOK-03)', claimed({ azp: ['key_1'] })],
    ['with a single use of its own', claimed({ jti: 'anything' })],
    ['of a gate of another deployment', claimed(theVerification(`ver_${encodePart('x'.repeat(48))}`))],
    ['of no gate', claimed(theVerification('ver_1'))],
    [
      'whose payload was altered',
      altered(1, (text) => encodePart(atob(text.replaceAll('-', '+').replaceAll('_', '/')).replace('login', 'admin'))),
    ],
    ['whose header was altered', altered(0, () => encodePart({ alg: 'EdDSA', typ: TYP }))],
    ['whose signature was altered', altered(2, (text) => (text.startsWith('A') ? 'B' : 'A') + text.slice(1))],
    ['whose signature was cut', altered(2, (text) => text.slice(0, 20))],
    ['whose signature is missing', altered(2, () => '')],
    ['whose payload is no JSON', altered(1, () => encodePart('text'))],
    ['with a part too many', async ({ token }) => `${token}.${encodePart('x')}`],
    ['with blanks around', async ({ token }) => ` ${token}\n`],
    ['that is no token', async () => 'token'],
    ['that is a JWS of another form', async ({ token }) => JSON.stringify({ payload: token.split('.')[1], signatures: [] })],
  ]

  it.each(forgeries)('is refused without a word on why: %s', async (_what, forgery) => {
    const { token } = await approve()
    const outgoing = vi.mocked(fetch).mock.calls.length
    const forged = await forgery({ ...partsOf(token), token })
    expect(forged).not.toBe(token)

    const problem = await expectProblem(await redeem(forged), 400, 'token_not_accepted')
    const reference = await expectProblem(await redeem('nonsense'), 400, 'token_not_accepted')
    expect({ ...problem, request_id: '' }).toEqual({ ...reference, request_id: '' })
    expect(vi.mocked(fetch).mock.calls).toHaveLength(outgoing)
    // Nothing of that has used it up.
    expect((await redeem(token)).status).toBe(200)
  })
})

describe('GET /.well-known/jwks.json', () => {
  it('has the public parts of all keys, in their order, to be kept for five minutes', async () => {
    const response = await service.request(JWKS)
    const text = await response.text()

    expect(response.status).toBe(200)
    expect(response.headers.get('cache-control')).toBe('public, max-age=300')
    expect(response.headers.get('content-type')).toBe('application/json')
    expect(JSON.parse(text)).toEqual({
      keys: [
        { kty: 'OKP', crv: 'Ed25519', x: edwards.x, use: 'sig', alg: 'EdDSA', kid: await kidOf(edwards) },
        { kty: 'EC', crv: 'P-256', x: curve.x, y: 'y' in curve && curve.y, use: 'sig', alg: 'ES256', kid: await kidOf(curve) },
      ],
    })
    for (const { d } of [edwards, curve]) expect(text).not.toContain(d)
  })

  it('is empty, and kept by nobody, where there are none', async () => {
    const response = await without.request(JWKS)
    expect([response.status, await response.json()]).toEqual([200, { keys: [] }])
    expect(response.headers.get('cache-control')).toBe('no-store')
  })

  it('is open where access is controlled, and everything else of tokens is not', async () => {
    const closed = createService({ ...tokenSettings([edwards]), AUTH_REQUIRED: 'true' })
    expect((await closed.request(JWKS)).status).toBe(200)
    await expectProblem(await redeem('x', undefined, closed), 401, 'unauthorized')
  })

  it('says so where the configuration is wrong', async () => {
    const response = await createService({ ...tokenSettings([edwards]), OTP_PEPPER: '' }).request(JWKS)
    expect([response.status, await response.json()]).toMatchObject([503, { data: { error: 'misconfigured' } }])
    expect(response.headers.get('cache-control')).toBe('no-store')
  })
})

describe('signing keys of which one is no pair', () => {
  it('are refused wherever they are used, before a code is used up, and nothing of them is told', async () => {
    const { d } = await newSigningKey()
    const broken = createService(tokenSettings([curve, { ...edwards, d }]))
    const { id, code } = await send()
    const answers = [
      await broken.request(JWKS),
      await broken.post(`${PATH}/${id}/check`, { code }),
      await redeem('x', undefined, broken),
    ]
    for (const answer of answers) {
      const text = await answer.text()
      expect([answer.status, text]).toEqual([503, expect.stringContaining('SIGNING_KEYS: key 2 is no pair')])
      for (const secret of [d, edwards.d, edwards.x]) expect(text).not.toContain(secret)
    }
    expect(await (await service.post(`${PATH}/${id}/check`, { code })).json()).toMatchObject({ valid: true, guesses_left: 4 })
  })
})

async function forgeRs256(header: { alg: string }, claims: object): Promise<string> {
  const algorithm = { name: 'RSASSA-PKCS1-v1_5', modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-256' }
  const { privateKey } = (await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as CryptoKeyPair
  const signed = `${encodePart(header)}.${encodePart(claims)}`
  const signature = new Uint8Array(await crypto.subtle.sign(algorithm.name, privateKey, new TextEncoder().encode(signed)))
  return `${signed}.${signature.toBase64({ alphabet: 'base64url', omitPadding: true })}`
}
