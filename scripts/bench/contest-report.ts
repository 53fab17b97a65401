import type { ContestResult, StepPhases } from './contest.ts'
import { type Counts, OBJECT_KINDS, type ObjectKind } from './counts.ts'
import { cells, COLUMNS, type Figures, type Ratio, ratioCell, toFigures, toRatio } from './figures.ts'
import { perRequest } from './phase.ts'
import { figure, table } from './table.ts'

/** What a step of a contender takes. */
export interface StepSummary extends Figures {
  readonly contender: string
  readonly step: string
  /** Of processor time, to {@link ContestSummary}'s first contender. */
  readonly ratio: Ratio
}

/** What one request of a step does. */
export interface RequestCounts {
  readonly contender: string
  readonly step: string
  readonly objects: Readonly<Record<ObjectKind, { readonly calls: number; readonly ownRows: number }>>
  /** Before the answer, or beside it: by a warm request, and by the first of an isolate. */
  readonly roundTrips: number
  readonly firstRoundTrips: number
  readonly fetches: number
  readonly firstFetches: number
}

export interface ContestSummary {
  readonly steps: readonly StepSummary[]
  readonly counts: readonly RequestCounts[]
}

/** The phases and counts as figures. A step that the first contender does not have is compared with its sends. */
export function summariseContest({ phases, counts, counted }: ContestResult): ContestSummary {
  const reference = phases.filter(({ contender }) => contender === phases[0]!.contender)
  return {
    steps: phases.map((one) => {
      const other = reference.find(({ step }) => step === one.step) ?? reference[0]!
      return { contender: one.contender, step: one.step, ...toFigures(one.phases), ratio: compare(one, other) }
    }),
    counts: counts.map(({ contender, step, first, warm }) => ({
      contender,
      step,
      objects: Object.fromEntries(
        OBJECT_KINDS.map((kind) => [kind, { calls: warm[kind].calls / counted, ownRows: warm[kind].ownRows / counted }]),
      ) as RequestCounts['objects'],
      roundTrips: roundTripsOf(warm) / counted,
      firstRoundTrips: roundTripsOf(first),
      fetches: warm.fetches / counted,
      firstFetches: first.fetches,
    })),
  }
}

/** The two tables of a contest, in Markdown. */
export function renderContest({ steps, counts }: ContestSummary): string {
  const times = steps.map(({ contender, step, ratio, ...figures }) => [contender, step, ...cells(figures), ratioCell(ratio)])
  const requests = counts.map(({ contender, step, objects, ...one }) => [
    contender,
    step,
    ...OBJECT_KINDS.flatMap((kind) => [figure(objects[kind].calls, 1), figure(objects[kind].ownRows, 1)]),
    figure(one.roundTrips, 1),
    figure(one.firstRoundTrips),
    figure(one.fetches, 1),
    figure(one.firstFetches),
  ])
  const kinds = ['gate', 'rows', 'limiters', 'rows', 'keys', 'rows']
  return [
    table(['', 'step', ...COLUMNS, 'ratio of CPU'], times),
    'What one request does: calls to the objects of numbers, of rules and of keys with the rows that they write in their own storage; D1, and calls that leave, of a warm request and of the first of an isolate:',
    table(['', 'step', ...kinds, 'D1', 'first', 'calls out', 'first'], requests),
  ].join('\n\n')
}

function roundTripsOf({ worker, keys }: Counts): number {
  return worker.roundTrips + keys.roundTrips
}

/** Round by round. */
function compare(one: StepPhases, other: StepPhases): Ratio {
  return toRatio(one.phases.map((phase, round) => ({ ours: perRequest(phase), theirs: perRequest(other.phases[round]!) })))
}
