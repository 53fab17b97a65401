/**
 * The nth Indian mobile number of the benchmark: a fresh one for each verification, since a number may be sent to once a
 * minute. Those that follow each other are of different ranges of ten thousand, as people's are. Its last four digits are
 * never those of a special case of the stand-in, which are all below 1000.
 */
export function nthPhone(nth: number): string {
  return inRange('98', nth, 10_000)
}

/** The same, of a few ranges alone, which no number of the other has. */
export function nthPhoneNearby(nth: number): string {
  return inRange('97', nth, 5)
}

/** @param start the first digits @param ranges so many take turns */
function inRange(start: string, nth: number, ranges: number): string {
  return `+91${start}${String(nth % ranges).padStart(4, '0')}${1_000 + Math.floor(nth / ranges)}`
}
