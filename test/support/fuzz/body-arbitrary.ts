import * as fc from 'fast-check'
import { pathsIn, replaced } from './inside'
import { fitting, isOfWrongType, oddNumbers } from './json-arbitrary'
import type { FuzzedBody } from './operations'
import type { Payload } from './payload'

const JSON_HEADERS = { 'content-type': 'application/json' }

type Fields = Record<string, unknown>

/** JSON bodies as documented. */
export function fittingBodies({ schema }: FuzzedBody): fc.Arbitrary<Payload> {
  const types = fc.constantFrom('application/json', 'application/json; charset=utf-8', 'Application/JSON')
  return fc.record({ value: fitting(schema), type: types }).map(({ value, type }) => ({
    headers: { 'content-type': type },
    body: JSON.stringify(value),
    mustBe: undefined,
  }))
}

/** JSON bodies that are broken in one way, and all that is not one. */
export function brokenBodies(body: FuzzedBody): fc.Arbitrary<Payload> {
  const valid = fitting(body.schema) as fc.Arbitrary<Fields>
  return fc.oneof(...brokenFields(body, valid), ...brokenLists(body, valid), ...brokenTexts(body, valid))
}

const odd = fc.oneof(
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  oddNumbers,
  fc.boolean(),
  fc.constantFrom(null, undefined),
  fc.array(fc.string()),
  fc.constant({ a: {} }),
)

function brokenFields(body: FuzzedBody, valid: fc.Arbitrary<Fields>): fc.Arbitrary<Payload>[] {
  const { schema, limitBytes } = body
  const names = Object.keys(schema.properties ?? {})
  const required = schema.required ?? []
  const fieldOf = fc.constantFrom(...names)
  const isStrict = schema.additionalProperties === false
  const kinds = [
    fc.tuple(valid, fieldOf, odd).map(([value, field, wrong]) => weighed(body, { ...value, [field]: wrong })),
    fc.tuple(valid, fc.nat(), odd).map(([value, nth, wrong]) => withOneOther(body, value, nth, wrong)),
    fc.tuple(valid, fc.string(), fc.jsonValue()).map(([value, name, extra]) => {
      const isExtra = !names.includes(name) && name !== '__proto__'
      return json({ ...value, [name]: extra }, isExtra && isStrict ? 400 : undefined)
    }),
    fc
      .tuple(valid, fc.nat(), fc.string({ unit: 'binary', maxLength: 300 }))
      .map(([value, nth, text]) => withOneOther(body, value, nth, text)),
    fc
      .tuple(valid, fieldOf, fc.constantFrom(limitBytes, Math.max(limitBytes, 1_048_576)))
      .map(([value, field, size]) => json({ ...value, [field]: 'x'.repeat(size) }, 413)),
  ]
  if (required.length === 0) return kinds
  return [
    ...kinds,
    fc.tuple(valid, fc.constantFrom(...required)).map(([value, field]) => json({ ...value, [field]: undefined }, 400)),
  ]
}

/** One item more than a list takes. */
function brokenLists({ schema }: FuzzedBody, valid: fc.Arbitrary<Fields>): fc.Arbitrary<Payload>[] {
  return Object.entries(schema.properties ?? {}).flatMap(([field, { maxItems }]) =>
    maxItems === undefined
      ? []
      : valid.map((value) => json({ ...value, [field]: Array.from({ length: maxItems + 1 }, () => null) }, 400)),
  )
}

function brokenTexts({ isRequired, limitBytes }: FuzzedBody, valid: fc.Arbitrary<Fields>): fc.Arbitrary<Payload>[] {
  const deepest = Math.floor(limitBytes / 2)
  return [
    valid.map((value) => raw(JSON.stringify(value).replace('{', '{"__proto__":{"admin":true},').replace(',}', '}'), 400)),
    fc
      .jsonValue()
      .filter((value) => typeof value !== 'object' || value === null || Array.isArray(value))
      .map((value) => json(value, 400)),
    fc
      .oneof(fc.integer({ min: 50, max: 8000 }), fc.constant(deepest))
      .map((depth) => raw('['.repeat(depth) + ']'.repeat(depth), 400)),
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
}

/** Something else in one place of the value, the nth as far as it goes. */
function withOneOther(body: FuzzedBody, value: Fields, nth: number, other: unknown): Payload {
  const paths = pathsIn(value)
  return weighed(body, paths.length === 0 ? value : (replaced(value, paths[nth % paths.length]!, other) as Fields))
}

/** The value, with what has to come of it as far as its types tell. */
export function weighed({ schema, frame }: FuzzedBody, value: object): Payload {
  if (isOfWrongType(frame, value)) return json(value, 400)
  return json(value, isOfWrongType(schema, value) ? 422 : undefined)
}

function json(value: unknown, mustBe?: number): Payload {
  return { headers: JSON_HEADERS, body: JSON.stringify(value), mustBe }
}

function raw(body: Payload['body'], mustBe?: number): Payload {
  return { headers: JSON_HEADERS, body, mustBe }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
