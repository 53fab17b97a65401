/** A limit that callers may know of, and what is left of it just now. */
export interface Quota {
  /** Stable, for programs. */
  readonly name: string
  /** At most so many in any `windowMs`. */
  readonly limit: number
  readonly windowMs: number
  /** Never under 0. */
  readonly left: number
  /** Where nothing is left: until something is. Milliseconds; else 0. */
  readonly waitMs: number
}
