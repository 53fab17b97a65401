import * as fc from 'fast-check'
import { type JsonSchema, fitting } from './json-arbitrary'
import type { Parameter } from './operations'
import { PLACES } from './places'

/** What stands behind a path, and what has to come of it where that is certain. */
export interface Query {
  /** With its question mark; empty where there is none. */
  readonly search: string
  readonly mustBe: number | undefined
}

type Pairs = readonly (readonly [name: string, value: string])[]

const NO_QUERY: Query = { search: '', mustBe: undefined }

/** Queries as documented, often with all their examples. */
export function fittingQueries(parameters: readonly Parameter[]): fc.Arbitrary<Query> {
  if (parameters.length === 0) return fc.constant(NO_QUERY)
  const fields = parameters.map(({ name, schema }) => [name, name === 'cursor' ? cursors(schema) : fitting(schema)])
  const required = parameters.filter((parameter) => parameter.required).map(({ name }) => name)
  const values = fc.record(Object.fromEntries(fields) as Record<string, fc.Arbitrary<unknown>>, { requiredKeys: required })
  return fc
    .tuple(values, fc.boolean())
    .map(([given, isPlain]) => ({ search: toSearch(pairsOf(given), isPlain), mustBe: undefined }))
}

/** Queries that are broken in one way, or mean nothing. */
export function brokenQueries(parameters: readonly Parameter[]): fc.Arbitrary<Query> {
  const kinds = [oddities]
  for (const { name, schema } of parameters) {
    const value = fitting(schema).map(String)
    // A name that is there twice is refused, even where it says the same twice.
    kinds.push(
      fc.tuple(value, value).map(([one, other]) =>
        broken(
          [
            [name, one],
            [name, other],
          ],
          400,
        ),
      ),
    )
    kinds.push(fc.oneof(...wrongValues(schema)).map(({ text, isCertain }) => broken([[name, text]], isCertain ? 400 : undefined)))
  }
  return fc.oneof(...kinds)
}

/** Those that were given out, mostly. */
function cursors(schema: JsonSchema): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 3, arbitrary: fc.constant(PLACES.cursor) }, { weight: 1, arbitrary: fitting(schema) })
}

/** Values for a parameter, and whether its schema tells that they are wrong. */
function wrongValues({ type, enum: values, const: only, pattern, format, maxLength }: JsonSchema) {
  const wrong = (...texts: string[]) => fc.constantFrom(...texts).map((text) => ({ text, isCertain: true }))
  const kinds = [
    fc.string({ unit: 'binary', maxLength: 200 }).map((text) => ({ text: text.toWellFormed(), isCertain: false })),
    fc.constantFrom('', ' ', '\u0000', 'x'.repeat(30_000), '[object Object]').map((text) => ({ text, isCertain: false })),
  ]
  if (values || only !== undefined) kinds.push(wrong('', 'nobody', 'SMS', 'constructor', ' '))
  if (type === 'integer') kinds.push(wrong('', 'ten', '1.5', '-1', '0', '1e999', '9007199254740993', 'NaN', '１０'))
  if (format === 'date-time')
    kinds.push(wrong('', 'yesterday', '2026-11-21', '2026-02-30T00:00:00Z', '1763706600', '2026-11-21T06:30:00'))
  if (pattern !== undefined) kinds.push(wrong('', ' 1', 'a b', '１２３４'))
  if (maxLength !== undefined) kinds.push(wrong('x'.repeat(maxLength + 1), 'é'.repeat(10_000)))
  return kinds
}

/** Names that nobody knows, and what is hardly a query: refused or ignored. */
const oddities: fc.Arbitrary<Query> = fc
  .oneof(
    fc.constantFrom('', '&&&', '=', '=&=', '%', '%00', '%E0%A4%A', '%=%', 'limit[]=1', 'a[b]=c', '+', `x=${'y'.repeat(60_000)}`),
    fc.constantFrom('__proto__=1', '__proto__[a]=1', 'constructor=1', 'toString', 'hasOwnProperty=1', 'a=b&'.repeat(2000)),
    fc.tuple(fc.string(), fc.string()).map(([name, value]) => toSearch([[name, value]], false).slice(1)),
  )
  .map((text) => ({ search: `?${text}`, mustBe: undefined }))

function broken(pairs: Pairs, mustBe: number | undefined): Query {
  return { search: toSearch(pairs, false), mustBe }
}

function pairsOf(given: Readonly<Record<string, unknown>>): Pairs {
  return Object.entries(given).map(([name, value]) => [name, String(value).toWellFormed()])
}

/** @param isPlain a `+` stays one, as in the curls of brief 003 */
function toSearch(pairs: Pairs, isPlain: boolean): string {
  const write = (text: string) => (isPlain ? encodeURIComponent(text).replaceAll('%2B', '+') : encodeURIComponent(text))
  return pairs.length === 0 ? '' : `?${pairs.map((pair) => pair.map(write).join('=')).join('&')}`
}
