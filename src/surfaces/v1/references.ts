import * as z from 'zod'

// What several bodies of `/v1` have: rows of the reference tables, currencies, and who asks.

interface ReferenceRow {
  readonly id: number
  readonly code: string
  readonly name: string
}

/** A row of a reference table, as far as it is still there. */
export function referenceBody(rows: readonly ReferenceRow[], id: number): ReferenceRow {
  const { code = String(id), name = String(id) } = rows.find((row) => row.id === id) ?? {}
  return { id, code, name }
}

/** A row of a reference table as it is asked for. */
export function referenceInput(description: string, example: string) {
  return z.union([z.int().min(0), z.string().min(1).max(64)], 'must be an id or a code').meta({ description, example })
}

export const currencyInput = z
  .string()
  .regex(/^[A-Z]{3}$/, 'must be an ISO 4217 currency such as INR')
  .meta({ description: 'ISO 4217.', example: 'INR' })

export const requestedByInput = z
  .string()
  .regex(/^[!-~]{1,64}$/, 'must be 1 to 64 visible characters')
  .optional()
  .meta({ description: 'Who asks, by an id of yours: for the history.', example: 'agent-17' })
