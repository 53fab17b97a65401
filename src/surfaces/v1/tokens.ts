import type { Hono } from 'hono'
import { toRfc3339 } from '../../core/clock'
import { refuse } from '../../core/app-error'
import { requireScope } from '../../http/access'
import { type HttpEnv, type Provide, callerOf } from '../../http/http-env'
import { idempotent } from '../../http/idempotency'
import { createJsonBody } from '../../http/json-body'
import type { createOperation } from '../../http/operation'
import { redeemToken } from '../../tokens/redeem-token'
import { redeemTokenBodySchema, tokenAnswers } from './token-schemas'

const SURFACE = 'v1'

/** `/v1/tokens`, for the back ends of those whose people were verified. */
export function addTokenRoutes(
  { app, operation }: { readonly app: Hono<HttpEnv>; readonly operation: ReturnType<typeof createOperation> },
  provide: Provide,
): void {
  app.post(
    '/tokens/redeem',
    operation({
      operationId: 'redeemToken',
      summary: 'Redeem a verification token',
      description: [
        'Takes the token of an approved check and says what it proves, once: of any number of redemptions one is let through, also',
        'where the check was repeated and its token was signed again. A token that is not ours, for another audience, altered, or',
        'past its time is `token_not_accepted`, and so is one whose person has been erased.',
      ].join(' '),
      responses: { 200: { description: 'It is redeemed now.', schema: tokenAnswers } },
      refusals: [
        'token_not_accepted',
        'token_redeemed',
        'purpose_not_allowed',
        'tokens_not_configured',
        'dependency_unavailable',
      ],
    }),
    requireScope(provide, 'tokens:redeem'),
    idempotent(provide),
    createJsonBody(provide)(redeemTokenBodySchema),
    async (c) => {
      const { tokens } = provide(c.env)
      if (!tokens) throw refuse('tokens_not_configured', { missing: ['SIGNING_KEYS'] })
      const { token, audience } = c.req.valid('json')
      const redeemed = await redeemToken(tokens, callerOf(c, SURFACE), { token, audience })
      return c.json({
        verification_id: redeemed.verificationId,
        phone_number: redeemed.phone,
        purpose: redeemed.purpose,
        binding: redeemed.bindingHash || null,
        audience: redeemed.audience,
        verified_by: redeemed.owner || null,
        verified_at: toRfc3339(redeemed.at),
        redeemed_at: toRfc3339(redeemed.redeemedAt),
      })
    },
  )
}
