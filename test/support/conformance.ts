import { expect } from 'vitest'
import type * as z from 'zod'
import { createApp } from '../../src/app'
import type { ErrorCode } from '../../src/core/app-error'
import { type DocumentedRoute, collectRoutes, failuresOf } from '../../src/http/documented-routes'
import { schemaOf } from '../../src/http/operation'
import { sampleRefusal } from '../../src/http/sample-refusals'
import { retryAfterOf } from '../../src/http/to-refusal'

/** What was asked, as far as the documentation cares. `path` may have a query and a slash at its end. */
export interface Asked {
  readonly method: string
  readonly path: string
}

const neverCalled = () => {
  throw new Error('this app only shows its routes')
}

const routes = collectRoutes(createApp(neverCalled, () => true)).map((route) => ({ route, pattern: toPattern(route.path) }))

/**
 * Fails unless the answer is one that `openapi.json` declares for the operation: its status, its media type, every field
 * of its body, and the headers that go with them. An address that is no operation fails too.
 * @returns the parsed body, undefined where there is none
 */
export async function expectDocumented(asked: Asked, response: Response): Promise<unknown> {
  const route = findRoute(asked)
  const { status, headers } = response
  const text = await response.clone().text()
  const about = `${asked.method} ${asked.path} answered ${status} ${text.slice(0, 300)}`
  const expected = expectedAnswer(route, status)
  if (!expected) expect.unreachable(`${about}: not a status of ${route.operation.operationId}`)

  expect(headers.get('x-request-id'), about).toMatch(/^[\w=-]{1,255}$/)
  for (const name of expected.headers) expect(headers.get(name), `${about}: ${name}`).not.toBeNull()
  expect(mediaTypeOf(headers), about).toBe(expected.schema ? expected.mediaType : null)
  if (!expected.schema) {
    expect(text, about).toBe('')
    return undefined
  }
  const body: unknown = expected.mediaType.startsWith('text/') ? text : JSON.parse(text)
  // Response schemas change nothing, so what comes out different had a field that is not declared.
  expect(expected.schema.parse(body), about).toStrictEqual(body)
  if (expected.mediaType === 'text/csv') expectCsv(text, about)
  if (status >= 400) expectFailureOf(route, response, body, about)
  return body
}

interface Expected {
  readonly schema: z.ZodType | undefined
  readonly mediaType: string
  readonly headers: readonly string[]
}

function expectedAnswer(route: DocumentedRoute, status: number): Expected | undefined {
  const { responses, surface } = route.operation
  const declared = responses[status]
  if (declared) {
    const { schema, mediaType = 'application/json', headers: declaredHeaders = {} } = declared
    // One whose schema takes nothing, too, need not be there.
    const needed = Object.entries(declaredHeaders).filter(([, header]) => !header.schema.safeParse(undefined).success)
    return { schema: schema && schemaOf(schema), mediaType, headers: needed.map(([name]) => name) }
  }
  if (!failuresOf(route)[status]) return undefined
  const headers = status === 401 ? ['www-authenticate'] : []
  return { schema: schemaOf(surface.failureSchema), mediaType: surface.failureMediaType, headers }
}

/** JSON comes without parameters; text may say that it is UTF-8. */
function mediaTypeOf(headers: Headers): string | null {
  const contentType = headers.get('content-type')
  return contentType?.replace(/^(text\/(?:plain|csv)); charset=utf-8$/i, '$1') ?? null
}

/** A cell in quotes, with quotes inside doubled, or one that needs none; then what ends the cell, or its line. */
const CSV_CELL = /(?:"(?:[^"]|"")*"|[^",\r\n]*)(,|\r\n)/gy

/** RFC 4180 with a line of titles: to the last line, each of as many cells. */
function expectCsv(text: string, about: string): void {
  const cells = [...text.matchAll(CSV_CELL)]
  expect(cells.map(([cell]) => cell).join(''), about).toBe(text)
  const ends = cells.flatMap(([, end], index) => (end === '\r\n' ? [index + 1] : []))
  expect(ends, about).toStrictEqual(ends.map((_end, line) => (line + 1) * ends[0]!))
  expect(ends.length, about).toBeGreaterThan(0)
}

/**
 * The code has to be one that the document lists under this status, and the seconds to wait the same in both places. On a
 * surface that tells no codes any of the listed ones can be meant, but what it says of waiting has to fit one of them.
 */
function expectFailureOf(route: DocumentedRoute, response: Response, body: unknown, about: string): void {
  const codes = failuresOf(route)[response.status]
  if (!codes) return
  const values = leaves(body)
  const meant = tellsCodes(route, codes[0]!) ? codes.filter((code) => values.includes(code)).slice(0, 1) : codes
  if (meant.length === 0) expect.unreachable(`${about}: none of ${codes.join(', ')}`)
  const retryAfter = response.headers.get('retry-after')
  const waits = meant.map((code) => retryAfterOf(sampleRefusal(code)) !== undefined)
  expect(waits, `${about}: Retry-After`).toContain(retryAfter !== null)
  if (retryAfter !== null) expect(values, `${about}: Retry-After`).toContain(Number(retryAfter))
}

/** Does the surface have codes in its failures? Brief 002 has none. */
function tellsCodes({ operation: { surface } }: DocumentedRoute, code: ErrorCode): boolean {
  const about = { requestId: 'abc', status: surface.statuses[code], body: undefined }
  const sample = surface.failure?.(sampleRefusal(code), about)
  return sample === undefined || leaves(sample).includes(code)
}

function leaves(value: unknown): unknown[] {
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap((inner) => leaves(inner)) : [value]
}

function findRoute({ method, path }: Asked): DocumentedRoute {
  const pathname = path.replace(/\?.*$/s, '').replace(/(?<=.)\/$/, '')
  const found = routes.filter(({ route, pattern }) => route.method === method.toLowerCase() && pattern.test(pathname))
  // `/verifications/check` is also a `/verifications/{id}`: the one with fewer parameters is meant.
  const [first] = found.toSorted((a, b) => parameterCount(a.route) - parameterCount(b.route))
  return first?.route ?? expect.unreachable(`${method} ${path} is no operation of openapi.json`)
}

function parameterCount({ pathParameters }: DocumentedRoute): number {
  return Object.keys(pathParameters?.shape ?? {}).length
}

function toPattern(path: string): RegExp {
  return new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`)
}
