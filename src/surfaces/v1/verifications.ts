import type { Hono } from 'hono'
import { requireScope } from '../../http/access'
import { CHALLENGE_REFUSALS, challengeBrowsers } from '../../http/challenge'
import { type HttpEnv, type Provide, callerOf } from '../../http/http-env'
import { idempotent } from '../../http/idempotency'
import { requirePhone } from '../../http/input'
import { createJsonBody } from '../../http/json-body'
import { type createOperation, pathParameters } from '../../http/operation'
import { RATE_LIMIT_HEADERS, rateLimitHeaders } from '../../http/rate-limit-headers'
import { CHECK_REFUSALS, SEND_REFUSALS } from '../../http/refusal-lists'
import { asCheckedFor } from '../../http/stranger'
import { CALLER_CODE_PURPOSE, SHORTEST_CALLER_CODE } from '../../config/profiles'
import { hashBinding } from '../../otp/binding'
import { cancelVerification } from '../../otp/cancel-verification'
import { getVerification } from '../../otp/get-verification'
import { resendVerification } from '../../otp/resend-verification'
import { type SentVerification, sendVerification } from '../../otp/send-verification'
import { checkAndProve } from '../../tokens/check-and-prove'
import { answers } from './answers'
import { checkedBody, verificationBody } from './envelope'
import {
  DEFAULT_PURPOSE,
  checkBodySchema,
  checkByIdBodySchema,
  createBodySchema,
  idParameterSchema,
  locationSchema,
  resendBodySchema,
} from './schemas'

const SURFACE = 'v1'
const PATH_OF_ONE = '/verifications/:id'

/** `/v1/verifications`. */
export function addVerificationRoutes(
  { app, operation }: { readonly app: Hono<HttpEnv>; readonly operation: ReturnType<typeof createOperation> },
  provide: Provide,
): void {
  const jsonBody = createJsonBody(provide)
  const id = pathParameters(idParameterSchema)
  const checked = { 200: { description: 'Right or wrong: `valid` tells.', schema: () => answers().checked } }

  app.post(
    '/verifications',
    operation({
      operationId: 'createVerification',
      summary: 'Send a code',
      description: 'While a verification for the same number, purpose and binding is pending, it goes on with a new code.',
      responses: {
        201: {
          description: 'The code is on its way.',
          schema: () => answers().verification,
          headers: { Location: { description: 'Where the verification is.', schema: locationSchema }, ...RATE_LIMIT_HEADERS },
        },
      },
      refusals: ['invalid_phone', ...CHALLENGE_REFUSALS, ...SEND_REFUSALS],
    }),
    requireScope(provide, 'verifications:send'),
    idempotent(provide),
    jsonBody(createBodySchema),
    challengeBrowsers(provide),
    async (c) => {
      const deps = provide(c.env)
      const { to, channel, purpose = DEFAULT_PURPOSE, locale = 'en', binding, template } = c.req.valid('json')
      const phone = requirePhone(deps, to)
      const facts = { phone, profile: deps.profiles.v1, purpose, locale, channel, templateId: template }
      const bindingHash = await hashBinding(binding)
      const sent = await sendVerification(deps.verification, callerOf(c, SURFACE), { ...facts, bindingHash })
      return c.json(sentBody(sent), 201, {
        Location: `/v1/verifications/${sent.id}`,
        ...rateLimitHeaders(sent.quotas, c.get('principal')),
      })
    },
  )

  // Before the routes with an id: "check" is not one.
  app.post(
    '/verifications/check',
    operation({
      operationId: 'checkVerification',
      summary: 'Check a code by number',
      responses: checked,
      refusals: ['invalid_phone', 'code_not_accepted', ...CHECK_REFUSALS],
    }),
    requireScope(provide, 'verifications:check'),
    jsonBody(checkBodySchema),
    async (c) => {
      const deps = provide(c.env)
      const { to, purpose = DEFAULT_PURPOSE, code, binding, audience } = c.req.valid('json')
      const target = { phone: requirePhone(deps, to), purpose, bindingHash: await hashBinding(binding) }
      const codeLength = purpose === CALLER_CODE_PURPOSE ? SHORTEST_CALLER_CODE : deps.profiles.v1.codeLength
      const input = { target, code, codeLength }
      return c.json(checkedBody(asCheckedFor(c, await checkAndProve(deps, callerOf(c, SURFACE), input, audience))))
    },
  )

  app.get(
    PATH_OF_ONE,
    operation({
      operationId: 'getVerification',
      summary: 'The state of a verification',
      responses: { 200: { description: 'The verification.', schema: () => answers().verification } },
      refusals: ['verification_not_found', 'dependency_unavailable'],
    }),
    requireScope(provide, 'verifications:read'),
    id,
    async (c) =>
      c.json(verificationBody(await getVerification(provide(c.env).verification, callerOf(c, SURFACE), c.req.param('id')))),
  )

  app.post(
    `${PATH_OF_ONE}/check`,
    operation({
      operationId: 'checkVerificationById',
      summary: 'Check a code',
      responses: checked,
      refusals: ['code_not_accepted', ...CHECK_REFUSALS],
    }),
    requireScope(provide, 'verifications:check'),
    id,
    jsonBody(checkByIdBodySchema),
    async (c) => {
      const { code, binding, audience } = c.req.valid('json')
      const presented = binding === undefined ? {} : { presentedBindingHash: await hashBinding(binding) }
      const deps = provide(c.env)
      const input = { target: { id: c.req.param('id') }, code, codeLength: deps.profiles.v1.codeLength, ...presented }
      return c.json(checkedBody(asCheckedFor(c, await checkAndProve(deps, callerOf(c, SURFACE), input, audience))))
    },
  )

  app.post(
    `${PATH_OF_ONE}/resend`,
    operation({
      operationId: 'resendVerification',
      summary: 'Send a new code',
      description: 'The code before it is worth nothing from then on; the count of guesses goes on. The body may be left out.',
      responses: {
        200: { description: 'A new code is on its way.', schema: () => answers().verification, headers: RATE_LIMIT_HEADERS },
      },
      refusals: ['verification_not_found', 'verification_not_pending', ...CHALLENGE_REFUSALS, ...SEND_REFUSALS],
    }),
    requireScope(provide, 'verifications:send'),
    idempotent(provide),
    id,
    jsonBody(resendBodySchema, { optional: true }),
    challengeBrowsers(provide),
    async (c) => {
      const deps = provide(c.env)
      const input = {
        id: c.req.param('id'),
        profile: deps.profiles.v1,
        profiles: deps.profiles,
        channel: c.req.valid('json').channel,
      }
      const sent = await resendVerification(deps.verification, callerOf(c, SURFACE), input)
      return c.json(sentBody(sent), 200, rateLimitHeaders(sent.quotas, c.get('principal')))
    },
  )

  app.delete(
    PATH_OF_ONE,
    operation({
      operationId: 'cancelVerification',
      summary: 'Cancel a verification',
      description: 'Its code is worth nothing from then on. Cancelling again is no error.',
      responses: { 204: { description: 'It is canceled.' } },
      refusals: ['verification_not_found', 'verification_not_pending', 'dependency_unavailable'],
    }),
    requireScope(provide, 'verifications:send'),
    id,
    async (c) => {
      await cancelVerification(provide(c.env).verification, callerOf(c, SURFACE), c.req.param('id'))
      return c.body(null, 204)
    },
  )
}

function sentBody(sent: SentVerification) {
  return verificationBody({
    ...sent,
    status: 'pending',
    completedAt: null,
    communicationId: sent.message.communicationId,
    intent: null,
  })
}
