/**
 * The nth Indian mobile number of the benchmark: a fresh one for each verification, since a number may be sent to once a
 * minute. Its last four digits are never those of a special case of the stand-in, which are all below 1000.
 */
export function nthPhone(n: number): string {
  const high = String(Math.floor(n / 9_000)).padStart(4, '0')
  return `+9198${high}${1_000 + (n % 9_000)}`
}
