const DECIMAL_DIGIT = /\p{Nd}/u
const OTHER_SCRIPTS_DIGITS = /(?![0-9])\p{Nd}/gu

/** The same text with the decimal digits of every script as `0` to `9`: `٤٢` and `４２` both give `42`. */
export function toAsciiDigits(text: string): string {
  return text.replace(OTHER_SCRIPTS_DIGITS, digitValue)
}

/**
 * Unicode keeps decimal digits in unbroken rows from zero to nine (its stability policy for `Nd`), and where rows touch,
 * as the mathematical ones do, the first starts with a zero. So the distance to the start of the rows gives the value.
 */
function digitValue(digit: string): string {
  const codePoint = digit.codePointAt(0)!
  let start = codePoint
  while (DECIMAL_DIGIT.test(String.fromCodePoint(start - 1))) start--
  return String((codePoint - start) % 10)
}
