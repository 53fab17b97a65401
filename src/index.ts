import { createApp } from './app'
import { expireVerifications } from './audit/expire-verifications'
import { isConfigured, provide, provideGate } from './compose'
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
  async scheduled(_controller, env) {
    const { verification } = provide(env)
    const count = await expireVerifications(verification.db, verification.clock())
    verification.log('info', 'verifications.expired', { count })
  },
} satisfies ExportedHandler<Env>
