import type { CommunicationsResult, Reading } from './communications.ts'
import { cells, COLUMNS, divide, type Figures, toFigures } from './figures.ts'
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

export interface CommunicationsSummary {
  readonly messages: number
  readonly readings: readonly ReadingSummary[]
  readonly bare: Figures
}

export function summariseCommunications({ messages, lists, stats, bare }: CommunicationsResult): CommunicationsSummary {
  const bareFigures = toFigures(bare)
  return {
    messages,
    readings: [...lists, stats].map((reading) => summariseReading(reading, bareFigures)),
    bare: bareFigures,
  }
}

/** The table of the reads, in Markdown. */
export function renderCommunications({ messages, readings, bare }: CommunicationsSummary): string {
  const rows = readings.map((one) => [
    one.name,
    figure(one.rows, 1),
    figure(one.most),
    figure(Number.isFinite(one.mostAllowed) ? one.mostAllowed : undefined),
    ...cells(one),
    figure(one.ratio, 2),
  ])
  return [
    `Reading ${messages} messages, one request at a time, pages of 20 by:`,
    table(
      ['', 'rows read', 'most', 'allowed', ...COLUMNS, 'ratio of CPU'],
      [...rows, ['bare: the newest 21', '', '', '', ...cells(bare), '1.00']],
    ),
  ].join('\n\n')
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
