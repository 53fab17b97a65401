import { isNumberLiteral } from './number-literal'

/** From the outside to a value further inside. */
export type Path = readonly string[]

/** To all that is in the value, at any depth. */
export function pathsIn(value: unknown): Path[] {
  if (typeof value !== 'object' || value === null || isNumberLiteral(value)) return []
  return Object.entries(value).flatMap(([key, inner]) => [[key], ...pathsIn(inner).map((path) => [key, ...path])])
}

/** A copy with something else in one place. */
export function replaced(value: unknown, [key, ...rest]: Path, other: unknown): unknown {
  if (key === undefined) return other
  const inner = replaced((value as Record<string, unknown>)[key], rest, other)
  return Array.isArray(value) ? value.with(Number(key), inner) : { ...(value as object), [key]: inner }
}
