import { type JSONWebKeySet, createLocalJWKSet, jwtVerify } from 'jose'
import { beforeAll, describe, expect, it } from 'vitest'
import type { SigningKey, TokenConfig } from '../../src/config/tokens'
import { createHmacSigner } from '../../src/core/hmac'
import { issueToken } from '../../src/tokens/issue-token'
import { createSigningKeys } from '../../src/tokens/signing-keys'
import { verifyToken } from '../../src/tokens/verify-token'
import { AUDIENCE, ISSUER, newSigningKey } from '../support/tokens'

const MINUTE_MS = 60_000
const LIFETIME_SECONDS = 300
/** What `/.well-known/jwks.json` says of itself, and what the usual libraries keep on top of that. */
const CACHES_MS = [5 * MINUTE_MS, 10 * MINUTE_MS] as const
const T0 = Date.UTC(2026, 10, 21)
const sign = createHmacSigner('a phone hash key for tests only, 32 characters')

/** Which keys are set from which minute on. */
type Plan = readonly (readonly [minute: number, keys: readonly SigningKey[]])[]

function deploymentAt(plan: Plan) {
  const imported = plan.map(([minute, keys]) => [minute, createSigningKeys(keys)] as const)
  return (now: number) => imported.findLast(([minute]) => now >= T0 + minute * MINUTE_MS)![1]
}

/** Keeps what it gets for so long; what it asks may have kept it, too. Never asks out of turn. */
function cached<T>(ask: (now: number) => Promise<T>, ms: number, phase: number) {
  let kept: { readonly value: T; readonly until: number } | undefined
  return async (now: number): Promise<T> => {
    if (!kept || now >= kept.until) kept = { value: await ask(now), until: now + (kept ? ms : phase) }
    return kept.value
  }
}

const tokenConfig = (keys: readonly SigningKey[]): TokenConfig => ({
  keys,
  issuer: ISSUER,
  audience: AUDIENCE,
  lifetimeSeconds: LIFETIME_SECONDS,
})

/**
 * A token a minute, each verified by several back ends and by ourselves in every minute of its life, from half an hour before the
 * first change of keys until an hour after the last.
 * @returns what failed
 */
async function walk(plan: Plan): Promise<string[]> {
  const keysAt = deploymentAt(plan)
  const publishedAt = async (now: number) => ({ keys: (await keysAt(now)()).map(({ published }) => published) })
  // Caches of all ages: one that is asked for the first time, and such as were filled some minutes before.
  const verifiers = [1, 3, 5, 7, 10].map((phase) => {
    const edge = cached(publishedAt, CACHES_MS[0], (phase * MINUTE_MS) / 2)
    return cached(edge, CACHES_MS[1], phase * MINUTE_MS)
  })
  const failures: string[] = []
  const alive: { readonly token: string; readonly minute: number }[] = []
  for (let minute = plan[0]![0]; minute < plan.at(-1)![0] + 60; minute++) {
    const now = T0 + minute * MINUTE_MS
    const config = tokenConfig([])
    const attestation = { phone: '+917888888888', purpose: 'login', bindingHash: '', owner: '', at: now }
    const { token } = await issueToken({ config, keys: keysAt(now), sign }, `ver_${minute}`, attestation, undefined)
    alive.push({ token, minute })
    for (const one of alive.filter((other) => minute - other.minute < LIFETIME_SECONDS / 60)) {
      const rules = { issuer: ISSUER, audience: AUDIENCE, typ: 'otp-verification+jwt', currentDate: new Date(now) }
      const outcomes = verifiers.map(async (keysOf) =>
        jwtVerify(one.token, createLocalJWKSet((await keysOf(now)) as unknown as JSONWebKeySet), rules).then(
          () => true,
          () => false,
        ),
      )
      const own = verifyToken({ config, keys: keysAt(now), clock: () => now }, one.token, AUDIENCE).then(Boolean)
      if ((await Promise.all([...outcomes, own])).includes(false)) failures.push(`minute ${minute}, of minute ${one.minute}`)
    }
  }
  return failures
}

describe('changing the key (R-TOK-05)', () => {
  let older: SigningKey
  let newer: SigningKey
  beforeAll(async () => {
    ;[older, newer] = await Promise.all([newSigningKey('ES256'), newSigningKey('EdDSA')])
  })

  it('publish, wait, sign, keep: nobody who keeps the keys for ten minutes ever fails', async () => {
    const steps: Plan = [
      [-30, [older]],
      // As docs/tokens.md has it: twenty minutes until all caches have it, and the longest life of a token and caches until the end.
      [0, [older, newer]],
      [20, [newer, older]],
      [40, [newer]],
    ]
    expect(await walk(steps)).toEqual([])
  })

  it.each([
    [
      'signs with a key that nobody has yet',
      (old: SigningKey, fresh: SigningKey): Plan => [
        [-30, [old]],
        [0, [fresh, old]],
      ],
    ],
    [
      'waits for less than the caches keep',
      (old: SigningKey, fresh: SigningKey): Plan => [
        [-30, [old]],
        [0, [old, fresh]],
        [4, [fresh, old]],
      ],
    ],
    [
      'drops the old key while its tokens live',
      (old: SigningKey, fresh: SigningKey): Plan => [
        [-30, [old]],
        [0, [old, fresh]],
        [20, [fresh]],
      ],
    ],
  ])('fails for who %s, so this test sees it', async (_what, plan) => {
    expect(await walk(plan(older, newer))).not.toEqual([])
  })

  it('a token says by which key it is, and the key before is good until it is dropped (R-TOK-08)', async () => {
    const now = T0
    const config = tokenConfig([])
    const attestation = { phone: '+917888888888', purpose: 'login', bindingHash: '', owner: '', at: now }
    const { token } = await issueToken({ config, keys: createSigningKeys([older]), sign }, 'ver_1', attestation, undefined)
    const takes = (keys: readonly SigningKey[]) =>
      verifyToken({ config, keys: createSigningKeys(keys), clock: () => now }, token, AUDIENCE).then(Boolean)

    expect([await takes([older]), await takes([newer, older]), await takes([newer])]).toEqual([true, true, false])
  })
})
