import { describe, expect, it, vi } from 'vitest'
import { newApiKey } from '../../src/access/api-key'
import { type AccessDeps, authenticate, isOperator } from '../../src/access/authenticate'
import type { IdentityProvider } from '../../src/access/identity-provider'
import { createKnownKeys } from '../../src/access/known-keys'
import { OPERATOR, type Principal } from '../../src/access/principal'
import { OPEN_SCOPES, SCOPES } from '../../src/access/scopes'
import { watchedDatabase } from '../support/audit'
import { SERVER_SCOPES, putApiKey } from '../support/keys'

const ADMIN_KEY = 'an-admin-key-of-tests-0123456789'
const IDENTITY: Principal = { kind: 'server', id: 'jwt_somebody', scopes: new Set(['leads:read']) }

function deps(
  changes: {
    readonly required?: boolean
    readonly adminApiKey?: string | undefined
    readonly previousAdminApiKey?: string | undefined
    readonly identityProvider?: IdentityProvider
  } = {},
) {
  const { db, done } = watchedDatabase()
  const { required = true, adminApiKey, previousAdminApiKey, identityProvider } = changes
  const keys = createKnownKeys({ db, clock: Date.now, log: vi.fn() })
  const access: AccessDeps = {
    config: { required, adminApiKey, previousAdminApiKey, tokens: undefined },
    keys,
    identityProvider,
    clock: Date.now,
  }
  return { access, done, ask: (credential?: string) => authenticate(access, credential, () => undefined) }
}

const refused = { refusal: { code: 'unauthorized', details: {} } }
/** Takes this token and no other. */
const tokens = (token: string) => ({ principalOf: vi.fn(async (given: string) => (given === token ? IDENTITY : undefined)) })

describe('an API key (R-TOK-06)', () => {
  it('is who it is of, by one read of D1 and then by none', async () => {
    const { key, id } = await putApiKey({ purposes: ['login'] })
    const { ask, done } = deps()
    for (let request = 0; request < 50; request++) {
      expect(await ask(key)).toEqual({ kind: 'server', id, scopes: new Set(SERVER_SCOPES), purposes: new Set(['login']) })
    }
    expect(done).toHaveLength(1)
  })

  it('with a wrong checksum is refused without anybody being asked', async () => {
    const { key } = await putApiKey()
    const { ask, done } = deps()
    for (const text of [`${key.slice(0, -1)}x`, key.replace('evsk_', 'evpk_'), `${key}0`, 'evsk_', `evsk_${'0'.repeat(48)}`]) {
      await expect(ask(text)).rejects.toMatchObject(refused)
    }
    expect(done).toEqual([])
  })

  it('that was never made is refused after one read, however often it comes', async () => {
    const { ask, done } = deps()
    const key = await newApiKey('secret')
    for (let request = 0; request < 5; request++) await expect(ask(key)).rejects.toMatchObject(refused)
    expect(done).toHaveLength(1)
  })

  it.each([
    ['expired', { expiresAt: Date.now() - 1 }],
    ['revoked', { revokedAt: Date.now() - 1 }],
    ['revoked and not yet expired', { revokedAt: Date.now() - 1, expiresAt: Date.now() + 60_000 }],
  ])('that is %s is refused, also where access is open', async (_is, changes) => {
    const { key } = await putApiKey(changes)
    await expect(deps().ask(key)).rejects.toMatchObject(refused)
    await expect(deps({ required: false }).ask(key)).rejects.toMatchObject(refused)
  })

  it('expires while it is known', async () => {
    const time = { now: Date.now() }
    const { key } = await putApiKey({ expiresAt: time.now + 10 })
    const { access } = deps()
    const later = { ...access, clock: () => time.now }
    await authenticate(later, key, () => undefined)
    time.now += 10
    await expect(authenticate(later, key, () => undefined)).rejects.toMatchObject(refused)
  })

  it('works beside the one before it while they overlap, as one and the same owner, and alone after that', async () => {
    const previousKey = await newApiKey('secret')
    const until = Date.now() + 60_000
    const { key, id } = await putApiKey({ previousKey, previousUntil: until })
    const { access, ask } = deps()
    expect(await ask(key)).toMatchObject({ id })
    expect(await ask(previousKey)).toMatchObject({ id })
    const after = { ...access, clock: () => until }
    expect(await authenticate(after, key, () => undefined)).toMatchObject({ id })
    await expect(authenticate(after, previousKey, () => undefined)).rejects.toMatchObject(refused)
  })

  it('of a page is a browser', async () => {
    const { key, id } = await putApiKey({ kind: 'publishable', origins: ['https://a.example'] })
    expect(await deps().ask(key)).toMatchObject({ kind: 'browser', id, origins: ['https://a.example'] })
  })

  it('is never shown to the identity provider', async () => {
    const identityProvider = tokens('a token')
    const { ask } = deps({ identityProvider })
    await expect(ask(await newApiKey('secret'))).rejects.toMatchObject(refused)
    await expect(ask('evsk_nonsense')).rejects.toMatchObject(refused)
    expect(identityProvider.principalOf).not.toHaveBeenCalled()
  })
})

describe('the key of the operator', () => {
  it('opens everything, and asks nobody', async () => {
    const { ask, done } = deps({ adminApiKey: ADMIN_KEY })
    expect(await ask(ADMIN_KEY)).toBe(OPERATOR)
    expect(OPERATOR.scopes).toEqual(new Set(SCOPES))
    expect(done).toEqual([])
  })

  it('is taken in its last form too while it is being replaced', async () => {
    const { ask } = deps({ adminApiKey: ADMIN_KEY, previousAdminApiKey: `${ADMIN_KEY}-before` })
    expect([await ask(ADMIN_KEY), await ask(`${ADMIN_KEY}-before`)]).toEqual([OPERATOR, OPERATOR])
    await expect(deps({ adminApiKey: ADMIN_KEY }).ask(`${ADMIN_KEY}-before`)).rejects.toMatchObject(refused)
  })

  it('may look like an API key', async () => {
    const adminApiKey = await newApiKey('secret')
    expect(await deps({ adminApiKey }).ask(adminApiKey)).toBe(OPERATOR)
  })

  it.each([
    ADMIN_KEY.slice(0, -1),
    `${ADMIN_KEY}0`,
    ADMIN_KEY.toUpperCase(),
    '',
    ' ',
    'undefined',
    'x'.repeat(10_240),
    'schlüssel',
  ])('is not %j', async (credential) => {
    await expect(deps({ adminApiKey: ADMIN_KEY }).ask(credential)).rejects.toMatchObject(refused)
  })

  it('is nobody’s where there is none', async () => {
    for (const credential of ['undefined', '', 'null']) await expect(deps().ask(credential)).rejects.toMatchObject(refused)
  })

  it('is never shown to the identity provider', async () => {
    const identityProvider = tokens('a token')
    await deps({ adminApiKey: ADMIN_KEY, identityProvider }).ask(ADMIN_KEY)
    expect(identityProvider.principalOf).not.toHaveBeenCalled()
  })
})

describe('a token of the identity provider', () => {
  it('is who it says', async () => {
    expect(await deps({ identityProvider: tokens('good') }).ask('good')).toBe(IDENTITY)
  })

  it('that is not good is refused, also where access is open', async () => {
    const identityProvider = tokens('good')
    await expect(deps({ identityProvider }).ask('bad')).rejects.toMatchObject(refused)
    await expect(deps({ identityProvider, required: false }).ask('bad')).rejects.toMatchObject(refused)
  })

  it('is no credential where there is no identity provider', async () => {
    await expect(deps().ask('good')).rejects.toMatchObject(refused)
  })
})

describe('without a credential', () => {
  it('nobody is let in', async () => {
    await expect(deps().ask()).rejects.toMatchObject(refused)
    await expect(deps({ adminApiKey: ADMIN_KEY }).ask()).rejects.toMatchObject(refused)
  })

  it('everybody may everything in an open deployment without an operator, and little in one with', async () => {
    const open = deps({ required: false })
    expect(await open.ask()).toEqual({ kind: 'anyone', id: '', scopes: new Set(SCOPES) })
    expect(isOperator(open.access, await open.ask())).toBe(true)
    const owned = deps({ required: false, adminApiKey: ADMIN_KEY })
    expect(await owned.ask()).toEqual({ kind: 'anyone', id: '', scopes: new Set(OPEN_SCOPES) })
    expect(isOperator(owned.access, await owned.ask())).toBe(false)
  })
})

it('takes nobody but the operator for the operator', async () => {
  const { access } = deps({ adminApiKey: ADMIN_KEY })
  const { access: without } = deps()
  const all = new Set(SCOPES)
  for (const kind of ['server', 'browser'] as const) {
    expect(isOperator(access, { kind, id: 'operator', scopes: all })).toBe(false)
    expect(isOperator(without, { kind, id: 'operator', scopes: all })).toBe(false)
  }
  expect(isOperator(access, OPERATOR)).toBe(true)
})
