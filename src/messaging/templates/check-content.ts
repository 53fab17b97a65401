import { type TemplateText, lastLineOf } from './draft'
import { hasHidden } from './hidden-characters'
import { type Piece, parseContent } from './parse-content'
import { renderTemplate } from './render-template'
import { LONGEST_VALUES, SAMPLE_VALUES, VARIABLE_NAMES, variableNamed } from './variables'

/** What is wrong, and where: the path is the name of a column, with a key after a dot. */
export interface TemplateIssue {
  readonly path: string
  readonly message: string
}

/** Android's SMS Retriever does not see longer ones. */
const ANDROID_MAX_BYTES = 140
/** Twilio refuses longer ones, as the strictest vendor that takes a text. */
const MAX_CHARACTERS = 1600

const HOST_NAME = /^(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])$/
const APP_HASH = /^[A-Za-z0-9+/]{11}$/

// Next to the code these run into it. Letters of scripts that write without blanks between words are the exception.
const STICKS =
  /[\p{N}\p{Cf}_[[\p{L}\p{M}]--[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]]]/v

/** Whatever would make a message that is not read as it should be, or that a vendor would not carry. Never throws. */
export function checkContent(text: TemplateText): TemplateIssue[] {
  const messages = [...charactersOf(text.content), ...placesOf(text.content), ...sizeOf(text)]
  return [...messages.map((message) => ({ path: 'content', message })), ...lastLinesOf(text)]
}

function charactersOf(content: string): string[] {
  return [
    ...(hasHidden(content) ? ['has a control character, or one that turns the direction of writing around'] : []),
    ...(content.trim() === content ? [] : ['begins or ends with a blank']),
  ]
}

function placesOf(content: string): string[] {
  const pieces = parseContent(content)
  const names = pieces.flatMap((piece) => (piece.kind === 'variable' ? piece.name : []))
  const unknown = [...new Set(names.filter((name) => variableNamed(name) === undefined))]
  const codes = pieces.flatMap((piece, index) => (isCode(piece) ? index : []))
  return [
    ...(pieces.some((piece) => piece.kind === 'text' && /[{}]/.test(piece.text))
      ? ['has braces that are not around the name of a variable: write {{otp_code}}']
      : []),
    ...unknown.map((name) => `has an unknown variable ${name}: there are ${VARIABLE_NAMES.join(', ')}`),
    ...(codes.length === 0 ? ['has no place for the code: {{otp_code}}'] : []),
    ...(codes.length > 1 ? ['has the code more than once'] : []),
    ...(codes.some((index) => sticks(pieces[index - 1], -1) || sticks(pieces[index + 1], 0))
      ? ['has a letter, a digit or a variable directly next to the code, which is not read as one then']
      : []),
    ...(hasAddressLine(content) ? ['has a line that begins with @, which is the form of webotp_domain'] : []),
  ]
}

function isCode(piece: Piece): boolean {
  return piece.kind === 'variable' && variableNamed(piece.name) === 'otp_code'
}

/** @param side 0 for the first character of the piece, -1 for the last */
function sticks(piece: Piece | undefined, side: 0 | -1): boolean {
  if (piece?.kind !== 'text') return piece !== undefined
  return STICKS.test(Array.from(piece.text).at(side)!)
}

/** With all values empty but the code, a line is at its barest: what does not begin with `@` then never does. */
function hasAddressLine(content: string): boolean {
  const barest = renderTemplate({ content, lastLine: null }, { otp_code: SAMPLE_VALUES.otp_code })
  return /^@/m.test(barest)
}

function sizeOf(text: TemplateText): string[] {
  const longest = renderTemplate({ content: text.content, lastLine: lastLineOf(text) }, LONGEST_VALUES)
  const bytes = new TextEncoder().encode(longest).byteLength
  return [
    ...(longest.length > MAX_CHARACTERS
      ? [`makes messages of up to ${longest.length} characters, more than ${MAX_CHARACTERS}`]
      : []),
    ...(text.androidAppHash !== null && bytes > ANDROID_MAX_BYTES
      ? [`makes messages of up to ${bytes} bytes, and Android reads no code in one of more than ${ANDROID_MAX_BYTES}`]
      : []),
  ]
}

function lastLinesOf({ channel, webotpDomain, androidAppHash }: TemplateText): TemplateIssue[] {
  const lines = [
    {
      path: 'webotp_domain',
      value: webotpDomain,
      form: HOST_NAME,
      rule: 'must be a host name in lower case, such as example.com',
    },
    { path: 'android_app_hash', value: androidAppHash, form: APP_HASH, rule: 'must be 11 of A-Z, a-z, 0-9, + and /' },
  ].filter(({ value }) => value !== null)
  return [
    ...lines.filter(({ value, form }) => !form.test(value!)).map(({ path, rule }) => ({ path, message: rule })),
    ...(channel === 'sms' ? [] : lines.map(({ path }) => ({ path, message: 'is for SMS only' }))),
    ...(lines.length > 1
      ? [{ path: 'android_app_hash', message: 'wants the last line, as webotp_domain does: make two templates' }]
      : []),
  ]
}
