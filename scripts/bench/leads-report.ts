import { cells, COLUMNS, divide, type Figures, type Ratio, ratioCell, toFigures, toRatio } from './figures.ts'
import type { LeadCount } from './lead-counts.ts'
import type { ExportResult, TimedExports } from './lead-exports.ts'
import type { JobResult } from './lead-jobs.ts'
import { LEAD_STEPS, type LeadSample, type LeadStep, type SendSample } from './lead-traffic.ts'
import { type LeadsResult, WAITING } from './leads.ts'
import { mergePhases, perRequest } from './phase.ts'
import { type ReadsSummary, readsTable, summariseReads } from './reads-report.ts'
import type { LeadSetting } from './settings.ts'
import { figure, table } from './table.ts'

interface StepSummary extends Figures {
  readonly connections: number
  readonly setting: LeadSetting
  readonly step: LeadStep
  /** Of processor time: against a code that was sent in the same round. */
  readonly ratio: Ratio
}

interface ExportFigures extends Omit<TimedExports, 'phases'> {
  /** Of one. */
  readonly seconds: number
  /** Microseconds for 1,000 leads. */
  readonly processorTime: number | undefined
}

interface ExportSummary extends Omit<ExportResult, 'phases'>, ExportFigures {
  /** Against as many rows without any logic. */
  readonly ratio: number | undefined
}

export interface LeadsSummary {
  readonly steps: readonly StepSummary[]
  readonly sends: readonly ({ readonly connections: number } & Figures)[]
  readonly counts: readonly LeadCount[]
  readonly leads: number
  readonly lists: ReadsSummary
  readonly exports: readonly ExportSummary[]
  readonly bareExport: ExportFigures
  readonly untakenReads: number
  readonly jobs: readonly (Omit<JobResult, 'phase'> & { readonly seconds: number; readonly processorTime: number | undefined })[]
}

const PER_ROWS = 1_000

/** The samples and counts as figures. */
export function summariseLeads(result: LeadsResult): LeadsSummary {
  const { samples, sends, counts, leads, lists, bare, exports, bareExports, untakenReads, jobs } = result
  const sendsOf = Map.groupBy(sends, ({ connections }) => connections)
  const bareExport = summariseExports(bareExports, leads)
  return {
    steps: summariseSteps(samples, sendsOf),
    sends: Array.from(sendsOf, ([connections, group]) => ({ connections, ...toFigures(group.map(({ send }) => send)) })),
    counts,
    leads,
    lists: summariseReads(lists, bare),
    exports: exports.map((one) => {
      const { phases: _, ...rest } = one
      const figures = summariseExports(one, one.leads)
      return { ...rest, ...figures, ratio: divide(figures.processorTime, bareExport.processorTime) }
    }),
    bareExport,
    untakenReads,
    jobs: jobs.map(({ phase, ...rest }) => ({ ...rest, seconds: phase.seconds, processorTime: phase.processorTime })),
  }
}

/** The tables of leads, in Markdown. */
export function renderLeads({
  steps,
  sends,
  counts,
  leads,
  lists,
  exports,
  bareExport,
  untakenReads,
  jobs,
}: LeadsSummary): string {
  const timed = [...Map.groupBy(steps, ({ connections }) => connections)].flatMap(([connections, group]) => [
    ...group.map(({ setting, step, ratio, ...figures }) => [
      String(connections),
      setting,
      step,
      ...cells(figures),
      ratioCell(ratio),
    ]),
    ...sends
      .filter((one) => one.connections === connections)
      .map((one) => [String(connections), '', 'a code', ...cells(one), '1.00']),
  ])
  const counted = counts.map(({ setting, name, cost }) => [
    setting,
    name,
    figure(cost.roundTrips, 1),
    figure(cost.rowsRead, 1),
    figure(cost.rowsWritten, 1),
    figure(cost.calls, 1),
    figure(cost.fetches, 1),
    figure(cost.roundTrips + cost.calls + cost.fetches, 1),
  ])
  const exported = exports.map((one) => [
    one.name,
    figure(one.leads),
    figure(one.bytes / 1024),
    figure(one.roundTrips),
    figure(one.rowsRead),
    figure(one.mostRowsRead),
    ...exportCells(one, one.ratio),
  ])
  const ran = jobs.map((one) => [
    one.name,
    figure(one.roundTrips),
    figure(one.rowsRead),
    figure(one.mostRowsRead),
    figure(one.rowsWritten),
    figure(one.fetches),
    figure(one.seconds, 2),
    figure(divide(one.processorTime, 1000), 1),
  ])
  return [
    'Leads with a lender that answers at once, beside codes that are sent (ratios: over all rounds, and the lowest and highest of one round):',
    table(['connections', 'setting', 'step', ...COLUMNS, 'ratio of CPU'], timed),
    'What one request costs, with what is done after its answer:',
    table(['setting', 'request', 'D1 round trips', 'rows read', 'written', 'object', 'lender, vendor', 'subrequests'], counted),
    `Reading ${leads} leads, one request at a time, pages of 20 by:`,
    readsTable(lists),
    `Exports of ${leads} leads:`,
    table(
      [
        'period',
        'leads',
        'KiB',
        'D1 round trips',
        'rows read',
        'allowed',
        'seconds',
        'CPU ms for 1,000',
        'ratio to bare',
        'MiB before',
        'MiB most',
      ],
      [...exported, ['bare: all rows', figure(leads), '', '', '', '', ...exportCells(bareExport, 1)]],
    ),
    `An export that nobody took for ten seconds read D1 ${untakenReads} times, and one that was taken ${exports[0]?.roundTrips} times.`,
    `The scheduled jobs, among ${leads} leads of which ${WAITING} wait:`,
    table(['', 'D1 round trips', 'rows read', 'allowed', 'rows written', 'lender', 'seconds', 'CPU ms'], ran),
  ].join('\n\n')
}

function summariseExports({ phases, memoryBefore, memoryMost }: TimedExports, leads: number): ExportFigures {
  const all = mergePhases(phases)
  const processorTime = divide(perRequest(all), leads / PER_ROWS)
  return { seconds: all.seconds / all.requests, processorTime, memoryBefore, memoryMost }
}

function exportCells({ seconds, processorTime, memoryBefore, memoryMost }: ExportFigures, ratio: number | undefined): string[] {
  const inMs = figure(divide(processorTime, 1000), 1)
  return [figure(seconds, 2), inMs, figure(ratio, 2), figure(memoryBefore), figure(memoryMost)]
}

function summariseSteps(samples: readonly LeadSample[], sendsOf: ReadonlyMap<number, readonly SendSample[]>): StepSummary[] {
  const groups = Map.groupBy(samples, ({ connections, setting }) => `${connections} ${setting}`)
  return [...groups.values()].flatMap((group) => {
    const { connections, setting } = group[0]!
    const sends = sendsOf.get(connections) ?? []
    return LEAD_STEPS.map((step) => ({
      connections,
      setting,
      step,
      ...toFigures(group.map(({ steps }) => steps[step])),
      ratio: toRatio(
        group.map(({ steps }, round) => ({ ours: perRequest(steps[step]), theirs: perRequest(sends[round]!.send) })),
      ),
    }))
  })
}
