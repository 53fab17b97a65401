import { setTimeout as sleep } from 'node:timers/promises'
import { confirm, type Way, WAYS } from './confirmations.ts'
import { type Counts, type ObjectCounts, type ObjectKind, takeCounts } from './counts.ts'
import { importLoans, type Payer } from './payers.ts'
import type { Platform } from './platform.ts'
import type { Vendor } from './vendor.ts'

/** When the gates carry what they have: once, where all requests come within four seconds; or after each of them. */
export const CARRIED = ['once', 'each time'] as const
export type Carried = (typeof CARRIED)[number]

/** What all payers of a batch on one way cost. */
export interface WayCounts {
  readonly way: Way
  readonly carried: Carried
  readonly payers: number
  readonly counts: Counts
}

/** More than a plain verification: the change, the repayment, the intent's event, the entry by subject, the record once more. */
const MORE_ROWS_WRITTEN = 5
/** Until it is answered: loan, contacts, repayment, statuses, modes for each request, and the change. More is a scan. */
const MOST_ROWS_READ = 60
const ALARMS_BOUND_MS = 60_000
const POLL_MS = 100

/** Takes the payers through a way, at a service that counts, until the last alarm has done its work. */
export async function countWay(
  { counting, vendor }: { readonly counting: Platform; readonly vendor: Vendor },
  way: Way,
  carried: Carried,
  payers: readonly Payer[],
): Promise<Counts> {
  if (way !== 'plain') await importLoans(counting, payers)
  await takeCounts(counting)
  const taken: Counts[] = []
  const alarms = async () => {
    const wanted = taken.reduce((total, { gate }) => total + gate.alarms, 0) + payers.length
    const deadline = performance.now() + ALARMS_BOUND_MS
    do {
      await sleep(POLL_MS)
      taken.push(await takeCounts(counting))
    } while (taken.reduce((total, { gate }) => total + gate.alarms, 0) < wanted && performance.now() < deadline)
  }
  const afterStep = carried === 'once' ? undefined : alarms
  await confirm({ service: counting, vendor }, { way, connections: 1, payers }, afterStep)
  if (carried === 'once') await alarms()
  return taken.reduce(addCounts)
}

function addCounts(one: Counts, other: Counts): Counts {
  const add = (name: 'worker' | 'keys' | 'gates'): Counts['worker'] => ({
    roundTrips: one[name].roundTrips + other[name].roundTrips,
    transactions: one[name].transactions + other[name].transactions,
    statements: one[name].statements + other[name].statements,
    rowsRead: one[name].rowsRead + other[name].rowsRead,
    rowsWritten: one[name].rowsWritten + other[name].rowsWritten,
    largestParameter: Math.max(one[name].largestParameter, other[name].largestParameter),
  })
  const addObjects = (kind: ObjectKind): ObjectCounts => ({
    calls: one[kind].calls + other[kind].calls,
    alarms: one[kind].alarms + other[kind].alarms,
    ownRows: one[kind].ownRows + other[kind].ownRows,
  })
  return {
    worker: add('worker'),
    keys: add('keys'),
    gates: add('gates'),
    fetches: one.fetches + other.fetches,
    gate: addObjects('gate'),
    limiter: addObjects('limiter'),
    record: addObjects('record'),
  }
}

/** Counts that are not those of as many alarms as there were to be. */
export function miscounted(counts: readonly WayCounts[]): string[] {
  return counts.flatMap(({ way, carried, payers, counts: { gate } }) => {
    const wanted = payers * (carried === 'once' ? 1 : WAYS[way].length)
    return gate.alarms === wanted
      ? []
      : [`${way}, carried ${carried}: ${gate.alarms} alarms and not ${wanted}, so it was not counted as meant`]
  })
}

/** Confirmations that cost D1 more than they should. */
export function costlyWays(all: readonly WayCounts[]): string[] {
  const written = ({ payers, counts: { worker, gates } }: WayCounts) => (worker.rowsWritten + gates.rowsWritten) / payers
  return all.flatMap((one) => {
    const name = `${one.way}, carried ${one.carried}`
    const read = one.counts.worker.rowsRead / one.payers
    const plain = all.find(({ way, carried }) => way === 'plain' && carried === one.carried)!
    const most = written(plain) + MORE_ROWS_WRITTEN
    return [
      ...(read <= MOST_ROWS_READ ? [] : [`${name}: ${read} rows of D1 are read before the answers, more than ${MOST_ROWS_READ}`]),
      ...(written(one) <= most ? [] : [`${name}: ${written(one)} rows of D1 are written, more than ${most}`]),
    ]
  })
}
