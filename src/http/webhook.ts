import type { Context, Hono } from 'hono'
import * as z from 'zod'
import { WEBHOOK_BODY_LIMIT_BYTES } from '../config/limits'
import { refuse } from '../core/app-error'
import type { ReportingVendor } from '../messaging/receipts/readers'
import { answerChallenge } from '../messaging/receipts/whatsapp-cloud'
import { takeReceipts } from '../otp/take-receipts'
import { openToAll } from './access'
import { type HttpEnv, type Provide, callerOf } from './http-env'
import type { Operation, createOperation } from './operation'
import { query } from './query'
import { readBody } from './read-body'

interface WebhookSurface {
  readonly name: string
  readonly app: Hono<HttpEnv>
  readonly operation: ReturnType<typeof createOperation>
}

const NOTHING = new Uint8Array()

/** Who may report. */
export const byVendor = openToAll('its signature, or the secret in its address, is the credential')

/** What a webhook's route says of itself. The form of the body is the vendor's. */
export function webhookOperation(operationId: string, summary: string, description: string): Operation {
  return {
    operationId,
    summary,
    description,
    responses: { 200: { description: 'It is kept. Without a body.' } },
    refusals: ['webhook_forbidden', 'unreadable_report', 'payload_too_large', 'dependency_unavailable'],
  }
}

/**
 * Takes one report of a vendor: nothing is read of it before it is known to be the vendor's.
 * @throws `webhook_forbidden`, `unreadable_report`, `payload_too_large`, `dependency_unavailable`, `misconfigured`
 */
export async function receiveReport(
  c: Context<HttpEnv>,
  provide: Provide,
  { surface, vendor, pathSecret }: { readonly surface: string; readonly vendor: ReportingVendor; readonly pathSecret?: string },
): Promise<Response> {
  const deps = provide(c.env)
  const reader = deps.receiptReaders[vendor]
  const known = { method: c.req.method, url: new URL(c.req.url), headers: c.req.raw.headers, pathSecret }
  // Whose address has a secret need not be heard out to be refused.
  if (pathSecret !== undefined && !(await reader.isGenuine({ ...known, body: NOTHING }))) throw refuse('webhook_forbidden', {})
  const request = { ...known, body: await readBody(c.req.raw.body, WEBHOOK_BODY_LIMIT_BYTES) }
  if (!(await reader.isGenuine(request))) throw refuse('webhook_forbidden', {})
  const receipts = await reader.read(request)
  if (!receipts) throw refuse('unreadable_report', {})
  await takeReceipts(deps.verification, deps.profiles, callerOf(c, surface), { provider: vendor, receipts })
  return c.body(null, 200)
}

const parameter = z.string('must be there once').optional()
const challengeQuerySchema = z.object({
  'hub.mode': parameter.meta({ description: 'What Meta wants.', example: 'subscribe' }),
  'hub.verify_token': parameter.meta({
    description: '`WHATSAPP_VERIFY_TOKEN`, as it was told to Meta.',
    example: 'the-verify-token',
  }),
  'hub.challenge': parameter.meta({ description: 'What to give back.', example: '1158201444' }),
})
const challengeSchema = z.string().meta({ example: '1158201444' })

/** The two routes that Meta calls: GET once, when the address is registered there, and POST for every report. */
export function addWhatsappWebhook({ name, app, operation }: WebhookSurface, provide: Provide, path: string): void {
  app.get(
    path,
    operation({
      operationId: `${name}.whatsapp.challenge`,
      summary: 'Prove to Meta that this address is ours',
      description: 'Gives `hub.challenge` back where `hub.verify_token` is `WHATSAPP_VERIFY_TOKEN`.',
      responses: { 200: { description: 'The challenge.', schema: challengeSchema, mediaType: 'text/plain' } },
      refusals: ['webhook_forbidden'],
    }),
    byVendor,
    query(challengeQuerySchema),
    async (c) => {
      const { whatsappVerifyToken } = provide(c.env).config.webhooks
      const challenge = await answerChallenge(new URL(c.req.url).searchParams, whatsappVerifyToken)
      if (challenge === undefined) throw refuse('webhook_forbidden', {})
      return c.text(challenge)
    },
  )

  app.post(
    path,
    operation(
      webhookOperation(
        `${name}.whatsapp.report`,
        'Reports of WhatsApp Cloud',
        'Signed by Meta with the app secret over the raw body (`X-Hub-Signature-256`).',
      ),
    ),
    byVendor,
    (c) => receiveReport(c, provide, { surface: name, vendor: 'whatsapp_cloud' }),
  )
}
