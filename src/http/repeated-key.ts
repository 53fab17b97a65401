const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\]:]/g

/**
 * A key that an object has twice, at any depth. Readers of JSON differ in which one they take: what one of them has looked at
 * would not be what the other does (RFC 8259, section 4).
 * @param json valid JSON
 * @returns undefined where each key stands once
 */
export function repeatedKeyIn(json: string): string | undefined {
  /** The keys of each object around the place; an array has none. */
  const around: (Set<string> | undefined)[] = []
  let text = ''
  for (const [token] of json.matchAll(TOKEN)) {
    if (token === '{') around.push(new Set())
    else if (token === '[') around.push(undefined)
    else if (token === '}' || token === ']') around.pop()
    else if (token !== ':') text = token
    else {
      // What stands before a colon. Escapes are ways to write the same key.
      const key = text.includes('\\') ? (JSON.parse(text) as string) : text.slice(1, -1)
      const keys = around.at(-1)
      if (keys?.has(key)) return key
      keys?.add(key)
    }
  }
  return undefined
}
