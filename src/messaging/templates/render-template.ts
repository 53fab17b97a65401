import { withoutHidden } from './hidden-characters'
import { parseContent } from './parse-content'
import type { LastLine, Template } from './template'
import { type Values, variableNamed } from './variables'

/**
 * The text of a message. It is made in one pass, so that braces in a value are only braces, and a value can neither begin a
 * line of its own nor look like the last line of an SMS. A place for an unknown variable, or for one without a value, is
 * left empty.
 */
export function renderTemplate({ content, lastLine }: Pick<Template, 'content' | 'lastLine'>, values: Values): string {
  let text = ''
  for (const piece of parseContent(content)) {
    text += piece.kind === 'text' ? piece.text : fitted(valueOf(piece.name, values), text)
  }
  return text + ending(lastLine, valueOf('otp_code', values))
}

function valueOf(spelling: string, values: Values): string {
  const name = variableNamed(spelling)
  return name === undefined ? '' : withoutHidden(values[name] ?? '')
}

/** A line that begins with `@` is an address to a phone: no value may make one. */
function fitted(value: string, before: string): string {
  return before === '' || before.endsWith('\n') ? value.replace(/^@+/, '') : value
}

function ending(lastLine: LastLine | null, code: string): string {
  if (lastLine === null) return ''
  return lastLine.kind === 'webotp' ? `\n@${lastLine.domain} #${code}` : `\n${lastLine.appHash}`
}
