const UUIDV7 = /^([\da-f]{8})-([\da-f]{4})-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/
const LAST_MS = 2 ** 48 - 1

/** When a UUIDv7 was made, in milliseconds since the epoch; undefined for every other text. */
export function timeOfUuidv7(id: string): number | undefined {
  const match = UUIDV7.exec(id)
  return match ? Number.parseInt(match[1]! + match[2]!, 16) : undefined
}

/**
 * The beginning that all UUIDv7 of a millisecond have in common: it sorts before them, and after all that were made before.
 * @param ms since the epoch
 */
export function uuidv7From(ms: number): string {
  const hex = Math.min(Math.max(0, Math.floor(ms)), LAST_MS)
    .toString(16)
    .padStart(12, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8)}`
}
