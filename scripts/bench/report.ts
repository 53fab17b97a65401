import type { BareRoute } from './bare-traffic.ts'
import { cells, COLUMNS, divide, type Figures, type Ratio, ratioCell, sum, toFigures, toRatio } from './figures.ts'
import { perRequest, type Phase } from './phase.ts'
import type { Combination } from './plan.ts'
import type { Sample } from './run.ts'
import { figure, table } from './table.ts'

/** All samples of one combination. */
interface Group {
  readonly combination: Combination
  readonly samples: readonly Sample[]
}

export interface Summary {
  readonly delayMs: number
  readonly connections: number
  readonly send: Figures
  readonly check: Figures
  readonly bare: Readonly<Record<BareRoute, Figures>>
  /** Processor time of carrying the audit, microseconds a verification. */
  readonly flush: number | undefined
  /** A send and a check against the bare round trips to objects that they need. */
  readonly toRoundTrips: Ratio
  /** A send and a check against the same calls to the platform without any logic. */
  readonly toSameCalls: Ratio
  /** Rounds in which gates began to carry their audit before the checks were over. */
  readonly overlaps: number
}

/** The samples as figures, one entry for each combination, in the order in which they first came. */
export function summarise(samples: readonly Sample[]): Summary[] {
  return groupByCombination(samples).map(({ combination, samples: group }) => ({
    delayMs: combination.delayMs,
    connections: combination.connections,
    send: toFigures(group.map(({ service }) => service.send)),
    check: toFigures(group.map(({ service }) => service.check)),
    bare: {
      plain: toFigures(group.map(({ bare }) => bare.plain)),
      fresh: toFigures(group.map(({ bare }) => bare.fresh)),
      warm: toFigures(group.map(({ bare }) => bare.warm)),
      send: toFigures(group.map(({ bare }) => bare.send)),
      check: toFigures(group.map(({ bare }) => bare.check)),
    },
    flush: flushPerVerification(group),
    toRoundTrips: compare(group, ({ bare }) => [bare.fresh, bare.warm, bare.warm]),
    toSameCalls: compare(group, ({ bare }) => [bare.send, bare.check]),
    overlaps: group.filter(({ service }) => service.overlaps).length,
  }))
}

/** The three tables of a run, in Markdown. */
export function renderTables(summaries: readonly Summary[]): string {
  const label = ({ delayMs, connections }: Summary) => [`${delayMs} ms`, String(connections)]
  const steps = summaries.flatMap((one) => [
    [...label(one), 'send', ...cells(one.send)],
    [...label(one), 'check', ...cells(one.check)],
  ])
  const routes = ['plain', 'fresh', 'warm', 'send', 'check'] as const
  const bare = summaries.flatMap((one) => routes.map((route) => [...label(one), route, ...cells(one.bare[route])]))
  const ratios = summaries.map((one) => [
    ...label(one),
    figure(sum(one.send.processorTime, one.check.processorTime)),
    figure(sum(one.bare.fresh.processorTime, one.bare.warm.processorTime, one.bare.warm.processorTime)),
    ratioCell(one.toRoundTrips),
    figure(sum(one.bare.send.processorTime, one.bare.check.processorTime)),
    ratioCell(one.toSameCalls),
    figure(one.flush),
  ])
  return [
    'The service:',
    table(['vendor', 'connections', 'step', ...COLUMNS], steps),
    'Bare round trips in the same rounds:',
    table(['vendor', 'connections', 'route', ...COLUMNS], bare),
    'Processor time of a send and a check together, µs (ratios: over all rounds, and the lowest and highest of one round):',
    table(
      ['vendor', 'connections', 'send + check', 'fresh + 2 warm', 'ratio', 'same calls, no logic', 'ratio', 'audit to D1, later'],
      ratios,
    ),
  ].join('\n\n')
}

function groupByCombination(samples: readonly Sample[]): Group[] {
  const groups = Map.groupBy(samples, ({ combination }) => combination)
  return [...groups].map(([combination, group]) => ({ combination, samples: group }))
}

function compare(samples: readonly Sample[], parts: (sample: Sample) => readonly Phase[]): Ratio {
  return toRatio(
    samples.map((sample) => ({
      ours: sum(perRequest(sample.service.send), perRequest(sample.service.check)),
      theirs: sum(...parts(sample).map(perRequest)),
    })),
  )
}

function flushPerVerification(samples: readonly Sample[]): number | undefined {
  const verifications = samples.reduce((total, { service }) => total + service.send.requests, 0)
  return divide(sum(...samples.map(({ service }) => service.flush)), verifications)
}
