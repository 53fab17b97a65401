/** What a table has in one place. Null: nothing. */
export type CsvCell = string | number | null

/**
 * Where a spreadsheet would take what follows for a formula, full-width forms too: at the start of a cell, and behind what
 * some of them end a cell at, with or without white space before it. And a tab or the end of a line that a cell begins with.
 */
const FORMULA = /(?<=^|[;\t\r\n])(?=\s*[=+\-@＝＋－＠])|^(?=[\t\r\n])/g
const NEEDS_QUOTES = /[",\r\n]/

/**
 * A line of CSV (RFC 4180) with its end. A text that a spreadsheet would work out, where it came from somebody who may want
 * that, gets an apostrophe in front.
 */
export function csvLine(cells: readonly CsvCell[]): string {
  return `${cells.map(toText).join(',')}\r\n`
}

function toText(cell: CsvCell): string {
  if (typeof cell !== 'string') return cell === null ? '' : String(cell)
  const harmless = cell.replaceAll(FORMULA, "'")
  return NEEDS_QUOTES.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless
}
