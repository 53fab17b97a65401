/** Milliseconds since the Unix epoch. Decisions take it as an argument, so that tests move time by hand. */
export type Clock = () => number

export const systemClock: Clock = () => Date.now()

/** RFC 3339 in UTC with whole seconds, as every surface shows times: `2026-11-21T06:30:00Z`. */
export function toRfc3339(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`
}

/** Milliseconds as whole seconds, rounded up, so that waiting that long is always enough. Never under 0. */
export function wholeSeconds(ms: number): number {
  return Math.max(0, Math.ceil(ms / 1000))
}
