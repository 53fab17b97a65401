import { setTimeout as sleep } from 'node:timers/promises'
import type { Platform } from './platform.ts'

/** One kind of request, made many times, alone on the machine as far as we can help it. */
export interface Phase {
  readonly requests: number
  readonly seconds: number
  /** Milliseconds, one a request. */
  readonly latencies: readonly number[]
  /** Of workerd, microseconds; undefined where it cannot be told. */
  readonly processorTime: number | undefined
}

// What a request leaves behind for after its answer (a settle) is done well within this, and belongs to the phase.
const AFTERWORK_MS = 100

/** Makes the requests, `connections` at a time, and measures them. @throws when one of them does */
export async function runPhase(
  platform: Platform,
  connections: number,
  requests: readonly (() => Promise<void>)[],
): Promise<Phase> {
  const latencies: number[] = []
  const queue = requests.values()
  const before = platform.processorTime()
  const startedAt = performance.now()
  await Promise.all(
    Array.from({ length: connections }, async () => {
      for (const send of queue) {
        const sentAt = performance.now()
        await send()
        latencies.push(performance.now() - sentAt)
      }
    }),
  )
  const seconds = (performance.now() - startedAt) / 1000
  await sleep(AFTERWORK_MS)
  return { requests: requests.length, seconds, latencies, processorTime: used(before, platform.processorTime()) }
}

/** What was used between two readings. */
export function used(before: number | undefined, after: number | undefined): number | undefined {
  return before === undefined || after === undefined ? undefined : after - before
}

/** Several runs of one phase as one. */
export function mergePhases(phases: readonly Phase[]): Phase {
  const sum = (pick: (phase: Phase) => number) => phases.reduce((total, phase) => total + pick(phase), 0)
  return {
    requests: sum(({ requests }) => requests),
    seconds: sum(({ seconds }) => seconds),
    latencies: phases.flatMap(({ latencies }) => latencies),
    processorTime: phases.some(({ processorTime }) => processorTime === undefined)
      ? undefined
      : sum(({ processorTime }) => processorTime ?? 0),
  }
}

/** Microseconds of processor time for each request. */
export function perRequest({ processorTime, requests }: Phase): number | undefined {
  return processorTime === undefined ? undefined : processorTime / requests
}

/** The value that a share of the sorted values is not above (nearest rank). @param share 0 to 1 */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN
}
