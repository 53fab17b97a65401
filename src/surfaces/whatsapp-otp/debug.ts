import type { Hono } from 'hono'
import * as z from 'zod'
import { isDevelopment } from '../../config/load-config'
import { VENDOR_VARIABLES } from '../../config/vendors'
import { refuse } from '../../core/app-error'
import { openToAll } from '../../http/access'
import type { Deps, HttpEnv, Provide } from '../../http/http-env'
import type { createOperation } from '../../http/operation'
import { describeGupshupRequest } from '../../messaging/providers/gupshup'

const configurationSchema = z
  .object({
    configured: z.boolean().meta({ description: 'Is every setting of Gupshup there?' }),
    mock: z.boolean().meta({ description: 'In mock mode nothing is sent, whatever is configured.' }),
    api_url: z.string().nullable(),
    settings: z.record(z.string(), z.boolean()).meta({ description: 'Which settings are there. Never their values.' }),
    otp: z.object({ length: z.int().min(4).max(10), expires_in_seconds: z.int().min(60).max(600) }),
  })
  .meta({ id: 'WhatsappConfiguration' })

const requestSchema = z
  .object({
    method: z.string(),
    url: z.string(),
    headers: z.record(z.string(), z.string()),
    form: z.record(z.string(), z.string()).meta({ description: 'The fields, before they are encoded.' }),
    body: z.string().meta({ description: 'The fields as they are sent.' }),
  })
  .meta({ id: 'GupshupRequest', description: 'The request that is sent to Gupshup, with placeholders for key, number and code.' })

/** Stands where the settings will, so that the form can be seen before there is an account. */
const UNCONFIGURED = {
  apiKey: '',
  source: '<GUPSHUP_SOURCE>',
  apiUrl: 'https://api.gupshup.io/wa/api/v1/template/msg',
  templateId: '<GUPSHUP_TEMPLATE_ID>',
  srcName: '<GUPSHUP_SRC_NAME>',
  notices: {},
}

/** `/debug/*` of brief 004. It exists only outside production. */
export function addDebugRoutes(
  surface: { readonly app: Hono<HttpEnv>; readonly operation: ReturnType<typeof createOperation> },
  provide: Provide,
): void {
  const { app, operation } = surface

  app.get(
    '/debug/whatsapp',
    operation({
      operationId: 'whatsapp-otp.debug.configuration',
      summary: 'Which settings of the WhatsApp service are there',
      description: 'Not in production.',
      responses: { 200: { description: 'The settings, without their values.', schema: configurationSchema } },
      refusals: ['route_not_found'],
    }),
    openToAll('is only outside production, and shows no value of a setting'),
    (c) => {
      const { config, profiles } = outsideProduction(provide, c.env)
      const { codeLength, lifetimeSeconds } = profiles.whatsapp
      return c.json({
        configured: config.gupshup !== undefined,
        mock: config.mockEnabled,
        api_url: config.gupshup?.apiUrl ?? null,
        settings: Object.fromEntries(VENDOR_VARIABLES.gupshup.map((name) => [name, config.gupshup !== undefined])),
        otp: { length: codeLength, expires_in_seconds: lifetimeSeconds },
      })
    },
  )

  app.get(
    '/debug/test-request',
    operation({
      operationId: 'whatsapp-otp.debug.request',
      summary: 'The exact form of the request that goes to Gupshup',
      description: 'Not in production. Sends nothing.',
      responses: { 200: { description: 'The request, with placeholders.', schema: requestSchema } },
      refusals: ['route_not_found'],
    }),
    openToAll('is only outside production, and shows no value of a setting'),
    (c) => c.json(describeGupshupRequest(outsideProduction(provide, c.env).config.gupshup ?? UNCONFIGURED)),
  )
}

/** In production there is nothing here, whatever else is right or wrong with it. */
function outsideProduction(provide: Provide, env: Env): Deps {
  if (!isDevelopment(env)) throw refuse('route_not_found', {})
  return provide(env)
}
