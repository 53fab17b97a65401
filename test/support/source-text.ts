/** A stretch of TypeScript. `text` is the inside of a string, of a template outside its `${}`, or of a regular expression. */
interface Stretch {
  readonly kind: 'code' | 'text' | 'comment'
  readonly source: string
}

const COMMENT = /\/\/.*|\/\*[^]*?\*\//y
const STRING = /'(?:\\[^]|[^'\\\n])*'|"(?:\\[^]|[^"\\\n])*"/y
const TEMPLATE_TEXT = /(?:\\[^]|\$(?!\{)|[^`\\$])*/y
const REGEX = /\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/[a-z]*/y
/** After these a slash begins a regular expression; after anything else it divides. */
const BEFORE_REGEX = /(?:^|[(,=:[!&|?{};+>]|\b(?:return|typeof|case))\s*$/

/** The source with its comments as blanks: line numbers stay. */
export function withoutComments(source: string): string {
  return blank(source, ['comment'])
}

/** The source with comments and the insides of texts as blanks: what is left is what runs and what types say. */
export function codeOnly(source: string): string {
  return blank(source, ['comment', 'text'])
}

function blank(source: string, kinds: readonly Stretch['kind'][]): string {
  return scan(source)
    .map((stretch) => (kinds.includes(stretch.kind) ? stretch.source.replace(/[^\n]/g, ' ') : stretch.source))
    .join('')
}

function scan(source: string): Stretch[] {
  const stretches: Stretch[] = []
  /** Open braces since each `${` that is still open. */
  const interpolations: number[] = []
  let code = ''
  let at = 0

  function take(pattern: RegExp, kind: Stretch['kind']): boolean {
    pattern.lastIndex = at
    const match = pattern.exec(source)
    if (!match) return false
    if (code !== '') stretches.push({ kind: 'code', source: code })
    code = kind === 'text' ? match[0].slice(-1) : ''
    stretches.push({ kind, source: kind === 'text' ? match[0].slice(0, -1) : match[0] })
    at += match[0].length
    return true
  }

  function takeTemplateText(): void {
    TEMPLATE_TEXT.lastIndex = at
    const text = TEMPLATE_TEXT.exec(source)![0]
    stretches.push({ kind: 'code', source: code }, { kind: 'text', source: text })
    at += text.length
    const isInterpolated = source.startsWith('${', at)
    if (isInterpolated) interpolations.push(0)
    code = source.slice(at, at + (isInterpolated ? 2 : 1))
    at += code.length
  }

  while (at < source.length) {
    const character = source[at]!
    if (character === '/' && take(COMMENT, 'comment')) continue
    if ((character === "'" || character === '"') && take(STRING, 'text')) continue
    if (character === '/' && BEFORE_REGEX.test(code) && take(REGEX, 'text')) continue
    code += character
    at++
    const depth = interpolations.at(-1)
    if (character === '`') takeTemplateText()
    else if (depth === undefined) continue
    else if (character === '{') interpolations[interpolations.length - 1] = depth + 1
    else if (character === '}' && depth > 0) interpolations[interpolations.length - 1] = depth - 1
    else if (character === '}') {
      interpolations.pop()
      takeTemplateText()
    }
  }
  stretches.push({ kind: 'code', source: code })
  return stretches
}
