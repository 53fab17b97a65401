import * as fc from 'fast-check'

/** As much of JSON Schema as our request bodies use. */
export interface BodySchema {
  readonly $ref?: string
  readonly type?: 'object' | 'string'
  readonly properties?: Readonly<Record<string, BodySchema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: boolean | BodySchema
  readonly propertyNames?: BodySchema
  readonly enum?: readonly string[]
  readonly pattern?: string
  readonly minLength?: number
  readonly maxLength?: number
  readonly examples?: readonly unknown[]
  readonly description?: string
}

const KNOWN = ['$ref', 'type', 'properties', 'required', 'additionalProperties', 'propertyNames']
const KNOWN_OF_TEXT = ['enum', 'pattern', 'minLength', 'maxLength', 'examples', 'description']

/**
 * Values that fit a schema of the document, its examples often among them, since most behaviour is behind a real number
 * and a right code.
 * @throws for a keyword that it does not know: it would make values that do not fit
 */
export function fitting(schema: BodySchema): fc.Arbitrary<unknown> {
  const unknown = Object.keys(schema).filter((key) => ![...KNOWN, ...KNOWN_OF_TEXT].includes(key))
  if (unknown.length > 0) throw new Error(`the fuzzer does not know ${unknown.join(', ')}`)
  const made = schema.type === 'object' ? objects(schema) : texts(schema)
  const examples = schema.examples ?? []
  return examples.length === 0
    ? made
    : fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...examples) }, { weight: 1, arbitrary: made })
}

function objects({ properties, required = [], propertyNames, additionalProperties }: BodySchema): fc.Arbitrary<object> {
  if (properties) {
    const fields = Object.entries(properties).map(([name, property]) => [name, fitting(property)])
    return fc.record(Object.fromEntries(fields) as Record<string, fc.Arbitrary<unknown>>, { requiredKeys: [...required] })
  }
  const values = typeof additionalProperties === 'object' ? fitting(additionalProperties) : fc.string()
  return fc.dictionary(texts(propertyNames ?? {}), values, { maxKeys: 4, noNullPrototype: true })
}

function texts({ enum: values, pattern, minLength = 0, maxLength = 100 }: BodySchema): fc.Arbitrary<string> {
  if (values) return fc.constantFrom(...values)
  if (pattern !== undefined) return fc.stringMatching(new RegExp(pattern))
  const bounds = { minLength, maxLength }
  return fc.oneof(fc.string(bounds), fc.string({ ...bounds, maxLength: Math.floor(maxLength / 2), unit: 'binary' }))
}
