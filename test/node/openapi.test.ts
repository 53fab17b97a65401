import { join } from 'node:path'
import { Validator } from '@seriousme/openapi-schema-validator'
import { build } from 'esbuild'
import { Hono } from 'hono'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { apiDocument, documentedApp } from '../../scripts/assets/api-document'
import { ERROR_STATUSES } from '../../src/http/error-status'
import type { HttpEnv } from '../../src/http/http-env'
import { buildOpenApi } from '../../src/http/openapi'
import { type Operation, type SurfaceSpec, createOperation, pathParameters } from '../../src/http/operation'

interface MediaType {
  readonly schema: Record<string, unknown>
  readonly examples?: Record<string, { readonly value: unknown }>
}
interface Answer {
  readonly description: string
  readonly headers: Record<string, unknown>
  readonly content?: Record<string, MediaType>
}
interface DocumentedOperation {
  readonly operationId: string
  readonly summary: string
  readonly description?: string
  readonly tags: readonly string[]
  readonly parameters?: readonly { readonly name: string; readonly in: string }[]
  readonly requestBody?: { readonly required: boolean; readonly content: { readonly 'application/json': MediaType } }
  readonly responses: Record<string, Answer>
}
interface ApiDocument {
  readonly openapi: string
  readonly tags: readonly { readonly name: string; readonly description: string }[]
  readonly paths: Record<string, Record<string, DocumentedOperation>>
}

const document = JSON.parse(JSON.stringify(apiDocument)) as ApiDocument
const operations = Object.entries(document.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => ({ name: `${method.toUpperCase()} ${path}`, ...operation })),
)

describe('openapi.json', () => {
  it('is valid OpenAPI 3.1', async () => {
    const validator = new Validator()

    expect(await validator.validate(structuredClone(document) as never)).toMatchObject({ valid: true })
    expect(validator.version).toBe('3.1')
  })

  it('has exactly these operations', () => {
    expect(operations.map(({ name, operationId }) => `${name} ${operationId}`).toSorted()).toStrictEqual([
      'DELETE /v1/verifications/{id} cancelVerification',
      'GET /api_v1/health homi.health',
      'GET /debug/test-request whatsapp-otp.debug.request',
      'GET /debug/whatsapp whatsapp-otp.debug.configuration',
      'GET /health whatsapp-otp.health',
      'GET /ready ready',
      'GET /v1/verifications/{id} getVerification',
      'POST /api_v1/otp_resend homi.resend',
      'POST /api_v1/otp_send homi.send',
      'POST /api_v1/otp_verify homi.verify',
      'POST /resend-otp whatsapp-otp.resend',
      'POST /send-otp whatsapp-otp.send',
      'POST /v1/verifications createVerification',
      'POST /v1/verifications/check checkVerification',
      'POST /v1/verifications/{id}/check checkVerificationById',
      'POST /v1/verifications/{id}/resend resendVerification',
      'POST /verify-otp whatsapp-otp.verify',
    ])
  })

  it('has every route of the app', () => {
    const routes = documentedApp.routes.filter(({ method, path }) => !(method === 'ALL' && path.endsWith('*')))
    const names = routes.map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`)

    expect(new Set(operations.map(({ name }) => name))).toStrictEqual(new Set(names))
  })

  it('has no two operations of one id, and a described tag for each', () => {
    expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length)
    expect(new Set(operations.flatMap(({ tags }) => tags))).toStrictEqual(new Set(document.tags.map(({ name }) => name)))
    expect(document.tags.every(({ description }) => description.endsWith('.'))).toBe(true)
  })

  it('points at nothing that is not there', () => {
    const references = [...nodes(document)].flatMap(({ $ref }) => (typeof $ref === 'string' ? [$ref] : []))

    expect(references.length).toBeGreaterThan(100)
    for (const reference of new Set(references)) expect(resolve(reference), reference).toBeTypeOf('object')
  })
})

describe.each(operations)('$name in the document', ({ name, summary, parameters = [], requestBody, responses }) => {
  const statuses = Object.keys(responses).map(Number)

  it('has a summary, a success and the parameters of its path', () => {
    expect(summary).toMatch(/^[A-Z].{5,}/)
    expect(statuses.filter((status) => status < 300)).toHaveLength(1)
    expect(parameters.map((parameter) => `{${parameter.name}}`)).toStrictEqual(name.match(/\{\w+\}/g) ?? [])
  })

  it('has the failures of every route that works, or none', () => {
    const alwaysAnswers = /\/(health|ready)$/.test(name)
    const expected = alwaysAnswers ? [] : requestBody ? [400, 413, 415, 500, 503] : [500, 503]

    expect(statuses).toStrictEqual(expect.arrayContaining(expected))
    if (alwaysAnswers) expect(statuses).not.toContain(500)
  })

  it('tells refusals by their codes, the request id always, and the seconds to wait where there are some', () => {
    for (const [status, { headers, description, content }] of Object.entries(responses)) {
      expect(headers).toHaveProperty('X-Request-Id', { $ref: '#/components/headers/X-Request-Id' })
      expect(description).not.toBe('')
      if (status === '429') expect(headers).toHaveProperty('Retry-After')
      for (const { examples } of Object.values(content ?? {})) {
        if (examples) expect(description).toBe(codeList(Object.keys(examples)))
      }
    }
  })

  it('has an example of every body, and each fits its schema', () => {
    if (requestBody) expect(examplesOf(requestBody.content['application/json'])).not.toHaveLength(0)
    for (const content of [requestBody?.content, ...Object.values(responses).map((answer) => answer.content)]) {
      for (const media of Object.values(content ?? {})) {
        const schema = z.fromJSONSchema(inline(media.schema) as never)
        for (const example of examplesOf(media)) expect(schema.safeParse(example)).toMatchObject({ success: true })
      }
    }
  })
})

describe('the examples of fields', () => {
  const examples = [...nodes(document)].filter((node) => Array.isArray(node['examples']))

  it('fit their schemas', () => {
    expect(examples.length).toBeGreaterThan(10)
    for (const { examples: values, ...schema } of examples) {
      for (const value of values as unknown[]) {
        expect(z.fromJSONSchema(inline(schema) as never).safeParse(value), JSON.stringify(value)).toMatchObject({ success: true })
      }
    }
  })
})

describe('buildOpenApi', () => {
  const surface: SurfaceSpec = {
    tag: 'test',
    statuses: ERROR_STATUSES,
    failureSchema: z.object({ code: z.string() }),
    failureMediaType: 'application/json',
  }
  const info = { title: 'Test', version: '1', description: '', tags: [{ name: 'test', description: 'A test.' }] }
  const operation = (changes: Partial<Operation> = {}) =>
    createOperation(surface)({
      operationId: 'one',
      summary: 'One',
      responses: { 200: { description: 'Yes.' } },
      refusals: [],
      ...changes,
    })
  const app = () => new Hono<HttpEnv>()

  it('takes middleware and catch-alls for no routes', () => {
    const routes = app()
      .use(async (_c, next) => next())
      .get('/one', operation(), (c) => c.text(''))
      .all('*', (c) => c.text(''))

    expect(Object.keys(buildOpenApi(routes, info).paths ?? {})).toStrictEqual(['/one'])
  })

  it('finds the operation of a route in an app that handles its own errors', () => {
    const inner = app().get('/one', operation(), (c) => c.text(''))
    inner.onError((_error, c) => c.text(''))

    expect(Object.keys(buildOpenApi(app().route('/inner', inner), info).paths ?? {})).toStrictEqual(['/inner/one'])
  })

  it.each([
    [
      'a route without an operation',
      app()
        .get('/one', operation(), (c) => c.text(''))
        .get('/two', (c) => c.text('')),
      'GET /two',
    ],
    [
      'two operations of one id',
      app()
        .get('/one', operation(), (c) => c.text(''))
        .get('/two', operation(), (c) => c.text('')),
      'id one',
    ],
    ['a parameter that is not documented', app().get('/one/:id', operation(), (c) => c.text('')), 'GET /one/:id'],
    [
      'a documented parameter that is not there',
      app().get('/one', operation(), pathParameters(z.object({ id: z.string() })), (c) => c.text('')),
      'GET /one',
    ],
    [
      'a status that is both an answer and a failure',
      app().get('/one', operation({ responses: { 404: { description: 'No.' } }, refusals: ['route_not_found'] }), (c) =>
        c.text(''),
      ),
      '404',
    ],
  ])('refuses %s', (_what, routes, complaint) => {
    expect(() => buildOpenApi(routes, info)).toThrow(complaint)
  })

  it('refuses a surface without a tag', () => {
    expect(() =>
      buildOpenApi(
        app().get('/one', operation(), (c) => c.text('')),
        { ...info, tags: [] },
      ),
    ).toThrow('test')
  })

  it('is not in the Worker', async () => {
    const entry = join(import.meta.dirname, '../../src/index.ts')
    const bundle = await build({
      entryPoints: [entry],
      bundle: true,
      format: 'esm',
      external: ['cloudflare:*'],
      write: false,
      metafile: true,
    })
    const inputs = Object.keys(bundle.metafile.inputs)

    expect(inputs.some((path) => path.endsWith('src/http/operation.ts'))).toBe(true)
    expect(inputs.filter((path) => /zod-openapi|http\/(openapi|documented-routes|sample-refusals)/.test(path))).toStrictEqual([])
  })
})

function codeList(codes: readonly string[]): string {
  return codes.map((code) => `\`${code}\``).join(', ')
}

function examplesOf({ schema, examples }: MediaType): unknown[] {
  const resolved = typeof schema['$ref'] === 'string' ? resolve(schema['$ref']) : schema
  return [
    ...Object.values(examples ?? {}).map(({ value }) => value),
    ...((resolved?.['examples'] as unknown[] | undefined) ?? []),
  ]
}

function* nodes(value: unknown): Generator<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return
  if (!Array.isArray(value)) yield value as Record<string, unknown>
  for (const inner of Object.values(value)) yield* nodes(inner)
}

function resolve(reference: string): Record<string, unknown> | undefined {
  const steps = reference
    .replace(/^#\//, '')
    .split('/')
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
  let node: unknown = document
  for (const step of steps) node = (node as Record<string, unknown> | undefined)?.[step]
  return node as Record<string, unknown> | undefined
}

/** The schema with what it refers to in its place. */
function inline(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((inner) => inline(inner))
  const { $ref } = value as { $ref?: unknown }
  if (typeof $ref === 'string') return inline(resolve($ref))
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, inline(inner)]))
}
