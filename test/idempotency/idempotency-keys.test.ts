import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { IDEMPOTENCY_CALL_TIMEOUT_MS } from '../../src/config/limits'
import type { Log } from '../../src/core/log'
import { createHmacSigner } from '../../src/core/hmac'
import { createSealer } from '../../src/core/seal'
import { type Begun, type KeyedRequest, createIdempotencyKeys } from '../../src/idempotency/idempotency-keys'
import { type RecordStub, allRecords, recordsWith, storedIn } from './records'

const SECRET = 'a secret for the tests of keys only, 32 characters'
const log = vi.fn<Log>()
beforeEach(() => log.mockReset())
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

const bytes = (text: string) => new Uint8Array(new TextEncoder().encode(text))
const keysIn = (namespace = env.IDEMPOTENCY, secret = SECRET) => createIdempotencyKeys({ namespace, secret, log })
const keys = keysIn()

let used = 0
const request = (changes: Partial<KeyedRequest> = {}): KeyedRequest => ({
  owner: 'key_owner',
  key: `test-key-${(used += 1)}`,
  method: 'POST',
  path: '/v1/verifications',
  query: '',
  body: bytes('{"to":"+919876543210"}'),
  ...changes,
})

async function begin(asked: KeyedRequest, through = keys): Promise<Extract<Begun, { status: 'begun' }>> {
  const begun = await through.begin(asked)
  return begun.status === 'begun' ? begun : expect.unreachable('it was answered before')
}

const ANSWER = {
  status: 201,
  headers: { 'Content-Type': 'application/json', Location: '/v1/verifications/ver_1' },
  body: '{"id":"ver_1","otp":"48151623"}',
}
const refused = (code: string, details: unknown = {}) => expect.objectContaining({ refusal: { code, details } }) as unknown

it('gives back what was kept', async () => {
  const asked = request()
  expect(await (await begin(asked)).keep(ANSWER)).toBe(true)
  expect(await keys.begin(asked)).toEqual({ status: 'kept', answer: ANSWER })
})

it.each([
  ['another body', { body: bytes('{"to":"+919876543211"}') }],
  ['the same body, written otherwise', { body: bytes('{"to": "+919876543210"}') }],
  ['no body', { body: bytes('') }],
  ['another path', { path: '/v1/verifications/x/resend' }],
  ['another query', { query: '?otp=1' }],
  ['another method', { method: 'PUT' }],
])('is for one request: refuses %s, running and answered (R-HTTP-04)', async (_what, changes) => {
  const asked = request()
  const begun = await begin(asked)
  await expect(keys.begin({ ...asked, ...changes })).rejects.toEqual(refused('idempotency_key_reused'))
  await begun.keep(ANSWER)
  await expect(keys.begin({ ...asked, ...changes })).rejects.toEqual(refused('idempotency_key_reused'))
})

it('tells who comes meanwhile how long to wait, in whole seconds', async () => {
  const asked = request()
  await begin(asked)
  await expect(keys.begin(asked)).rejects.toEqual(refused('idempotency_key_in_use', { retryAfterSeconds: 1 }))
})

it('keeps the keys of callers apart: nobody meets what is of another (R-CFG-04)', async () => {
  const asked = request({ key: 'a key that two have' })
  await (await begin(asked)).keep(ANSWER)
  for (const owner of ['', 'key_other', 'operator', 'jwt_owner']) {
    const begun = await begin({ ...asked, owner })
    await begun.keep({ ...ANSWER, body: `of ${owner}` })
  }
  expect(await keys.begin(asked)).toEqual({ status: 'kept', answer: ANSWER })
  expect(await keys.begin({ ...asked, owner: '' })).toEqual({ status: 'kept', answer: { ...ANSWER, body: 'of ' } })
  // What stands between owner and key cannot be moved.
  await begin({ ...asked, owner: 'key_owner"', key: asked.key.slice(1) })
  await begin({ ...asked, owner: `key_ownera`, key: asked.key.slice(1) })
})

it('forgets everything with the secret', async () => {
  const asked = request()
  await (await begin(asked)).keep(ANSWER)
  await begin(asked, keysIn(env.IDEMPOTENCY, 'another secret, of 32 characters and more'))
})

describe('what is stored', () => {
  it('tells nothing of key, request and answer, and cannot be opened without the request (R-HTTP-04)', async () => {
    const known = new Set((await allRecords()).map(({ id }) => id.toString()))
    const asked = request({ key: 'test-key-of-a-dump', query: '?to_phone=%2B919876543210&otp=48151623' })
    await (await begin(asked)).keep(ANSWER)
    const mine = (await allRecords()).filter(({ id }) => !known.has(id.toString()))
    expect(mine).toHaveLength(1)
    const stored = (await storedIn(mine[0]!)) as { state: { sealed: string; fingerprint: string } }

    const dump = JSON.stringify(stored)
    expect(dump).toContain('v1.')
    const secrets = [
      'test-key-of-a-dump',
      '9876543210',
      '48151623',
      'verifications',
      'ver_1',
      'key_owner',
      'status',
      'Content-Type',
    ]
    for (const secret of secrets) expect(dump, secret).not.toContain(secret)
    // Nor plain hashes of what can be guessed.
    for (const guess of ['test-key-of-a-dump', '{"to":"+919876543210"}', '+919876543210']) {
      const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes(guess)))
      for (const text of [hash.toHex(), hash.toBase64({ alphabet: 'base64url', omitPadding: true })]) {
        expect(dump).not.toContain(text)
      }
    }
    // All that we have ourselves: the secret, and the place where it stands.
    const { sealed, fingerprint } = stored.state
    const place = await createHmacSigner(SECRET)(`idempotency key:v1:${JSON.stringify([asked.owner, asked.key])}`)
    expect(mine[0]!.id.equals(env.IDEMPOTENCY.idFromName(place))).toBe(true)
    for (const secret of [SECRET, fingerprint, place]) {
      expect(await createSealer(secret, 'idempotent_answer').open(sealed, place)).toBeUndefined()
    }
  })

  it('is as long for a large request as for a small one', async () => {
    const known = new Set((await allRecords()).map(({ id }) => id.toString()))
    await begin(request({ body: bytes('x'.repeat(100_000)) }))
    await begin(request({ body: bytes('') }))
    const mine = (await allRecords()).filter(({ id }) => !known.has(id.toString()))
    const sizes = await Promise.all(mine.map(async (one) => JSON.stringify(await storedIn(one)).length))
    expect(new Set(sizes).size).toBe(1)
  })

  it('is not believed where somebody has altered it, and the request is not done again', async () => {
    const asked = request()
    const altered = recordsWith({
      begin: () => Promise.resolve({ status: 'kept', sealed: 'v1.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' }),
    })
    await (await begin(asked)).keep(ANSWER)
    await expect(keysIn(altered).begin(asked)).rejects.toEqual(refused('dependency_unavailable', { dependency: 'idempotency' }))
  })
})

describe('an object that is not reached', () => {
  const UNAVAILABLE = refused('dependency_unavailable', { dependency: 'idempotency' })
  const failing = (mark: object) => () => Promise.reject(Object.assign(new Error('a secret of the platform'), mark))

  it.each([
    ['an error', {}, 1],
    ['overload', { overloaded: true, retryable: true }, 1],
    ['a passing error', { retryable: true }, 3],
    ['restarts', { durableObjectReset: true, remote: true }, 3],
  ])('for %s: nothing is done (R-CON-05)', async (_why, mark, calls) => {
    const begun = vi.fn(failing(mark))
    await expect(keysIn(recordsWith({ begin: begun })).begin(request())).rejects.toEqual(UNAVAILABLE)
    expect(begun).toHaveBeenCalledTimes(calls)
    expect(JSON.stringify(log.mock.calls)).not.toContain('a secret of the platform')
  })

  it('in time: nothing is done', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const asked = keysIn(recordsWith({ begin: () => new Promise(() => {}) })).begin(request())
    const outcome = expect(asked).rejects.toEqual(UNAVAILABLE)
    await vi.waitFor(() => expect(vi.getTimerCount()).toBe(1))
    vi.advanceTimersByTime(IDEMPOTENCY_CALL_TIMEOUT_MS)
    await outcome
  })

  it('whose reply was lost: the same attempt goes on', async () => {
    let calls = 0
    const lost = async (stub: RecordStub, argument: never) => {
      const reply = await stub.begin(argument)
      if ((calls += 1) === 1) throw Object.assign(new Error('lost'), { retryable: true })
      return reply
    }
    const begun = await begin(request(), keysIn(recordsWith({ begin: lost })))
    expect(await begun.keep(ANSWER)).toBe(true)
    expect(calls).toBe(2)
  })
})
