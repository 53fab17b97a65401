import type { Hono } from 'hono'
import { CALLER_CODE_PURPOSE, withCodeLength } from '../../config/profiles'
import { requireScope, requireScopeToo } from '../../http/access'
import { CHALLENGE_REFUSALS, challengeBrowsers } from '../../http/challenge'
import { type HttpEnv, type Provide, callerOf } from '../../http/http-env'
import { idempotent } from '../../http/idempotency'
import { requirePhone } from '../../http/input'
import { createJsonBody } from '../../http/json-body'
import type { createOperation } from '../../http/operation'
import { query } from '../../http/query'
import { RATE_LIMIT_HEADERS, rateLimitHeaders } from '../../http/rate-limit-headers'
import { SEND_REFUSALS } from '../../http/refusal-lists'
import { sendVerification } from '../../otp/send-verification'
import { sentBody } from './envelope'
import { mergeInputs, rememberQuery } from './input'
import { sendBodySchema, sendQuerySchema, sentSchema } from './schemas'

const LOCALE = 'en'

const CHANNELS = {
  sms: { path: '/sms/otp', profile: 'external_sms', summary: 'Send a code by SMS' },
  whatsapp: { path: '/whatsapp/otp', profile: 'external_whatsapp', summary: 'Send a code by WhatsApp' },
} as const

/** `POST /sms/otp` or `POST /whatsapp/otp`, which take the same. */
export function addSendRoute(
  {
    name,
    app,
    operation,
  }: { readonly name: string; readonly app: Hono<HttpEnv>; readonly operation: ReturnType<typeof createOperation> },
  provide: Provide,
  channel: keyof typeof CHANNELS,
): void {
  const { path, profile: profileName, summary } = CHANNELS[channel]

  app.post(
    path,
    operation({
      operationId: `${name}.${channel}.send`,
      summary,
      description:
        "The fields can stand in the body or in the query. The code is checked by `POST /v1/verifications/check` with the purpose `external`. A code of the caller's own (`otp`) wants the scope `caller_codes:send` as well.",
      responses: { 200: { description: 'The code is on its way.', schema: sentSchema, headers: RATE_LIMIT_HEADERS } },
      refusals: ['invalid_phone', ...CHALLENGE_REFUSALS, ...SEND_REFUSALS],
    }),
    requireScope(provide, 'verifications:send'),
    rememberQuery,
    idempotent(provide),
    query(sendQuerySchema),
    createJsonBody(provide)(sendBodySchema, { optional: true }),
    challengeBrowsers(provide),
    async (c) => {
      const deps = provide(c.env)
      const [body, queried] = [c.req.valid('json'), c.req.valid('query')]
      if (body.to_phone === undefined) c.set('body', queried)
      const { toPhone, otp: callerCode } = mergeInputs(body, queried)
      if (callerCode !== undefined) requireScopeToo(c, 'caller_codes:send')
      const phone = requirePhone(deps, toPhone)
      const own = deps.profiles[profileName]
      const profile = callerCode === undefined ? own : withCodeLength(own, callerCode.length, deps.config.limits)
      // No caller can choose another: whoever makes a code knows it without owning the number.
      const facts = { phone, profile, purpose: CALLER_CODE_PURPOSE, bindingHash: '', locale: LOCALE, callerCode }
      const sent = await sendVerification(deps.verification, callerOf(c, name), facts)
      return c.json(sentBody(sent, phone.e164), 200, rateLimitHeaders(sent.quotas, c.get('principal')))
    },
  )
}
