import * as fc from 'fast-check'
import { type JsonSchema, fitting, takesNull } from './json-arbitrary'
import type { Payload } from './payload'

const JSON_HEADERS = { 'content-type': 'application/json' }
const BODY_LIMIT = 16_384

type Fields = Record<string, unknown>

/** JSON bodies as documented. */
export function fittingBodies(schema: JsonSchema): fc.Arbitrary<Payload> {
  const types = fc.constantFrom('application/json', 'application/json; charset=utf-8', 'Application/JSON')
  return fc.record({ value: fitting(schema), type: types }).map(({ value, type }) => ({
    headers: { 'content-type': type },
    body: JSON.stringify(value),
    mustBe: undefined,
  }))
}

/** JSON bodies that are broken in one way, and all that is not one. */
export function brokenBodies(schema: JsonSchema, isRequired: boolean): fc.Arbitrary<Payload> {
  const valid = fitting(schema) as fc.Arbitrary<Fields>
  return fc.oneof(...brokenFields(schema, valid), ...brokenTexts(valid, isRequired))
}

function brokenFields(schema: JsonSchema, valid: fc.Arbitrary<Fields>): fc.Arbitrary<Payload>[] {
  const names = Object.keys(schema.properties ?? {})
  const required = schema.required ?? []
  const fieldOf = fc.constantFrom(...names)
  const isStrict = schema.additionalProperties === false
  const notText = fc.oneof(
    fc.integer(),
    fc.double(),
    fc.boolean(),
    fc.constant(null),
    fc.array(fc.string()),
    fc.constant({ a: {} }),
  )
  const kinds = [
    // No field takes any of these but a free-form object, which takes only texts, and one that may be null.
    fc.tuple(valid, fieldOf, notText).map(([value, field, wrong]) => {
      const isTaken = wrong === null && takesNull(schema.properties![field]!)
      return json({ ...value, [field]: wrong }, isTaken ? undefined : 400)
    }),
    fc.tuple(valid, fc.string(), fc.jsonValue()).map(([value, name, extra]) => {
      const isExtra = !names.includes(name) && name !== '__proto__'
      return json({ ...value, [name]: extra }, isExtra && isStrict ? 400 : undefined)
    }),
    fc
      .tuple(valid, fieldOf, fc.string({ unit: 'binary', maxLength: 300 }))
      .map(([value, field, text]) => json({ ...value, [field]: text })),
    fc
      .tuple(valid, fieldOf, fc.constantFrom(BODY_LIMIT, 1_048_576))
      .map(([value, field, size]) => json({ ...value, [field]: 'x'.repeat(size) }, 413)),
  ]
  if (required.length === 0) return kinds
  return [
    ...kinds,
    fc.tuple(valid, fc.constantFrom(...required)).map(([value, field]) => json({ ...value, [field]: undefined }, 400)),
  ]
}

function brokenTexts(valid: fc.Arbitrary<Fields>, isRequired: boolean): fc.Arbitrary<Payload>[] {
  return [
    valid.map((value) => raw(JSON.stringify(value).replace('{', '{"__proto__":{"admin":true},').replace(',}', '}'), 400)),
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
