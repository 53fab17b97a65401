import { toAsciiDigits } from './ascii-digits'
import { type PhoneRefused, refused } from './phone-number'

/** What somebody dials: digits alone, and `+` in front where they start with a country code. */
export interface Dialled {
  readonly ok: true
  readonly digits: string
  /** False where adding a `+` could make one number of what was written as two. */
  readonly mayLackPlus: boolean
}

/** Room for fifteen digits with several separators around each; what is longer is not read at all. UTF-16 units. */
const MAX_INPUT_LENGTH = 250

/**
 * Zero-width and direction marks, which contact apps put around the numbers that they copy. The right-to-left override
 * (U+202E) is left out: with it a person sees other digits than we would read.
 */
const INVISIBLE = /[\u00AD\u061C\u180E\u200B-\u200F\u202A-\u202D\u2060-\u2064\u2066-\u2069\uFEFF]/g
/** U+2212 is the minus sign and U+30FC the Japanese long vowel mark, both typed as hyphens. */
const SEPARATORS = /[\p{Zs}\p{Pd}\u2212\u30FC.．·•()（）[\]［］/]/gu
const EXTENSION = /\d\s*(?:[#,;~]+(?:ext[a-z]*)?|ext[a-z]*|x|доб|anexo)[\s.:=]*\d{1,7}#?$/iu

/**
 * Reads how a number is written, whatever its script and separators, without knowing any numbering plan. A leading `00`
 * becomes `+`.
 */
export function readSpelling(input: string): Dialled | PhoneRefused {
  if (input.length > MAX_INPUT_LENGTH) return refused('too_long')
  const text = toAsciiDigits(input)
    .replace(INVISIBLE, '')
    .trim()
    .replace(/^tel:/i, '')
    .replace(/[＋﹢]/g, '+')
    .replace(/[／⁄∕]/g, '/')
  if (text === '') return refused('empty')

  const dialled = text.replace(SEPARATORS, '').replace(/^00/, '+')
  if (!/^\+?\d+$/.test(dialled)) return whyUnreadable(text)
  if (!hasSlashOnlyAfterAreaCode(text)) return refused('not_a_number')
  return { ok: true, digits: dialled, mayLackPlus: !text.includes('/') && !/^[+0]/.test(dialled) }
}

/** `0171/1234567` is one number; `7888888888/89` and `7888888888/7888888889` are two. */
function hasSlashOnlyAfterAreaCode(text: string): boolean {
  const [, local, ...more] = text.split('/')
  return more.length === 0 && (local === undefined || local.replace(/\D/g, '').length >= 5)
}

function whyUnreadable(text: string): PhoneRefused {
  if (EXTENSION.test(text)) return refused('has_extension')
  if (/\p{L}/u.test(text)) return refused('has_letters')
  if (/[\p{No}\p{Nl}]/u.test(text)) return refused('unsupported_digits')
  return refused('not_a_number')
}
