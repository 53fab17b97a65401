import type * as z from 'zod'

/** What is wrong with an input, one issue a field, the first: a value of the wrong type breaks its other rules, too. */
export function toIssues({ issues }: z.core.$ZodError, input: unknown): { path: string; message: string }[] {
  const byPath = new Map<string, string>()
  for (const { code, path, message } of issues) {
    const isMissing = ['invalid_type', 'invalid_value', 'invalid_union'].includes(code) && valueAt(input, path) === undefined
    const field = path.join('.')
    const text = path.length === 0 && code === 'invalid_type' ? 'The request body must be a JSON object.' : message
    if (!byPath.has(field)) byPath.set(field, isMissing ? 'is required' : text)
  }
  return Array.from(byPath, ([path, message]) => ({ path, message }))
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown> | null | undefined)?.[key], input)
}
