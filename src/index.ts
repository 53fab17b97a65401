import { createApp } from './app'
import { isConfigured, provide, provideGate } from './compose'
import { runJobs } from './jobs'
import { Gate } from './otp/gate'

/** The Durable Object of a number. */
export class PhoneGate extends Gate {
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env, provideGate(env))
  }
}

const app = createApp(provide, isConfigured)

export default {
  fetch: app.fetch,
  async scheduled({ cron }, env) {
    await runJobs(provide(env), cron)
  },
} satisfies ExportedHandler<Env>
