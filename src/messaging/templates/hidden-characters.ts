/**
 * Characters that nobody sees and that change how a message is read: controls (line feeds among them), the other line
 * separators, what turns the direction of writing around, and halves of surrogate pairs.
 */
const HIDDEN = String.raw`\p{Cc}\p{Cs}\u2028\u2029\u202A-\u202E\u2066-\u2069`
const ANYWHERE = new RegExp(`[${HIDDEN}]`, 'gv')
const BUT_LINE_FEEDS = new RegExp(String.raw`[[${HIDDEN}]--\n]`, 'v')

/** The text without them. */
export function withoutHidden(text: string): string {
  return text.replaceAll(ANYWHERE, '')
}

/** Does the text have any but line feeds? */
export function hasHidden(text: string): boolean {
  return BUT_LINE_FEEDS.test(text)
}
