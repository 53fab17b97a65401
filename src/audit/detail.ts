import type { AuditDetail } from './event'

// Details were written by this code, or by older or newer: what is not there, or of another form, is null.

export function textIn(detail: AuditDetail | null | undefined, name: string): string | null {
  const value = detail?.[name]
  return typeof value === 'string' ? value : null
}

export function wholeIn(detail: AuditDetail | null | undefined, name: string): number | null {
  const value = detail?.[name]
  return Number.isSafeInteger(value) ? (value as number) : null
}
