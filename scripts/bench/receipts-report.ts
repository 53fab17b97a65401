import { cells, COLUMNS, type Figures, type Ratio, ratioCell, toFigures, toRatio } from './figures.ts'
import { perRequest } from './phase.ts'
import type { ReceiptsResult } from './receipts.ts'
import type { Rows } from './rows.ts'
import { REPORTING_VENDORS, type ReportingVendor } from './reports.ts'
import { figure, table } from './table.ts'

export interface ReceiptsSummary {
  readonly bursts: readonly {
    readonly connections: number
    readonly service: Figures
    readonly bare: Figures
    /** Of processor time: a report against the writes of its two rows. */
    readonly ratio: Ratio
  }[]
  readonly rows: readonly (Rows & { readonly vendor: ReportingVendor; readonly mostRead: number; readonly mostWritten: number })[]
}

/** The samples and counts as figures. The rows of a vendor are means of its reports. */
export function summariseReceipts({ samples, rows }: ReceiptsResult): ReceiptsSummary {
  const byConnections = Map.groupBy(samples, ({ connections }) => connections)
  return {
    bursts: Array.from(byConnections, ([connections, group]) => ({
      connections,
      service: toFigures(group.map(({ service }) => service)),
      bare: toFigures(group.map(({ bare }) => bare)),
      ratio: toRatio(group.map(({ service, bare }) => ({ ours: perRequest(service), theirs: perRequest(bare) }))),
    })),
    rows: REPORTING_VENDORS.map((vendor) => {
      const ofVendor = rows.filter((one) => one.vendor === vendor)
      return {
        vendor,
        statements: mean(ofVendor.map(({ statements }) => statements)),
        read: mean(ofVendor.map(({ read }) => read)),
        written: mean(ofVendor.map(({ written }) => written)),
        mostRead: Math.max(...ofVendor.map(({ read }) => read)),
        mostWritten: Math.max(...ofVendor.map(({ written }) => written)),
      }
    }),
  }
}

/** The two tables of the receipts, in Markdown. */
export function renderReceipts({ bursts, rows }: ReceiptsSummary): string {
  const timed = bursts.flatMap(({ connections, service, bare, ratio }) => [
    [String(connections), 'receipt', ...cells(service), ratioCell(ratio)],
    [String(connections), 'bare: the two rows', ...cells(bare), ''],
  ])
  const counted = rows.map(({ vendor, statements, read, mostRead, written, mostWritten }) => [
    vendor,
    figure(statements, 1),
    figure(read, 1),
    figure(mostRead),
    figure(written, 1),
    figure(mostWritten),
  ])
  return [
    'Receipts of the four vendors, in turns, each on a message of its own:',
    table(['connections', 'route', ...COLUMNS, 'ratio of CPU'], timed),
    'What a receipt costs in D1:',
    table(['vendor', 'statements', 'rows read', 'most', 'rows written', 'most'], counted),
  ].join('\n\n')
}

function mean(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0) / values.length
}
