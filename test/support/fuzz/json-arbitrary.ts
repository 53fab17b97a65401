import * as fc from 'fast-check'

/** As much of JSON Schema as our bodies and parameters use. */
export interface JsonSchema {
  readonly $ref?: string
  readonly type?: 'object' | 'string' | 'integer' | 'null'
  readonly anyOf?: readonly JsonSchema[]
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: boolean | JsonSchema
  readonly propertyNames?: JsonSchema
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
  `$ref type anyOf properties required additionalProperties propertyNames const enum pattern format minLength maxLength minimum
  maximum default examples description`.split(/\s+/),
)
const DAY_MS = 24 * 60 * 60 * 1000

/**
 * Values that fit a schema of the document, its examples often among them, since most behaviour is behind a real number
 * and a right code.
 * @throws for a keyword that it does not know: it would make values that do not fit
 */
export function fitting(schema: JsonSchema): fc.Arbitrary<unknown> {
  const unknown = Object.keys(schema).filter((key) => !KNOWN.has(key))
  if (unknown.length > 0) throw new Error(`the fuzzer does not know ${unknown.join(', ')}`)
  const made = byType(schema)
  const examples = schema.examples ?? []
  return examples.length === 0
    ? made
    : fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...examples) }, { weight: 1, arbitrary: made })
}

/** Is null a value of the schema? */
export function takesNull({ type, anyOf = [] }: JsonSchema): boolean {
  return type === 'null' || anyOf.some(takesNull)
}

function byType(schema: JsonSchema): fc.Arbitrary<unknown> {
  if (schema.anyOf) return fc.oneof(...schema.anyOf.map(fitting))
  if (schema.type === 'null') return fc.constant(null)
  if (schema.type === 'object') return objects(schema)
  if (schema.type === 'integer') return integers(schema)
  return texts(schema)
}

function integers({ minimum = Number.MIN_SAFE_INTEGER, maximum = Number.MAX_SAFE_INTEGER }: JsonSchema): fc.Arbitrary<number> {
  return fc.integer({ min: minimum, max: maximum })
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
  if (format !== undefined) throw new Error(`the fuzzer does not know the format ${format}`)
  if (pattern !== undefined) return fc.stringMatching(new RegExp(pattern))
  const bounds = { minLength, maxLength }
  return fc.oneof(fc.string(bounds), fc.string({ ...bounds, maxLength: Math.floor(maxLength / 2), unit: 'binary' }))
}

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
