import { cells, COLUMNS, divide, type Figures, toFigures } from './figures.ts'
import type { Phase } from './phase.ts'
import type { Reading } from './reads.ts'
import { figure, table } from './table.ts'

interface ReadingSummary extends Figures {
  readonly name: string
  /** Rows of D1 a request: mean, the most of one, and how many it may be. */
  readonly rows: number
  readonly most: number
  readonly mostAllowed: number
  /** Processor time against the bare page. */
  readonly ratio: number | undefined
}

export interface ReadsSummary {
  readonly readings: readonly ReadingSummary[]
  readonly bare: Figures
}

export function summariseReads(readings: readonly Reading[], bare: readonly Phase[]): ReadsSummary {
  const bareFigures = toFigures(bare)
  return { readings: readings.map((reading) => summariseReading(reading, bareFigures)), bare: bareFigures }
}

/** A row for each way to read, in Markdown. */
export function readsTable({ readings, bare }: ReadsSummary): string {
  const rows = readings.map((one) => [
    one.name,
    figure(one.rows, 1),
    figure(one.most),
    figure(one.mostAllowed),
    ...cells(one),
    figure(one.ratio, 2),
  ])
  return table(
    ['', 'rows read', 'most', 'allowed', ...COLUMNS, 'ratio of CPU'],
    [...rows, ['bare: the newest 21', '', '', '', ...cells(bare), '1.00']],
  )
}

function summariseReading({ name, phases, rows, mostRows }: Reading, bare: Figures): ReadingSummary {
  const figures = toFigures(phases)
  return {
    name,
    ...figures,
    rows: rows.reduce((total, count) => total + count, 0) / rows.length,
    most: Math.max(...rows),
    mostAllowed: mostRows,
    ratio: divide(figures.processorTime, bare.processorTime),
  }
}
