import type { VariableName, Variables } from './variables'

/** The value of a setting that two briefs name differently. Both names may be set, to one value. */
export function eitherName(
  variables: Variables,
  first: VariableName,
  second: VariableName,
  problems: string[],
): string | undefined {
  const one = variables[first] as string | undefined
  const other = variables[second] as string | undefined
  if (one !== undefined && other !== undefined && one !== other) {
    problems.push(`${first} and ${second} name the same setting but differ`)
  }
  return one ?? other
}

/**
 * A provider's settings when all of them are there, undefined when none is. A half-filled group is a problem that lists
 * what is missing, since a provider that silently stays out is found on the day it is needed.
 */
export function completeGroup<Name extends string>(
  title: string,
  values: Record<Name, string | undefined>,
  problems: string[],
): Record<Name, string> | undefined {
  const missing = (Object.keys(values) as Name[]).filter((name) => values[name] === undefined)
  if (missing.length === 0) return values as Record<Name, string>
  if (missing.length < Object.keys(values).length) {
    problems.push(`${title} is configured in part, missing: ${missing.join(', ')}`)
  }
  return undefined
}
