/** A part of a template's text: as it is, or a place for a value. */
export type Piece =
  | { readonly kind: 'text'; readonly text: string }
  /** The name as it is written, known or not. */
  | { readonly kind: 'variable'; readonly name: string }

// `{{name}}`, with blanks inside if liked; and `{code}`, as in brief 002.
const PLACE = /\{\{[ \t]*([A-Za-z_]\w*)[ \t]*\}\}|\{(code)\}/g

/** The text in pieces, in order. Braces that are no place for a value stay in the text as they are. */
export function parseContent(content: string): Piece[] {
  const pieces: Piece[] = []
  let end = 0
  for (const match of content.matchAll(PLACE)) {
    if (match.index > end) pieces.push({ kind: 'text', text: content.slice(end, match.index) })
    pieces.push({ kind: 'variable', name: (match[1] ?? match[2])! })
    end = match.index + match[0].length
  }
  if (end < content.length) pieces.push({ kind: 'text', text: content.slice(end) })
  return pieces
}
