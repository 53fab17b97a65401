import { timeOfUuidv7 } from '../../audit/uuid-time'
import { fromBase64Url, toBase64Url } from '../../core/encoding'

/** Where a list goes on, as text that means nothing to its reader. */
export function toCursor(lastId: string): string {
  return toBase64Url(new TextEncoder().encode(lastId))
}

/** The id of the message that a list goes on behind, or undefined where the text is none of {@link toCursor}. */
export function fromCursor(cursor: string): string | undefined {
  const bytes = fromBase64Url(cursor)
  const id = bytes && new TextDecoder().decode(bytes)
  return id !== undefined && timeOfUuidv7(id) !== undefined ? id : undefined
}
