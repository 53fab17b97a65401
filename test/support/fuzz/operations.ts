import { apiDocument } from '../../../scripts/assets/api-document'
import { DEFAULT_LIMITS, IMPORT_BODY_LIMIT_BYTES, LOAN_BODY_LIMIT_BYTES } from '../../../src/config/limits'
import type { JsonSchema } from './json-arbitrary'

export interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query'
  readonly required?: boolean
  readonly schema: JsonSchema
}

export interface FuzzedBody {
  readonly schema: JsonSchema
  /** Of the schema what a 400 stands for: what is wrong further inside is a 422. */
  readonly frame: JsonSchema
  readonly isRequired: boolean
  readonly limitBytes: number
}

/** An operation of the document, as far as it says what to send. */
export interface FuzzedOperation {
  readonly operationId: string
  /** Those that have to do with each other. */
  readonly group: string
  readonly method: string
  readonly path: string
  readonly ofPath: readonly Parameter[]
  readonly query: readonly Parameter[]
  readonly body: FuzzedBody | undefined
  /** What a credential has to be for. Undefined: none is wanted. */
  readonly access: 'operator' | readonly string[] | undefined
  /** The statuses of its answers that are no failures. */
  readonly successes: readonly number[]
}

interface OperationObject {
  readonly operationId: string
  readonly tags: readonly string[]
  readonly security: readonly Readonly<Record<string, readonly string[]>>[]
  readonly parameters?: readonly Parameter[]
  readonly responses: object
  readonly requestBody?: { readonly content: unknown; readonly required: boolean }
}

/** Of bodies that may be larger than others. */
const LIMITS: Readonly<Record<string, number>> = {
  createLoan: LOAN_BODY_LIMIT_BYTES,
  addRepayments: LOAN_BODY_LIMIT_BYTES,
  importLoans: IMPORT_BODY_LIMIT_BYTES,
}

/** Every operation of the document. */
export const operations: readonly FuzzedOperation[] = Object.entries(apiDocument.paths ?? {}).flatMap(([path, item]) =>
  Object.entries(item as Record<string, OperationObject>).map(
    ([method, { operationId, tags, security, parameters = [], requestBody, responses }]) => ({
      operationId,
      group: groupOf(tags[0]!, path),
      method: method.toUpperCase(),
      path,
      ofPath: parameters.filter((parameter) => parameter.in === 'path'),
      query: parameters.filter((parameter) => parameter.in === 'query'),
      body: requestBody && bodyOf(operationId, requestBody),
      access: accessIn(security),
      successes: Object.keys(responses)
        .map(Number)
        .filter((status) => status < 300),
    }),
  ),
)

/** Either of two headers has the credential, so the second says what the first does. */
function accessIn([first]: OperationObject['security']): FuzzedOperation['access'] {
  return first && ('operator' in first ? 'operator' : first['bearer'])
}

function groupOf(tag: string, path: string): string {
  if (path.startsWith('/v1/payments/')) return 'confirmations'
  if (path.startsWith('/v1/loans')) return 'loans'
  if (/^\/(v1\/leads|api_v1\/lead_)/.test(path)) return 'leads'
  const room = /^\/v1\/(people|api-keys|tokens|limits)(\/|$)/.exec(path)?.[1]
  if (room !== undefined) return room
  return /^\/v1\/(repayment-statuses|payment-modes)$/.test(path) ? 'references' : tag
}

function bodyOf(
  operationId: string,
  { content, required }: { readonly content: unknown; readonly required: boolean },
): FuzzedBody {
  const schema = inline((content as Record<string, { schema: unknown }>)['application/json']!.schema) as JsonSchema
  const limitBytes = LIMITS[operationId] ?? DEFAULT_LIMITS.bodyLimitBytes
  const body = { schema, frame: schema, isRequired: required, limitBytes }
  if (operationId !== 'importLoans') return body
  // Its rows are refused one by one.
  const { loans } = schema.properties!
  return { ...body, frame: { ...schema, properties: { loans: { ...loans, items: {} } } } }
}

/** The schema with what it refers to in its place. */
function inline(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(inline)
  const { $ref } = value as { readonly $ref?: string }
  if ($ref === undefined) return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, inline(inner)]))
  const name = /^#\/components\/schemas\/(\w+)$/.exec($ref)?.[1]
  const schema = name === undefined ? undefined : apiDocument.components?.schemas?.[name]
  if (!schema) throw new Error(`the fuzzer does not find ${$ref}`)
  return inline(schema)
}
