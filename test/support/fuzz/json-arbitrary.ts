import * as fc from 'fast-check'
import { type NumberLiteral, isNumberLiteral, numberLiteral } from './number-literal'

type JsonType = 'object' | 'array' | 'string' | 'number' | 'integer' | 'null'

/** As much of JSON Schema as our bodies and parameters use, with what it refers to in its place. */
export interface JsonSchema {
  readonly type?: JsonType | readonly JsonType[]
  readonly anyOf?: readonly JsonSchema[]
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: boolean | JsonSchema
  readonly propertyNames?: JsonSchema
  readonly items?: JsonSchema
  readonly minItems?: number
  readonly maxItems?: number
  readonly const?: string
  readonly enum?: readonly string[]
  readonly pattern?: string
  readonly format?: string
  readonly minLength?: number
  readonly maxLength?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly default?: unknown
  readonly examples?: readonly unknown[]
  readonly description?: string
}

const KNOWN: ReadonlySet<string> = new Set(
  `type anyOf properties required additionalProperties propertyNames items minItems maxItems const enum pattern format minLength
  maxLength minimum maximum default examples description`.split(/\s+/),
)
const DAY_MS = 24 * 60 * 60 * 1000
const LONGEST_LIST = 3

/**
 * Values that fit a schema of the document, its examples often among them or almost, since most behaviour is behind a real
 * number and a right code.
 * @throws for a keyword that it does not know: it would make values that do not fit
 */
export function fitting(schema: JsonSchema): fc.Arbitrary<unknown> {
  const unknown = Object.keys(schema).filter((key) => !KNOWN.has(key))
  if (unknown.length > 0) throw new Error(`the fuzzer does not know ${unknown.join(', ')}`)
  const made = byType(schema)
  const { examples = [], properties = {} } = schema
  if (examples.length === 0) return made
  const asShown = fc.constantFrom(...examples)
  // What is right but for one thing gets furthest.
  const almost = Object.entries(properties).map(([name, property]) =>
    fc.tuple(asShown, byType(property)).map(([shown, value]) => ({ ...(shown as object), [name]: value })),
  )
  const weighted = [
    { weight: 5, arbitrary: asShown },
    { weight: 1, arbitrary: made },
  ]
  return fc.oneof(...weighted, ...(almost.length > 0 ? [{ weight: 2, arbitrary: fc.oneof(...almost) }] : []))
}

/** Do types, names and what is required tell that the value does not fit? A schema without types takes anything. */
export function isOfWrongType(schema: JsonSchema, value: unknown): boolean {
  const { anyOf, items, properties = {}, required = [], additionalProperties } = schema
  if (anyOf) return anyOf.every((one) => isOfWrongType(one, value))
  const types = typesOf(schema)
  if (isNumberLiteral(value)) return types.includes('number') ? isNoAmount(schema, value) : isOfWrongType(schema, parsed(value))
  if (types.length > 0 && !types.some((type) => IS_OF_TYPE[type](value))) return true
  if (Array.isArray(value)) return items !== undefined && value.some((item) => isOfWrongType(items, item))
  if (!isObject(value)) return false
  const fields = Object.entries(value).filter(([, field]) => field !== undefined)
  const isMissing = required.some((name) => !fields.some(([field]) => field === name))
  return isMissing || fields.some(([name, field]) => isWrongField(properties[name] ?? additionalProperties, field))
}

function isWrongField(schema: JsonSchema | boolean | undefined, value: unknown): boolean {
  return schema === false || (typeof schema === 'object' && isOfWrongType(schema, value))
}

/** Where numbers are taken digit by digit, what is said of texts is said of them as well. */
function isNoAmount({ pattern = '', maxLength = Infinity }: JsonSchema, { rawJSON }: NumberLiteral): boolean {
  return rawJSON.length > maxLength || !new RegExp(pattern).test(rawJSON)
}

const parsed = ({ rawJSON }: NumberLiteral): unknown => JSON.parse(rawJSON)

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null && !Array.isArray(value)

const IS_OF_TYPE: Readonly<Record<JsonType, (value: unknown) => boolean>> = {
  object: isObject,
  array: Array.isArray,
  string: (value) => typeof value === 'string',
  number: (value) => typeof value === 'number',
  integer: Number.isInteger,
  null: (value) => value === null,
}

const FITTING: Readonly<Record<JsonType, (schema: JsonSchema) => fc.Arbitrary<unknown>>> = {
  object: objects,
  array: arrays,
  string: texts,
  number: () => amounts,
  integer: integers,
  null: () => fc.constant(null),
}

function typesOf({ type = [] }: JsonSchema): readonly JsonType[] {
  return typeof type === 'string' ? [type] : type
}

function byType(schema: JsonSchema): fc.Arbitrary<unknown> {
  if (schema.anyOf) return fc.oneof(...schema.anyOf.map(fitting))
  return fc.oneof(...typesOf(schema).map((type) => FITTING[type](schema)))
}

function integers({ minimum = Number.MIN_SAFE_INTEGER, maximum = Number.MAX_SAFE_INTEGER }: JsonSchema): fc.Arbitrary<number> {
  return fc.integer({ min: minimum, max: maximum })
}

/** What a number can look like, in the hope that somebody reads one as floating point, rounds it or loses its sign. */
export const ODD_NUMBERS = [
  ['5000.0', '5000.000', '0.30000000000000004', '4999.995', '0', '0.0', '0.01', '9007199254740993'],
  ['-0', '-5000', '5e3', '5E+3', '500000e-2', '1e400', '-1e400', '1e-400', '1e21'],
  ['9'.repeat(12), `${'9'.repeat(12)}.99`, '9'.repeat(13), '1'.repeat(40), '1'.repeat(41), `0.${'3'.repeat(38)}`],
]
  .flat()
  .map(numberLiteral)

export const oddNumbers: fc.Arbitrary<NumberLiteral> = fc.oneof(
  fc.constantFrom(...ODD_NUMBERS),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => numberLiteral(String(number))),
)

/** The only numbers that may have a fraction. */
const amounts = fc.oneof(
  oddNumbers,
  fc
    .tuple(fc.nat(500_000), fc.nat(99))
    .map(([whole, fraction]) => numberLiteral(`${whole}.${String(fraction).padStart(2, '0')}`)),
)

function arrays({ items = {}, minItems = 0, maxItems = LONGEST_LIST }: JsonSchema): fc.Arbitrary<unknown[]> {
  return fc.array(fitting(items), { minLength: minItems, maxLength: Math.min(maxItems, LONGEST_LIST) })
}

function objects({ properties, required = [], propertyNames, additionalProperties }: JsonSchema): fc.Arbitrary<object> {
  if (properties) {
    const fields = Object.entries(properties).map(([name, property]) => [name, fitting(property)])
    return fc.record(Object.fromEntries(fields) as Record<string, fc.Arbitrary<unknown>>, { requiredKeys: [...required] })
  }
  const values = typeof additionalProperties === 'object' ? fitting(additionalProperties) : fc.string()
  return fc.dictionary(texts(propertyNames ?? {}), values, { maxKeys: 4, noNullPrototype: true })
}

function texts({ const: only, enum: values, pattern, format, minLength = 0, maxLength = 100 }: JsonSchema): fc.Arbitrary<string> {
  if (only !== undefined) return fc.constant(only)
  if (values) return fc.constantFrom(...values)
  if (format === 'date-time') return moments
  if (format === 'date') return days
  if (format === 'email') return emails
  if (format !== undefined) throw new Error(`the fuzzer does not know the format ${format}`)
  const bounds = { minLength, maxLength }
  if (pattern !== undefined) return fc.stringMatching(new RegExp(pattern), { maxLength })
  const telling = TELLING.filter(({ length }) => length >= minLength && length <= maxLength)
  const kinds = [fc.string(bounds), fc.string({ ...bounds, maxLength: Math.floor(maxLength / 2), unit: 'binary' })]
  return fc.oneof(...kinds, ...(telling.length > 0 ? [{ weight: 2, arbitrary: fc.constantFrom(...telling) }] : []))
}

/** Texts that mean something in one field or another: codes that are wrong there, numbers, ids, names and codes of tables. */
const TELLING = [
  ['0000', '1234', '000000', '123456', '+917888888888', '+919876543211', '1', '2', 'cash', 'paid', 'partially_paid'],
  ['LAP', 'Personal Loan', 'f', '400001', '1990-06-15', '29/02/2023', 'APP123456789', 'Under Review', '=1+1', '"Doe", J'],
].flat()

const emails = fc.oneof(
  fc.constantFrom('john.doe@example.com', ' John@EXAMPLE.com ', 'a@b', '@example.com', '"j d"@example.com', 'ü@example.com'),
  fc.emailAddress(),
)

/** Around now, where the messages are, and at the ends of what the form can say. */
const moments = fc.oneof(
  fc.integer({ min: -40 * DAY_MS, max: DAY_MS }).map((ms) => new Date(Date.now() + ms).toISOString()),
  fc.constantFrom(
    '0000-01-01T00:00:00Z',
    '0000-01-01T00:00:00+23:59',
    '1970-01-01T00:00:00.000Z',
    '2024-02-29T23:59:59.123456789-05:30',
    '9999-12-31T23:59:59Z',
    '9999-12-31T23:59:59-23:59',
  ),
)

const days = fc.oneof(
  moments.map((moment) => moment.slice(0, '2026-12-05'.length)),
  fc.constantFrom('0000-01-01', '0000-02-29', '2024-02-29', '9999-12-31'),
)
