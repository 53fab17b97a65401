import { createApp } from './app'
import { isConfigured, provide, provideGate, provideLimiter } from './compose'
import { runJobs } from './jobs'
import { LimiterObject } from './limits/limiter'
import { Gate } from './otp/gate'

export { IdempotencyRecord } from './idempotency/idempotency-record'

/** The Durable Object of a number. */
export class PhoneGate extends Gate {
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env, provideGate(env))
  }
}

/** The Durable Object of a rule against abuse, and of what it counts by. */
export class Limiter extends LimiterObject {
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env, provideLimiter(env))
  }
}

const app = createApp(provide, isConfigured)

export default {
  fetch: app.fetch,
  async scheduled({ cron }, env) {
    await runJobs(provide(env), cron)
  },
} satisfies ExportedHandler<Env>
