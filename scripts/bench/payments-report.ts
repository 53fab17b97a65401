import type { Way } from './confirmations.ts'
import type { Counts } from './counts.ts'
import { cells, COLUMNS, divide, type Figures, type Ratio, ratioCell, sum, toFigures, toRatio } from './figures.ts'
import type { ImportSize } from './loan-imports.ts'
import type { PaymentsResult, WaySample } from './payments.ts'
import { mergePhases, percentile, perRequest, type Phase } from './phase.ts'
import { figure, table } from './table.ts'
import type { Carried } from './way-counts.ts'

export interface PaymentsSummary {
  readonly ways: readonly {
    readonly connections: number
    readonly way: Way
    readonly steps: readonly ({ readonly name: string } & Figures)[]
    /** Processor time of all steps together, microseconds, and of what the alarms then carry. */
    readonly together: number | undefined
    readonly flush: number | undefined
    /** Against a plain send and check in the same round. */
    readonly ratio: Ratio
    /** With what the alarms carry. */
    readonly ratioWithFlush: Ratio
    readonly overlaps: number
  }[]
  /** Means of one confirmation. */
  readonly counts: readonly {
    readonly way: Way
    readonly carried: Carried
    /** Of the number, with its alarms. */
    readonly objectRequests: number
    readonly objectRows: number
    /** Of the rules against abuse. */
    readonly limiterCalls: number
    readonly limiterRows: number
    readonly worker: Counts['worker']
    readonly gates: Counts['gates']
  }[]
  readonly imports: readonly {
    readonly size: ImportSize
    readonly seconds: { readonly middle: number; readonly lowest: number; readonly highest: number }
    /** Microseconds of one import. */
    readonly processorTime: number | undefined
    readonly bare: number | undefined
    readonly ratio: Ratio
    readonly bodyBytes: number
    readonly worker: Counts['worker']
  }[]
  readonly stories: readonly {
    readonly verifications: number
    readonly entries: number
    readonly pages: number
    readonly roundTrips: number
    readonly rowsRead: number
    readonly mostRowsRead: number
    readonly objectRequests: number
  }[]
}

/** The samples and counts as figures. */
export function summarisePayments(result: PaymentsResult): PaymentsSummary {
  return {
    ways: summariseWays(result.samples),
    counts: result.counts.map(({ way, carried, payers, counts }) => ({
      way,
      carried,
      objectRequests: (counts.gate.calls + counts.gate.alarms) / payers,
      objectRows: counts.gate.ownRows / payers,
      limiterCalls: counts.limiter.calls / payers,
      limiterRows: counts.limiter.ownRows / payers,
      worker: perPayer(counts.worker, payers),
      gates: perPayer(counts.gates, payers),
    })),
    imports: [...Map.groupBy(result.imports, ({ size }) => size)].map(([size, group]) => {
      const phases = group.map(({ service }) => service)
      const counted = result.importCounts.find((one) => one.size === size)!
      const seconds = mergePhases(phases).latencies.map((ms) => ms / 1000)
      return {
        size,
        seconds: { middle: percentile(seconds, 0.5), lowest: Math.min(...seconds), highest: Math.max(...seconds) },
        processorTime: perRequest(mergePhases(phases)),
        bare: perRequest(mergePhases(group.map(({ bare }) => bare))),
        ratio: toRatio(group.map(({ service, bare }) => ({ ours: perRequest(service), theirs: perRequest(bare) }))),
        bodyBytes: counted.bodyBytes,
        worker: counted.counts.worker,
      }
    }),
    stories: result.stories.map(({ verifications, entries, pages }) => {
      const total = (pick: (page: Counts) => number) => pages.reduce((all, page) => all + pick(page), 0)
      return {
        verifications,
        entries,
        pages: pages.length,
        roundTrips: total(({ worker }) => worker.roundTrips),
        rowsRead: total(({ worker }) => worker.rowsRead),
        mostRowsRead: Math.max(...pages.map(({ worker }) => worker.rowsRead)),
        objectRequests: total(({ gate }) => gate.calls),
      }
    }),
  }
}

/** The tables of payments, in Markdown. */
export function renderPayments({ ways, counts, imports, stories }: PaymentsSummary): string {
  const steps = ways.flatMap(({ connections, way, steps: each }) =>
    each.map(({ name, ...figures }) => [String(connections), way, name, ...cells(figures)]),
  )
  const ratios = ways.map(({ connections, way, together, flush, ratio, ratioWithFlush }) => {
    return [String(connections), way, figure(together), ratioCell(ratio), figure(flush), ratioCell(ratioWithFlush)]
  })
  const counted = counts.map(({ way, carried, objectRequests, objectRows, limiterCalls, limiterRows, worker, gates }) => [
    way,
    carried,
    figure(objectRequests, 1),
    figure(objectRows, 1),
    figure(limiterCalls, 1),
    figure(limiterRows, 1),
    figure(worker.roundTrips, 1),
    figure(worker.rowsRead, 1),
    figure(worker.rowsWritten, 1),
    figure(gates.roundTrips, 1),
    figure(gates.rowsRead, 1),
    figure(gates.rowsWritten, 1),
  ])
  const imported = imports.map(({ size, seconds, processorTime, bare, ratio }) => [
    sizeCell(size),
    `${figure(seconds.middle, 2)} (${figure(seconds.lowest, 2)} to ${figure(seconds.highest, 2)})`,
    figure(divide(processorTime, 1000)),
    figure(divide(bare, 1000)),
    ratioCell(ratio),
  ])
  const importRows = imports.map(({ size, bodyBytes, worker }) => [
    sizeCell(size),
    figure(bodyBytes / 1024),
    figure(worker.roundTrips),
    figure(worker.transactions),
    figure(worker.statements),
    figure(worker.rowsRead),
    figure(worker.rowsWritten),
    figure(worker.largestParameter / 1024),
  ])
  const told = stories.map((one) => [
    figure(one.verifications),
    figure(one.entries),
    figure(one.pages),
    figure(one.objectRequests),
    figure(one.roundTrips),
    figure(one.rowsRead),
    figure(one.mostRowsRead),
  ])
  const overlaps = ways.reduce((total, one) => total + one.overlaps, 0)
  return [
    'Confirmations of a payment, beside a plain send and check with codes of the same length:',
    table(['connections', 'way', 'step', ...COLUMNS], steps),
    'Processor time of all steps of one confirmation, µs (ratios: over all rounds, and the lowest and highest of one round):',
    table(['connections', 'way', 'all steps', 'ratio to plain', 'alarm, later', 'ratio with it'], ratios),
    ...(overlaps > 0
      ? [`In ${overlaps} batches the audit began to travel before the last step: their figures are a bit high.`]
      : []),
    'What one confirmation costs: in its object, in D1 until it is answered, and in D1 later, from the alarms:',
    table(
      [
        'way',
        'carried',
        'object requests',
        'rows',
        'limiters',
        'rows',
        'D1 round trips',
        'read',
        'written',
        'later',
        'read',
        'written',
      ],
      counted,
    ),
    'Imports of loans, one at a time:',
    table(['loans × repayments', 'seconds', 'CPU ms', 'bare CPU ms', 'ratio of CPU'], imported),
    table(
      [
        'loans × repayments',
        'body KiB',
        'round trips',
        'that write',
        'statements',
        'rows read',
        'rows written',
        'largest parameter KiB',
      ],
      importRows,
    ),
    'The story of a repayment, each of whose verifications has a wrong guess and a report:',
    table(['verifications', 'entries', 'calls', 'object requests', 'D1 round trips', 'rows read', 'most of a call'], told),
  ].join('\n\n')
}

function summariseWays(samples: readonly WaySample[]): PaymentsSummary['ways'] {
  const plainOf = Map.groupBy(
    samples.filter(({ way }) => way === 'plain'),
    ({ connections }) => connections,
  )
  const groups = Map.groupBy(samples, ({ connections, way }) => `${connections} ${way}`)
  return [...groups.values()].map((group) => {
    const { connections, way, steps } = group[0]!
    const plain = plainOf.get(connections) ?? []
    const rounds = group.map((sample, round) => ({ ours: sample, theirs: plain[round]! }))
    const compare = (cost: (sample: WaySample) => number | undefined) =>
      toRatio(rounds.map(({ ours, theirs }) => ({ ours: cost(ours), theirs: cost(theirs) })))
    return {
      connections,
      way,
      steps: steps.map(({ name }, index) => ({ name, ...toFigures(group.map((sample) => sample.steps[index]!.phase)) })),
      together: divide(sum(...group.map(stepsCost)), group.length),
      flush: divide(sum(...group.map(flushCost)), group.length),
      ratio: compare(stepsCost),
      ratioWithFlush: compare((sample) => sum(stepsCost(sample), flushCost(sample))),
      overlaps: group.filter(({ overlaps }) => overlaps).length,
    }
  })
}

function stepsCost({ steps }: WaySample): number | undefined {
  return sum(...steps.map(({ phase }) => perRequest(phase)))
}

function flushCost({ flush, steps }: WaySample): number | undefined {
  return divide(flush, (steps[0]!.phase satisfies Phase).requests)
}

function perPayer(counts: Counts['worker'], payers: number): Counts['worker'] {
  return {
    ...counts,
    roundTrips: counts.roundTrips / payers,
    transactions: counts.transactions / payers,
    statements: counts.statements / payers,
    rowsRead: counts.rowsRead / payers,
    rowsWritten: counts.rowsWritten / payers,
  }
}

function sizeCell({ loans, repayments }: ImportSize): string {
  return `${loans} × ${repayments}`
}
