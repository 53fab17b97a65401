import { fromBase64Url, toBase64Url } from '../../core/encoding'

/** The event that a page of a story ends with. */
export interface StoryPlace {
  /** Of its verification, in milliseconds since the epoch. */
  readonly createdAt: number
  readonly verificationId: string
  readonly seq: number
}

const PLACE = /^(\d{1,15})\/(\d{1,15})\/(\w[\w-]{0,127})$/

/** Where a story goes on, as text that means nothing to its reader. */
export function toCursor({ createdAt, seq, verificationId }: StoryPlace): string {
  return toBase64Url(new TextEncoder().encode(`${createdAt}/${seq}/${verificationId}`))
}

/** The place that a story goes on behind, or undefined where the text is none of {@link toCursor}. */
export function fromCursor(cursor: string): StoryPlace | undefined {
  const bytes = fromBase64Url(cursor)
  const match = bytes && PLACE.exec(new TextDecoder().decode(bytes))
  return match ? { createdAt: Number(match[1]), seq: Number(match[2]), verificationId: match[3]! } : undefined
}
