/** 0 to 1, both included: for spreading retries. */
export function randomFraction(): number {
  return crypto.getRandomValues(new Uint8Array(1))[0]! / 255
}
