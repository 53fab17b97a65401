/**
 * What a log line may carry. The list is closed on purpose: no number, no code, no URL and no vendor text can be logged,
 * because there is no field to put it in.
 */
export interface LogFields {
  request_id?: string | undefined
  surface?: string | undefined
  /** The id of the key, or of the identity, that asked. */
  caller?: string | undefined
  operation?: string | undefined
  method?: string | undefined
  status?: number | undefined
  duration_ms?: number | undefined
  error_code?: string | undefined
  error_name?: string | undefined
  api_key_id?: string | undefined
  verification_id?: string | undefined
  lead_id?: string | undefined
  communication_id?: string | undefined
  channel?: string | undefined
  country?: string | undefined
  purpose?: string | undefined
  provider?: string | undefined
  provider_code?: string | undefined
  outcome?: string | undefined
  reason?: string | undefined
  attempt?: number | undefined
  count?: number | undefined
  wait_ms?: number | undefined
  names?: readonly string[] | undefined
  dependency?: string | undefined
}

export type LogLevel = 'info' | 'warn' | 'error'

/** Writes one structured line. `event` is a stable dotted name, such as `provider.attempt`. */
export type Log = (level: LogLevel, event: string, fields?: LogFields) => void

/** One JSON object a line on the console, which Workers Logs indexes field by field. */
export const consoleLog: Log = (level, event, fields = {}) => {
  console[level](JSON.stringify({ level, event, ...fields }))
}

/** The class of a thrown thing, which is safe to log where its message is not (it can quote SQL, numbers or bodies). */
export function errorName(error: unknown): string {
  return error instanceof Error ? error.name : typeof error
}
