import type { Cleaner } from './without-personal'

const STATUS_CHARACTERS = 100
/** They do nothing on a line but change how it looks. */
const CONTROLS = /[\p{Cc}\p{Cs}\p{Bidi_Control}]/gu

/**
 * A status in the lender's words as it is kept: one line, without personal data, at most 100 characters. Of one form, however
 * it comes, since another text is news to the customer. Empty where there are no words.
 */
export function statusWords(words: string, clean: Cleaner): string {
  return Array.from(clean.text(toLine(words)))
    .slice(0, STATUS_CHARACTERS)
    .join('')
    .trim()
}

function toLine(words: string): string {
  return words.replaceAll(/\s/g, ' ').replaceAll(CONTROLS, '').replaceAll(/ +/g, ' ').trim()
}
