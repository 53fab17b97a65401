import type { Context, Hono } from 'hono'
import { refuse } from '../../core/app-error'
import { requireScope } from '../../http/access'
import { CHALLENGE_REFUSALS, challengeBrowsers } from '../../http/challenge'
import { type HttpEnv, type Provide, callerOf } from '../../http/http-env'
import { idempotent } from '../../http/idempotency'
import { requirePhone } from '../../http/input'
import { createJsonBody } from '../../http/json-body'
import type { createOperation } from '../../http/operation'
import { RATE_LIMIT_HEADERS, rateLimitHeaders } from '../../http/rate-limit-headers'
import { CHECK_REFUSALS, SEND_REFUSALS } from '../../http/refusal-lists'
import { checkVerification } from '../../otp/check-verification'
import { sendVerification } from '../../otp/send-verification'
import { success } from './envelope'
import { sendBodySchema, sentSchema, verifiedSchema, verifyBodySchema } from './schemas'

/** Both briefs know one purpose only, so every code of theirs is for this one. */
const PURPOSE = 'login'
const LOCALE = 'en'

/** The three routes that briefs 001 and 004 share but for their paths. */
export function addOtpRoutes(
  surface: { readonly name: string; readonly app: Hono<HttpEnv>; readonly operation: ReturnType<typeof createOperation> },
  provide: Provide,
  paths: { readonly send: string; readonly resend: string; readonly verify: string },
): void {
  const { app, operation, name } = surface
  const jsonBody = createJsonBody(provide)

  const send = async (c: Context<HttpEnv>, input: string, message: string) => {
    const deps = provide(c.env)
    const phone = requirePhone(deps, input)
    const facts = { phone, profile: deps.profiles.whatsapp, purpose: PURPOSE, bindingHash: '', locale: LOCALE }
    const sent = await sendVerification(deps.verification, callerOf(c, name), facts)
    return c.json(success(message, input, sent.mock?.code), 200, rateLimitHeaders(sent.quotas, c.get('principal')))
  }

  app.post(
    paths.send,
    operation({
      operationId: `${name}.send`,
      summary: 'Send a code by WhatsApp',
      responses: { 200: { description: 'The code is on its way.', schema: sentSchema, headers: RATE_LIMIT_HEADERS } },
      refusals: ['invalid_phone', ...CHALLENGE_REFUSALS, ...SEND_REFUSALS],
    }),
    requireScope(provide, 'verifications:send'),
    idempotent(provide),
    jsonBody(sendBodySchema),
    challengeBrowsers(provide),
    (c) => send(c, c.req.valid('json').phone_number, 'OTP sent successfully'),
  )

  app.post(
    paths.resend,
    operation({
      operationId: `${name}.resend`,
      summary: 'Send a new code',
      description:
        'The code before it is worth nothing from then on; the count of guesses goes on. Works without a code before it, too.',
      responses: { 200: { description: 'A new code is on its way.', schema: sentSchema, headers: RATE_LIMIT_HEADERS } },
      refusals: ['invalid_phone', ...CHALLENGE_REFUSALS, ...SEND_REFUSALS],
    }),
    requireScope(provide, 'verifications:send'),
    idempotent(provide),
    jsonBody(sendBodySchema),
    challengeBrowsers(provide),
    (c) => send(c, c.req.valid('json').phone_number, 'OTP resent successfully'),
  )

  app.post(
    paths.verify,
    operation({
      operationId: `${name}.verify`,
      summary: 'Check a code',
      responses: { 200: { description: 'The code is right, and used up now.', schema: verifiedSchema } },
      refusals: ['invalid_phone', 'code_incorrect', 'code_not_accepted', ...CHECK_REFUSALS],
    }),
    requireScope(provide, 'verifications:check'),
    jsonBody(verifyBodySchema),
    async (c) => {
      const deps = provide(c.env)
      const { phone_number: input, otp: code } = c.req.valid('json')
      const target = { phone: requirePhone(deps, input), purpose: PURPOSE, bindingHash: '' }
      const { codeLength } = deps.profiles.whatsapp
      const checked = await checkVerification(deps.verification, callerOf(c, name), { target, code, codeLength })
      if (!checked.valid) throw refuse('code_incorrect', { guessesLeft: checked.guessesLeft })
      return c.json(success('OTP verified successfully', input))
    },
  )
}
