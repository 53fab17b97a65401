import type { Hono } from 'hono'
import type { ApiKeyDeps } from '../../access/api-key-deps'
import { type IssuedApiKey, createApiKey } from '../../access/create-api-key'
import { getApiKey } from '../../access/get-api-key'
import { listApiKeys } from '../../access/list-api-keys'
import { revokeApiKey } from '../../access/revoke-api-key'
import { rotateApiKey } from '../../access/rotate-api-key'
import { operatorOnly } from '../../http/access'
import type { Deps, HttpEnv, Provide } from '../../http/http-env'
import { idempotent } from '../../http/idempotency'
import { createJsonBody } from '../../http/json-body'
import { type createOperation, pathParameters } from '../../http/operation'
import { query } from '../../http/query'
import { apiKeyAnswers, apiKeyBody } from './api-key-answers'
import {
  apiKeyIdSchema,
  apiKeyLocationSchema,
  createApiKeyBodySchema,
  listApiKeysQuerySchema,
  rotateApiKeyBodySchema,
  toApiKeyDraft,
} from './api-key-schemas'

const PATH = '/api-keys'
const PATH_OF_ONE = `${PATH}/:id`

interface Surface {
  readonly app: Hono<HttpEnv>
  readonly operation: ReturnType<typeof createOperation>
}

/** `/v1/api-keys`, for the operator. */
export function addApiKeyRoutes(surface: Surface, provide: Provide): void {
  addReads(surface, provide)
  addChanges(surface, provide)
}

function addReads({ app, operation }: Surface, provide: Provide): void {
  const operator = operatorOnly(provide)

  app.get(
    PATH,
    operation({
      operationId: 'listApiKeys',
      summary: 'The API keys',
      description: 'Newest first, also those that are over. No key is in it: by `hint` its holder knows it.',
      responses: { 200: { description: 'A page of them.', schema: () => apiKeyAnswers().list } },
      refusals: ['dependency_unavailable'],
    }),
    operator,
    query(listApiKeysQuerySchema),
    async (c) => {
      const deps = provide(c.env)
      const now = deps.access.clock()
      const { page, nextCursor } = await listApiKeys(deps.db, { ...c.req.valid('query'), now })
      return c.json({ api_keys: page.map((row) => apiKeyBody(row, now)), next_cursor: nextCursor })
    },
  )

  app.get(
    PATH_OF_ONE,
    operation({
      operationId: 'getApiKey',
      summary: 'An API key',
      description: 'All but the key itself.',
      responses: { 200: { description: 'What is known of it.', schema: () => apiKeyAnswers().one } },
      refusals: ['api_key_not_found', 'dependency_unavailable'],
    }),
    operator,
    pathParameters(apiKeyIdSchema),
    async (c) => {
      const deps = provide(c.env)
      return c.json(apiKeyBody(await getApiKey(deps.db, c.req.param('id')), deps.access.clock()))
    },
  )
}

function addChanges({ app, operation }: Surface, provide: Provide): void {
  const operator = operatorOnly(provide)
  const jsonBody = createJsonBody(provide)
  const once = idempotent(provide, { withhold: ['key'] })
  const id = pathParameters(apiKeyIdSchema)

  app.post(
    PATH,
    operation({
      operationId: 'createApiKey',
      summary: 'Create an API key',
      description: 'The answer shows the key, this once.',
      responses: {
        201: {
          description: 'The key.',
          schema: () => apiKeyAnswers().issued,
          headers: { Location: { description: 'Where what is known of it is.', schema: apiKeyLocationSchema } },
        },
      },
      refusals: ['dependency_unavailable'],
    }),
    operator,
    once,
    jsonBody(createApiKeyBodySchema),
    async (c) => {
      const deps = provide(c.env)
      const issued = await createApiKey(keyDeps(deps), toApiKeyDraft(c.req.valid('json')), c.get('requestId'))
      return c.json(issuedBody(deps, issued), 201, { Location: `/v1${PATH}/${issued.row.id}` })
    },
  )

  app.post(
    `${PATH_OF_ONE}/rotate`,
    operation({
      operationId: 'rotateApiKey',
      summary: 'Get a new key for an id',
      description:
        'The answer shows the new key, this once. The key of now works on for `overlap_seconds`. An id has two keys at most: where the last overlap is not over, the older of its two ends at once. After an answer of 5xx, or none, see `rotated_at` before you rotate again.',
      responses: { 200: { description: 'The new key.', schema: () => apiKeyAnswers().issued } },
      refusals: ['api_key_not_found', 'api_key_not_active', 'dependency_unavailable'],
    }),
    operator,
    once,
    id,
    jsonBody(rotateApiKeyBodySchema, { optional: true }),
    async (c) => {
      const deps = provide(c.env)
      const wanted = { id: c.req.param('id'), overlapSeconds: c.req.valid('json').overlap_seconds }
      return c.json(issuedBody(deps, await rotateApiKey(keyDeps(deps), wanted, c.get('requestId'))))
    },
  )

  app.delete(
    PATH_OF_ONE,
    operation({
      operationId: 'revokeApiKey',
      summary: 'Revoke an API key',
      description:
        'For ever, within 60 seconds everywhere; the one before a rotation ends with it. It stays in the list. Once more is no error.',
      responses: { 204: { description: 'It is revoked.' } },
      refusals: ['api_key_not_found', 'dependency_unavailable'],
    }),
    operator,
    id,
    async (c) => {
      await revokeApiKey(keyDeps(provide(c.env)), c.req.param('id'), c.get('requestId'))
      return c.body(null, 204)
    },
  )
}

function keyDeps({ db, access: { keys, clock }, verification: { log } }: Deps): ApiKeyDeps {
  return { db, keys, clock, log }
}

function issuedBody({ access }: Deps, { key, row }: IssuedApiKey) {
  return { key, ...apiKeyBody(row, access.clock()) }
}
