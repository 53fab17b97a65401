import * as fc from 'fast-check'
import { apiDocument } from '../../../scripts/assets/api-document'
import { type BodySchema, fitting } from './json-arbitrary'

/** The number and the id in the examples; the test puts those of the running sequence in their place. */
export const PHONE = '+917888888888'
export const ID = '{id}'

/** What to send, and what has to come of it where that is certain before it is sent. */
export interface FuzzedRequest {
  readonly operationId: string
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array | undefined
  readonly mustBe: number | undefined
}

interface Operation {
  readonly operationId: string
  readonly method: string
  readonly path: string
  readonly body: BodySchema | undefined
  readonly bodyIsRequired: boolean
}

type Payload = Pick<FuzzedRequest, 'headers' | 'body' | 'mustBe'>

const JSON_HEADERS = { 'content-type': 'application/json' }
const BODY_LIMIT = 16_384

/** Every operation of the document. */
export const operations: readonly Operation[] = Object.entries(apiDocument.paths ?? {}).flatMap(([path, item]) =>
  Object.entries(item as Record<string, { operationId: string; requestBody?: { content: unknown; required: boolean } }>).map(
    ([method, { operationId, requestBody }]) => ({
      operationId,
      method: method.toUpperCase(),
      path,
      body: requestBody && schemaOf(requestBody.content),
      bodyIsRequired: requestBody?.required ?? false,
    }),
  ),
)

/** Mostly the id of the sequence; else anything that stays one segment of a path. */
const ids = fc.oneof(
  { weight: 4, arbitrary: fc.constant(ID) },
  {
    weight: 1,
    arbitrary: fc
      .oneof(
        fc.string({ unit: 'binary', minLength: 1 }).map((text) => encodeURIComponent(text.toWellFormed())),
        fc.base64String({ minLength: 60, maxLength: 68 }).map((text) => `ver_${encodeURIComponent(text)}`),
        fc.constantFrom('%', '%00', '%E0%A4%A', '%2F', 'check', `${ID}x`, 'ver_', 'x'.repeat(5000)),
      )
      .filter((id) => !/^(\.|%2e){1,2}$/i.test(id)),
  },
)

/** A request to any operation: half of them as documented, the others broken in one way. */
export const requests: fc.Arbitrary<FuzzedRequest> = fc.oneof(...operations.map((operation) => requestsTo(operation)))

function requestsTo({ operationId, method, path, body, bodyIsRequired }: Operation): fc.Arbitrary<FuzzedRequest> {
  const payloads = body ? bodies(body, bodyIsRequired) : fc.constant<Payload>({ headers: {}, body: undefined, mustBe: undefined })
  return fc.record({ payload: payloads, id: ids, slash: fc.constantFrom('', '', '/') }).map(({ payload, id, slash }) => {
    const address = path.replace(ID, () => id) + slash
    return { operationId, method, path: address, ...payload }
  })
}

function bodies(schema: BodySchema, isRequired: boolean): fc.Arbitrary<Payload> {
  const valid = fitting(schema) as fc.Arbitrary<Record<string, unknown>>
  const types = fc.constantFrom('application/json', 'application/json; charset=utf-8', 'Application/JSON')
  const asDocumented = fc.record({ value: valid, type: types }).map(({ value, type }) => ({
    headers: { 'content-type': type },
    body: JSON.stringify(value),
    mustBe: undefined,
  }))
  return fc.oneof({ weight: 1, arbitrary: asDocumented }, { weight: 1, arbitrary: broken(schema, valid, isRequired) })
}

function broken(schema: BodySchema, valid: fc.Arbitrary<Record<string, unknown>>, isRequired: boolean): fc.Arbitrary<Payload> {
  const names = Object.keys(schema.properties ?? {})
  const required = schema.required ?? []
  const fieldOf = fc.constantFrom(...names)
  const isStrict = schema.additionalProperties === false
  const json = (value: unknown, mustBe?: number): Payload => ({ headers: JSON_HEADERS, body: JSON.stringify(value), mustBe })
  const raw = (body: Payload['body'], mustBe?: number): Payload => ({ headers: JSON_HEADERS, body, mustBe })
  const notText = fc.oneof(
    fc.integer(),
    fc.double(),
    fc.boolean(),
    fc.constant(null),
    fc.array(fc.string()),
    fc.constant({ a: {} }),
  )

  const kinds: fc.Arbitrary<Payload>[] = [
    // No field takes any of these but a free-form object, which takes only texts.
    fc.tuple(valid, fieldOf, notText).map(([value, field, wrong]) => json({ ...value, [field]: wrong }, 400)),
    fc.tuple(valid, fc.string(), fc.jsonValue()).map(([value, name, extra]) => {
      const isExtra = !names.includes(name) && name !== '__proto__'
      return json({ ...value, [name]: extra }, isExtra && isStrict ? 400 : undefined)
    }),
    fc
      .tuple(valid, fieldOf, fc.string({ unit: 'binary', maxLength: 300 }))
      .map(([value, field, text]) => json({ ...value, [field]: text })),
    valid.map((value) => raw(JSON.stringify(value).replace('{', '{"__proto__":{"admin":true},').replace(',}', '}'), 400)),
    fc
      .tuple(valid, fieldOf, fc.constantFrom(BODY_LIMIT, 1_048_576))
      .map(([value, field, size]) => json({ ...value, [field]: 'x'.repeat(size) }, 413)),
    fc
      .jsonValue()
      .filter((value) => typeof value !== 'object' || value === null || Array.isArray(value))
      .map((value) => json(value, 400)),
    fc.integer({ min: 50, max: 5000 }).map((depth) => raw('['.repeat(depth) + ']'.repeat(depth), 400)),
    valid.map((value) => raw(JSON.stringify(value).slice(0, -1), 400)),
    fc
      .string({ minLength: 1 })
      .filter((text) => !isJson(text))
      .map((text) => raw(text, 400)),
    fc.uint8Array({ minLength: 1 }).map((bytes) => raw(new Uint8Array(bytes))),
    fc
      .tuple(valid, fc.constantFrom('text/plain', 'application/x-www-form-urlencoded', 'application/jsonp', '', 'é'))
      .map(([value, type]) => ({
        headers: type === '' ? {} : { 'content-type': encodeURI(type) },
        body: new TextEncoder().encode(JSON.stringify(value)),
        mustBe: 415,
      })),
    fc.constant<Payload>({ headers: {}, body: undefined, mustBe: isRequired ? 415 : undefined }),
  ]
  if (required.length > 0) {
    kinds.push(fc.tuple(valid, fc.constantFrom(...required)).map(([value, field]) => json({ ...value, [field]: undefined }, 400)))
  }
  return fc.oneof(...kinds)
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

function schemaOf(content: unknown): BodySchema {
  const { schema } = (content as Record<string, { schema: BodySchema }>)['application/json']!
  const name = /^#\/components\/schemas\/(\w+)$/.exec(schema.$ref ?? '')?.[1]
  return name === undefined ? schema : (apiDocument.components?.schemas?.[name] as BodySchema)
}
