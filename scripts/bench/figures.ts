import { mergePhases, percentile, perRequest, type Phase } from './phase.ts'
import { figure } from './table.ts'

export interface Figures {
  readonly requestsPerSecond: number
  readonly p50: number
  readonly p95: number
  readonly p99: number
  /** Microseconds a request. */
  readonly processorTime: number | undefined
}

/** A comparison over all rounds, and the lowest and the highest of a single one. */
export interface Ratio {
  readonly overall: number | undefined
  readonly lowest: number | undefined
  readonly highest: number | undefined
}

/** Processor time of one round, microseconds, on both sides of a comparison. */
export interface Costs {
  readonly ours: number | undefined
  readonly theirs: number | undefined
}

/** The columns that {@link cells} fills. */
export const COLUMNS: readonly string[] = ['req/s', 'p50 ms', 'p95 ms', 'p99 ms', 'CPU µs']

/** Several runs of one phase as figures. */
export function toFigures(phases: readonly Phase[]): Figures {
  const all = mergePhases(phases)
  return {
    requestsPerSecond: all.requests / all.seconds,
    p50: percentile(all.latencies, 0.5),
    p95: percentile(all.latencies, 0.95),
    p99: percentile(all.latencies, 0.99),
    processorTime: perRequest(all),
  }
}

export function cells({ requestsPerSecond, p50, p95, p99, processorTime }: Figures): string[] {
  return [figure(requestsPerSecond), figure(p50, 1), figure(p95, 1), figure(p99, 1), figure(processorTime)]
}

/** @param rounds the costs of each */
export function toRatio(rounds: readonly Costs[]): Ratio {
  const ratios = rounds.map(({ ours, theirs }) => divide(ours, theirs)).filter((ratio) => ratio !== undefined)
  return {
    overall: divide(sum(...rounds.map(({ ours }) => ours)), sum(...rounds.map(({ theirs }) => theirs))),
    lowest: ratios.length > 0 ? Math.min(...ratios) : undefined,
    highest: ratios.length > 0 ? Math.max(...ratios) : undefined,
  }
}

export function ratioCell({ overall, lowest, highest }: Ratio): string {
  return overall === undefined ? '–' : `${figure(overall, 2)} (${figure(lowest, 2)} to ${figure(highest, 2)})`
}

/** Undefined where one of the values is. */
export function sum(...values: readonly (number | undefined)[]): number | undefined {
  return values.reduce<number | undefined>(
    (total, value) => (total === undefined || value === undefined ? undefined : total + value),
    0,
  )
}

/** Undefined where it cannot be done. */
export function divide(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || !other ? undefined : one / other
}
