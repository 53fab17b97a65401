import { apiDocument } from '../../../scripts/assets/api-document'
import type { JsonSchema } from './json-arbitrary'

export interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query'
  readonly required?: boolean
  readonly schema: JsonSchema
}

/** An operation of the document, as far as it says what to send. */
export interface FuzzedOperation {
  readonly operationId: string
  readonly tag: string
  readonly method: string
  readonly path: string
  readonly query: readonly Parameter[]
  readonly body: JsonSchema | undefined
  readonly bodyIsRequired: boolean
  readonly isAdminOnly: boolean
}

interface OperationObject {
  readonly operationId: string
  readonly tags: readonly string[]
  readonly security?: unknown
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: { readonly content: unknown; readonly required: boolean }
}

/** Every operation of the document. */
export const operations: readonly FuzzedOperation[] = Object.entries(apiDocument.paths ?? {}).flatMap(([path, item]) =>
  Object.entries(item as Record<string, OperationObject>).map(
    ([method, { operationId, tags, security, parameters = [], requestBody }]) => ({
      operationId,
      tag: tags[0]!,
      method: method.toUpperCase(),
      path,
      query: parameters.filter((parameter) => parameter.in === 'query'),
      body: requestBody && schemaOf(requestBody.content),
      bodyIsRequired: requestBody?.required ?? false,
      isAdminOnly: security !== undefined,
    }),
  ),
)

function schemaOf(content: unknown): JsonSchema {
  const { schema } = (content as Record<string, { schema: JsonSchema }>)['application/json']!
  const name = /^#\/components\/schemas\/(\w+)$/.exec(schema.$ref ?? '')?.[1]
  return name === undefined ? schema : (apiDocument.components?.schemas?.[name] as JsonSchema)
}
