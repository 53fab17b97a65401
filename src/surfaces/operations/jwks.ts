import type { Hono } from 'hono'
import * as z from 'zod'
import { once } from '../../core/once'
import { openToAll } from '../../http/access'
import { ERROR_STATUSES } from '../../http/error-status'
import type { HttpEnv, Provide } from '../../http/http-env'
import { createOperation } from '../../http/operation'
import { createPhoneOtpEnvelope } from '../phone-otp/envelope'

/** Who keeps it knows of a new key in five minutes: `docs/tokens.md` counts on that when keys are rotated. */
const KEPT_BY_EVERYBODY = 'public, max-age=300'

const jwksSchema = once(() =>
  z
    .object({
      keys: z.array(
        z.object({
          kty: z.enum(['EC', 'OKP']),
          crv: z.enum(['P-256', 'Ed25519']),
          x: z.string(),
          y: z.string().optional(),
          use: z.literal('sig'),
          alg: z.enum(['ES256', 'EdDSA']),
          kid: z.string().meta({ description: 'The RFC 7638 thumbprint of the key.' }),
        }),
      ),
    })
    .meta({ id: 'JsonWebKeySet', description: 'RFC 7517.' }),
)

/** Where other back ends find what verifies our tokens. At the root, where a wrong configuration is told in the words of the surface there. */
export function addJwksRoute(app: Hono<HttpEnv>, provide: Provide): void {
  const { failure, failureSchema } = createPhoneOtpEnvelope('operations', ERROR_STATUSES)
  const operation = createOperation({
    tag: 'operations',
    statuses: ERROR_STATUSES,
    failureSchema,
    failureMediaType: 'application/json',
    failure,
  })
  app.get(
    '/.well-known/jwks.json',
    operation({
      operationId: 'jwks',
      summary: 'The keys that verify tokens',
      description:
        'The public parts of `SIGNING_KEYS`, also of those that do not sign yet, or no more. Empty where none are set.',
      responses: { 200: { description: 'The keys.', schema: jwksSchema } },
      refusals: ['misconfigured'],
    }),
    openToAll('public keys are for everybody who verifies a token'),
    async (c) => {
      const pairs = (await provide(c.env).tokens?.keys()) ?? []
      const keys = pairs.map(({ published }) => published)
      // An empty set is not to be kept: whoever sets tokens up now wants them to be verified now.
      return c.json({ keys }, 200, keys.length > 0 ? { 'Cache-Control': KEPT_BY_EVERYBODY } : {})
    },
  )
}
