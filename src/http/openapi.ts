import type { Hono } from 'hono'
import * as z from 'zod'
import {
  type ZodOpenApiMediaTypeObject,
  type ZodOpenApiOperationObject,
  type ZodOpenApiOverride,
  type ZodOpenApiPathsObject,
  type ZodOpenApiResponseObject,
  type ZodOpenApiResponsesObject,
  createDocument,
} from 'zod-openapi'
import type { ErrorCode, Refusal } from '../core/app-error'
import { NO_KEY } from '../idempotency/read-key'
import type { Access } from './access'
import { CHALLENGE_HEADER } from './challenge'
import { type DocumentedRoute, collectRoutes, failuresOf } from './documented-routes'
import type { HttpEnv } from './http-env'
import { KEPT_REFUSALS, REPLAYED } from './idempotency'
import { IDEMPOTENCY_KEYS, IS_REPLAYED } from './idempotency-headers'
import { toIssues } from './issues'
import { type ResponseSpec, schemaOf } from './operation'
import { sampleRefusal } from './sample-refusals'
import { retryAfterOf } from './to-refusal'

// For scripts and tests only: the document is built ahead of time, so that its generator never is in the Worker.

/** What the routes do not say of the API. */
export interface DocumentInfo {
  readonly title: string
  readonly version: string
  readonly description: string
  /** One for each surface, in the order in which they are shown. */
  readonly tags: readonly { readonly name: string; readonly description: string }[]
}

type OpenApiDocument = ReturnType<typeof createDocument>

const REQUEST_ID = z.string().meta({
  description:
    "The request's id, as in our logs. A caller's own `X-Request-Id` is kept: letters, digits, `_`, `-` and `=`, at most 255.",
  header: { id: 'X-Request-Id' },
})
const RETRY_AFTER = z
  .int()
  .min(1)
  .max(86_400)
  .optional()
  .meta({
    description: 'Whole seconds after which it is worth trying again. With every code for which waiting helps.',
    header: { id: 'Retry-After' },
  })
const CHALLENGES = {
  [CHALLENGE_HEADER]: z
    .string()
    .max(2048)
    .optional()
    .meta({
      description: "With a publishable key: the token of the page's Turnstile widget, whose action is `send`. It is good once.",
      param: { id: CHALLENGE_HEADER },
    }),
}
const AUTHENTICATE = z.literal('Bearer').meta({ description: 'How to prove who asks.', header: { id: 'WWW-Authenticate' } })
const WANTED_SCOPE = z
  .string()
  .optional()
  .meta({
    description: 'With `insufficient_scope`: `Bearer error="insufficient_scope"`.',
    header: { id: 'WWW-Authenticate-Scope' },
  })
const SECURITY_SCHEMES = {
  bearer: {
    type: 'http',
    scheme: 'bearer',
    description:
      'An API key with the scopes that the operation names, a JWT of the identity provider with them, or `ADMIN_API_KEY`, which has all. Nothing is wanted where `AUTH_REQUIRED` is off, which it can be in development only.',
  },
  apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key', description: 'The same, for who cannot set `Authorization`.' },
  operator: {
    type: 'http',
    scheme: 'bearer',
    description: '`ADMIN_API_KEY`. Nothing is wanted in development where none is set.',
  },
} as const
const SAMPLE_REQUEST_ID = '0199e9a0-5a4e-4c8e-9d0c-2f6b1f0c7d11'

/**
 * The OpenAPI 3.1 document of the app. Paths and methods come from its router, bodies from its validators, failures from
 * the refusals that each route declares and from what its surface makes of them.
 * @throws for a route without documentation, two operations of one id, and a surface without a tag
 */
export function buildOpenApi(app: Pick<Hono<HttpEnv>, 'routes'>, info: DocumentInfo): OpenApiDocument {
  const { tags, ...about } = info
  const routes = collectRoutes(app)
  requireTags(routes, tags)
  requireUniqueIds(routes)

  const paths: Record<string, Record<string, ZodOpenApiOperationObject>> = {}
  for (const route of routes) paths[route.path] = { ...paths[route.path], [route.method]: toOperation(route) }
  return createDocument(
    {
      openapi: '3.1.1',
      info: { ...about, license: { name: 'MIT', identifier: 'MIT' } },
      servers: [{ url: '/' }],
      tags: tags.map((tag) => ({ ...tag })),
      paths: paths satisfies ZodOpenApiPathsObject,
      components: { securitySchemes: SECURITY_SCHEMES },
    },
    { override: simplify },
  )
}

const simplify: ZodOpenApiOverride = ({ jsonSchema, io }) => {
  // Tomorrow's answers may have more fields than today's: a client must not be told that they cannot.
  if (io === 'output' && jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties
  // The format says it; a pattern is half a screen.
  if (jsonSchema.format === 'date-time' || jsonSchema.format === 'date') delete jsonSchema.pattern
  // JSON Schema 2020-12, which OpenAPI 3.1 took over, has a list of them.
  if (jsonSchema.example !== undefined) jsonSchema.examples = [jsonSchema.example]
  delete jsonSchema.example
}

function requireTags(routes: readonly DocumentedRoute[], tags: DocumentInfo['tags']): void {
  const used = new Set(routes.map(({ operation }) => operation.surface.tag))
  const known = new Set(tags.map(({ name }) => name))
  const different = [...used.symmetricDifference(known)]
  if (different.length > 0) throw new Error(`Surfaces and tags differ: ${different.join(', ')}`)
}

function requireUniqueIds(routes: readonly DocumentedRoute[]): void {
  const ids = routes.map(({ operation }) => operation.operationId)
  const twice = ids.filter((id, index) => ids.indexOf(id) !== index)
  if (twice.length > 0) throw new Error(`Two operations have the id ${twice.join(', ')}`)
}

function toOperation(route: DocumentedRoute): ZodOpenApiOperationObject {
  const { operation, body, pathParameters, queryParameters, access, idempotent, isChallenged } = route
  const { operationId, summary, description, surface } = operation
  return {
    operationId,
    summary,
    description: [description, accessText(access)].filter((text) => text !== undefined).join('\n\n'),
    tags: [surface.tag],
    requestParams: {
      ...(pathParameters && { path: pathParameters }),
      ...(queryParameters && { query: queryParameters }),
      header: z.object({ ...(idempotent && IDEMPOTENCY_KEYS), ...(isChallenged && CHALLENGES) }),
    },
    security: securityOf(access),
    ...(body && { requestBody: { required: !body.optional, content: { 'application/json': { schema: body.schema } } } }),
    responses: toResponses(route),
  }
}

/** OpenAPI 3.1 lets any scheme list the roles that it has to have. */
function securityOf(access: Access): Record<string, string[]>[] {
  if (access.kind === 'open') return []
  return access.kind === 'operator' ? [{ operator: [] }] : [{ bearer: [...access.scopes] }, { apiKey: [...access.scopes] }]
}

function accessText(access: Access): string {
  switch (access.kind) {
    case 'open':
      return `Open to all: ${access.why}.`
    case 'operator':
      return 'For the operator only.'
    case 'scopes':
      return `Scope: ${access.scopes.map((scope) => `\`${scope}\``).join(', ')}.`
  }
}

function toResponses(route: DocumentedRoute): ZodOpenApiResponsesObject {
  const declared = Object.entries(route.operation.responses).map(([status, spec]) => [status, toResponse(route, spec)] as const)
  const failures = Object.entries(failuresOf(route)).map(([status, codes = []]) => [status, toFailure(route, codes)] as const)
  const clash = failures.find(([status]) => status in route.operation.responses)
  if (clash) throw new Error(`${route.operation.operationId}: ${clash[0]} is both an answer and a failure`)
  return Object.fromEntries([...declared, ...failures])
}

function toResponse(
  { idempotent }: DocumentedRoute,
  { description, schema, mediaType = 'application/json', headers = {} }: ResponseSpec,
): ZodOpenApiResponseObject {
  const described = Object.entries(headers).map(([name, header]) => [
    name,
    header.schema.meta({ description: header.description }),
  ])
  return {
    description,
    headers: z.object({
      ...Object.fromEntries(described),
      ...(idempotent && { [REPLAYED]: IS_REPLAYED }),
      'X-Request-Id': REQUEST_ID,
    }),
    ...(schema && { content: { [mediaType]: { schema: schemaOf(schema) } } }),
  }
}

function toFailure(route: DocumentedRoute, codes: readonly ErrorCode[]): ZodOpenApiResponseObject {
  const { surface } = route.operation
  const waits = codes.some((code) => retryAfterOf(sampleRefusal(code)) !== undefined)
  return {
    description: codes.map((code) => `\`${code}\``).join(', '),
    headers: z.object({
      ...(waits && { 'Retry-After': RETRY_AFTER }),
      ...(codes.includes('unauthorized') && { 'WWW-Authenticate': AUTHENTICATE }),
      ...(codes.includes('insufficient_scope') && { 'WWW-Authenticate': WANTED_SCOPE }),
      ...(route.idempotent && codes.some((code) => KEPT_REFUSALS.has(code)) && { [REPLAYED]: IS_REPLAYED }),
      'X-Request-Id': REQUEST_ID,
    }),
    content: { [surface.failureMediaType]: { schema: schemaOf(surface.failureSchema), ...toExamples(route, codes) } },
  }
}

function toExamples(
  { operation, body, queryParameters }: DocumentedRoute,
  codes: readonly ErrorCode[],
): Pick<ZodOpenApiMediaTypeObject, 'examples'> {
  const { failure, statuses } = operation.surface
  if (!failure) return {}
  const schema = body?.schema ?? queryParameters
  const examples = codes.map((code) => {
    const wrong = code === 'invalid_request' ? wrongInput(schema) : undefined
    const sent = wrong ? wrong.input : body?.schema.meta()?.['example']
    const about = { requestId: SAMPLE_REQUEST_ID, status: statuses[code], body: sent }
    return [code, { value: failure(wrong?.refusal ?? sampleRefusal(code), about) }]
  })
  return { examples: Object.fromEntries(examples) }
}

/**
 * An input without its first required field or, where none is required, with a first field of no use; and what is said of
 * it. Where there is no input only a header can be wrong.
 */
function wrongInput(
  schema: z.ZodObject | undefined,
): { readonly input: object | undefined; readonly refusal: Refusal } | undefined {
  if (!schema) return { input: undefined, refusal: NO_KEY }
  const [first = ''] = Object.keys(schema.shape)
  for (const input of [{}, { [first]: [] }]) {
    const { error } = schema.safeParse(input)
    if (error) return { input, refusal: { code: 'invalid_request', details: { issues: toIssues(error, input).slice(0, 1) } } }
  }
  return undefined
}
