import { refuse } from '../../core/app-error'
import { requireScope } from '../../http/access'
import { CHALLENGE_REFUSALS, challengeBrowsers } from '../../http/challenge'
import { type Provide, callerOf } from '../../http/http-env'
import { idempotent } from '../../http/idempotency'
import { requirePhone } from '../../http/input'
import { createJsonBody } from '../../http/json-body'
import { RATE_LIMIT_HEADERS, rateLimitHeaders } from '../../http/rate-limit-headers'
import { CHECK_REFUSALS, SEND_REFUSALS } from '../../http/refusal-lists'
import { createSurface } from '../../http/surface'
import { checkVerification } from '../../otp/check-verification'
import { sendVerification } from '../../otp/send-verification'
import { createSendEnvelope, createVerifyEnvelope } from './envelope'
import { DEFAULT_VERIFICATION_TYPE, sendBodySchema, sentSchema, toPurpose, verifiedSchema, verifyBodySchema } from './schemas'
import { TEXT } from './texts'

const NAME = 'user-otp'
const LOCALE = 'en'

/**
 * The OTP endpoints of brief 002, below `/api/users`: codes by SMS, one purpose for each verification type. Its bodies have
 * no room for a code: in mock mode it is `1234`, and shown nowhere.
 */
export function createUserOtpSurface(provide: Provide) {
  const { app, operation, close } = createSurface(createSendEnvelope(NAME))

  app.post(
    '/send-otp',
    operation({
      operationId: `${NAME}.send`,
      summary: 'Send a code by SMS',
      responses: { 200: { description: 'The code is on its way.', schema: sentSchema, headers: RATE_LIMIT_HEADERS } },
      refusals: ['invalid_phone', ...CHALLENGE_REFUSALS, ...SEND_REFUSALS],
    }),
    requireScope(provide, 'verifications:send'),
    idempotent(provide),
    createJsonBody(provide)(sendBodySchema),
    challengeBrowsers(provide),
    async (c) => {
      const deps = provide(c.env)
      const { phone: input, verification_type: type } = c.req.valid('json')
      const facts = {
        phone: requirePhone(deps, input),
        purpose: toPurpose(type ?? DEFAULT_VERIFICATION_TYPE),
        bindingHash: '',
        locale: LOCALE,
      }
      const { quotas } = await sendVerification(deps.verification, callerOf(c, NAME), { ...facts, profile: deps.profiles.user })
      return c.json({ message: TEXT.sent, status: 'success' }, 200, rateLimitHeaders(quotas, c.get('principal')))
    },
  )

  app.route('/verify-otp', createVerifyRoute(provide))
  return close()
}

/** By itself, since its failures have one field more than all others. */
function createVerifyRoute(provide: Provide) {
  const { app, operation, close } = createSurface(createVerifyEnvelope(NAME))

  app.post(
    '/',
    operation({
      operationId: `${NAME}.verify`,
      summary: 'Check a code',
      responses: { 200: { description: 'The code is right, and used up now.', schema: verifiedSchema } },
      refusals: ['invalid_phone', 'code_incorrect', 'code_not_accepted', ...CHECK_REFUSALS],
    }),
    requireScope(provide, 'verifications:check'),
    createJsonBody(provide)(verifyBodySchema),
    async (c) => {
      const deps = provide(c.env)
      const { phone: input, otp: code, verification_type: type } = c.req.valid('json')
      const target = { phone: requirePhone(deps, input), purpose: toPurpose(type ?? DEFAULT_VERIFICATION_TYPE), bindingHash: '' }
      const { codeLength } = deps.profiles.user
      const checked = await checkVerification(deps.verification, callerOf(c, NAME), { target, code, codeLength })
      if (!checked.valid) throw refuse('code_incorrect', { guessesLeft: checked.guessesLeft })
      return c.json({ message: TEXT.verified, status: 'success', verified: true })
    },
  )

  return close()
}
