import type { AccessDeps } from './access/authenticate'
import { createIdentityProvider } from './access/identity-provider'
import { createKnownKeys } from './access/known-keys'
import { type KnownOrigins, createKnownOrigins } from './access/known-origins'
import { createTurnstile } from './access/turnstile'
import type { Config } from './config/config'
import { type ConfigResult, loadConfig } from './config/load-config'
import { createProfiles } from './config/profiles'
import { refuse } from './core/app-error'
import { systemClock } from './core/clock'
import { consoleLog } from './core/log'
import { createHmacSigner } from './core/hmac'
import { createKeyRing } from './core/key-ring'
import { createSealer } from './core/seal'
import { type Database, createDatabase } from './db/client'
import type { Deps } from './http/http-env'
import { createIdempotencyKeys } from './idempotency/idempotency-keys'
import { createCircuitBreaker } from './messaging/circuit-breaker'
import { confirmersOf, createProviders, providersFor } from './messaging/providers'
import { type Fetch, systemFetch } from './messaging/providers/http'
import { mockCode } from './messaging/providers/mock'
import { configuredOrigins, createOutgoing } from './messaging/providers/outgoing'
import { createReceiptReaders } from './messaging/receipts/readers'
import { createTemplates } from './messaging/templates/create-templates'
import { generateCode } from './otp/code'
import { createCodeDigester } from './otp/code-digest'
import { createCodeStore } from './otp/code-store'
import type { GateDeps } from './otp/gate'
import { createGates } from './otp/gate-client'
import { createBasicApplication } from './leads/lender/basic-application'
import type { Lender } from './leads/lender/lender'
import { createMockLender } from './leads/lender/mock-lender'
import { createCarrierOf } from './leads/notices/carrier-of'
import { createFulfil } from './payments/record-change'
import type { LimitDeps } from './limits/limit-deps'
import type { LimiterDeps } from './limits/limiter'
import { createLimiters } from './limits/limiters'
import { createSuspects } from './limits/suspects'
import { createPhoneHasher } from './phone/phone-hash'
import { createSigningKeys } from './tokens/signing-keys'

/** Builds once per isolate: the bindings are one object for as long as it lives, for the Worker and its objects alike. */
function oncePerEnv<T>(build: (env: Env) => T): (env: Env) => T {
  const built = new WeakMap<Env, T>()
  return (env) => {
    const known = built.get(env)
    if (known !== undefined) return known
    const value = build(env)
    built.set(env, value)
    return value
  }
}

const configOf = oncePerEnv((env): ConfigResult => {
  const result = loadConfig(env)
  if (!result.ok) consoleLog('error', 'config.invalid', { names: result.problems })
  return result
})

/** Are the settings complete and without contradiction? */
export function isConfigured(env: Env): boolean {
  return configOf(env).ok
}

/**
 * Everything the handlers work with.
 * @throws `misconfigured`
 */
export const provide = oncePerEnv(compose)

/** What the gate works with. Never throws: an alarm that throws is given up by the platform after six tries. */
export const provideGate = oncePerEnv((env): GateDeps => ({
  codes: createCodeStore(env.OTP_KV, consoleLog),
  digester: () => provide(env).verification.digester,
  db: createDatabase(env.DB),
  fulfil: createFulfil(createDatabase(env.DB)),
  log: consoleLog,
}))

/** What a limiter works with. Never throws, as above. */
export const provideLimiter = oncePerEnv((env): LimiterDeps => ({ db: createDatabase(env.DB), log: consoleLog }))

function compose(env: Env): Deps {
  const result = configOf(env)
  if (!result.ok) throw refuse('misconfigured', { problems: result.problems })
  const { config } = result
  const db = createDatabase(env.DB)
  const fetch = createOutgoing(configuredOrigins(config), systemFetch, consoleLog)
  const registry = createProviders(config, { fetch, timeoutMs: config.limits.providerTimeoutMs })
  const templates = createTemplates({ db, clock: systemClock, log: consoleLog })
  const hashPhone = createPhoneHasher(config.keys.phoneHashKey)
  const origins = createKnownOrigins({ db, clock: systemClock, log: consoleLog })
  const gates = createGates(env.PHONE_GATE, hashPhone, consoleLog)
  const limits = limitsOf(env, config)
  return {
    config,
    profiles: createProfiles(config),
    db,
    hashPhone,
    access: accessOf(config, db, fetch, origins),
    idempotency: createIdempotencyKeys({ namespace: env.IDEMPOTENCY, secret: config.keys.phoneHashKey, log: consoleLog }),
    origins,
    turnstile: config.turnstile && createTurnstile(config.turnstile, { fetch, log: consoleLog }),
    contactSealer: createSealer(config.keys.phoneHashKey, 'loan_contact'),
    templates,
    receiptReaders: createReceiptReaders(config),
    leads: {
      db,
      gates,
      limits,
      config,
      personalKeys: config.keys.pii && createKeyRing(config.keys.pii, 'lead'),
      signRequest: createHmacSigner(config.keys.phoneHashKey),
      lender: lenderOf(config, fetch),
      carrierOf: createCarrierOf(registry, config.gupshup),
      // Of their own: a template for leads that a vendor refuses must not keep it from carrying codes.
      breaker: createCircuitBreaker(consoleLog),
      clock: systemClock,
      log: consoleLog,
    },
    verification: {
      config,
      db,
      gates,
      limits,
      codes: createCodeStore(env.OTP_KV, consoleLog),
      digester: createCodeDigester(config.keys.pepper, config.keys.previousPepper),
      providersFor: (profile, channel) => providersFor(profile, channel, registry, profile.codeLength),
      confirmers: confirmersOf(registry),
      templates,
      breaker: createCircuitBreaker(consoleLog),
      newCode: config.mockEnabled ? mockCode : generateCode,
      clock: systemClock,
      log: consoleLog,
    },
    tokens: config.tokens && {
      config: config.tokens,
      keys: createSigningKeys(config.tokens.keys),
      gates,
      sign: createHmacSigner(config.keys.phoneHashKey),
      clock: systemClock,
    },
    probes: {
      d1: () => env.DB.prepare('SELECT 1').run(),
      kv: () => env.OTP_KV.get('ready'),
      gate: () => env.PHONE_GATE.get(env.PHONE_GATE.idFromName('ready')).ping(),
    },
  }
}

function limitsOf({ LIMITER }: Env, { abuse, phone, keys }: Config): LimitDeps {
  return {
    limiters: createLimiters(LIMITER, consoleLog),
    suspects: createSuspects(systemClock),
    rules: abuse,
    homeCountry: phone.defaultRegion,
    sign: createHmacSigner(keys.phoneHashKey),
    log: consoleLog,
  }
}

function accessOf({ access, keys }: Config, db: Database, fetch: Fetch, origins: KnownOrigins): AccessDeps {
  const [clock, log] = [systemClock, consoleLog]
  const sign = createHmacSigner(keys.phoneHashKey)
  const known = createKnownKeys({ db, clock, log })
  return {
    config: access,
    keys: { ...known, forget: () => [known, origins].forEach((one) => one.forget()) },
    identityProvider: access.tokens && createIdentityProvider(access.tokens, { fetch, sign, clock, log }),
    clock,
  }
}

/** In mock mode no call leaves. */
function lenderOf({ mockEnabled, lender }: Config, fetch: Fetch): Lender | undefined {
  if (mockEnabled) return createMockLender()
  return lender && createBasicApplication(lender, { fetch, timeoutMs: lender.timeoutMs }, systemClock)
}
