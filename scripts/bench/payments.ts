import { setTimeout as sleep } from 'node:timers/promises'
import type { Bundle } from './build-bundle.ts'
import { confirm, contradictions, type StepPhase, waitForAudit, type Way, WAY_NAMES } from './confirmations.ts'
import { COUNTS_SCRIPT } from './counts.ts'
import {
  countImport,
  costlyImports,
  type ImportCounts,
  type ImportSample,
  type ImportSize,
  missingLoans,
  runImports,
} from './loan-imports.ts'
import { importLoans, nthPayer, type Payer } from './payers.ts'
import { used } from './phase.ts'
import type { Platform } from './platform.ts'
import { startBare, startPayments } from './service.ts'
import { API_KEY } from './settings.ts'
import { countStories, type StoryCounts } from './stories.ts'
import { startVendor, type Vendor } from './vendor.ts'
import { CARRIED, costlyWays, countWay, miscounted, type WayCounts } from './way-counts.ts'

/** All payers of a batch on one way, from the first request to the last row in D1. */
export interface WaySample {
  readonly way: Way
  readonly connections: number
  readonly steps: readonly StepPhase[]
  /** Processor time of what the alarms carry to D1, microseconds of all. */
  readonly flush: number | undefined
  /** Some gates began to carry their audit before the last step was over: figures are a bit too high. */
  readonly overlaps: boolean
}

export interface PaymentsResult {
  readonly samples: readonly WaySample[]
  readonly counts: readonly WayCounts[]
  readonly imports: readonly ImportSample[]
  readonly importCounts: readonly ImportCounts[]
  readonly stories: readonly StoryCounts[]
  /** What contradicts the requests, or costs too much; a sentence each. */
  readonly findings: readonly string[]
  readonly complaints: readonly string[]
}

export interface PaymentsPlan {
  /** Few enough payers to be through before the gates begin to carry their audit, four seconds later. */
  readonly batches: readonly { readonly connections: number; readonly payers: number }[]
  /** On each way, one after the other, whose cost in D1 is counted. */
  readonly counted: number
  readonly imports: readonly ImportSize[]
  /** Of a size in one round. */
  readonly importTimes: number
  /** Verifications of the repayment with the long story. */
  readonly story: number
}

export const PAYMENTS: PaymentsPlan = {
  batches: [
    { connections: 1, payers: 120 },
    { connections: 16, payers: 240 },
  ],
  counted: 20,
  imports: [
    { loans: 1_000, repayments: 10 },
    { loans: 1_000, repayments: 25 },
  ],
  importTimes: 3,
  story: 100,
}
export const QUICK_PAYMENTS: PaymentsPlan = {
  ...PAYMENTS,
  batches: [
    { connections: 1, payers: 20 },
    { connections: 16, payers: 64 },
  ],
  importTimes: 1,
}

/** Gates carry their audit to D1 this long after their first event (`src/otp/rules/outbox.ts`). */
const FLUSH_DELAY_MS = 4_000

/** Measures confirmations against plain verifications, imports against bare writes, and counts what D1 does for them. */
export async function measurePayments(
  bundle: Bundle,
  plan: PaymentsPlan,
  rounds: number,
  progress: (text: string) => void,
): Promise<PaymentsResult> {
  const vendor = await startVendor(API_KEY)
  const platforms: Platform[] = []
  const start = async (platform: Promise<Platform>) => platforms[platforms.push(await platform) - 1]!
  let taken = 0
  const take = (count: number) => Array.from({ length: count }, () => nthPayer(taken++))
  try {
    const service = await start(startPayments(bundle, vendor))
    const bare = await start(startBare(bundle))
    const script = { script: COUNTS_SCRIPT, modules: { 'service.js': bundle.script } }
    const counting = await start(startPayments(bundle, vendor, script))

    const traffic = new PaymentTraffic(service, vendor)
    const wanted = plan.batches.reduce((total, { payers }) => total + payers, 0) * WAY_NAMES.length * (rounds + 1)
    progress('payments: importing loans')
    const payers = take(wanted)
    await importLoans(service, payers)
    const supply = payers.values()
    const samples: WaySample[] = []
    const imports: ImportSample[] = []
    // The first round only warms up.
    for (let round = 0; round <= rounds; round++) {
      for (const { connections, payers: count } of plan.batches) {
        for (const way of WAY_NAMES) {
          progress(`payments: round ${round} of ${rounds}, ${way}, ${connections} connections`)
          const sample = await traffic.runBatch(way, connections, supply.take(count).toArray())
          if (round > 0) samples.push(sample)
        }
      }
      for (const size of plan.imports) {
        progress(`payments: round ${round} of ${rounds}, import of ${size.loans * size.repayments} repayments`)
        const sample = await runImports({ service, bare }, size, plan.importTimes, take)
        if (round > 0) imports.push(sample)
      }
    }
    const loans = wanted + plan.imports.reduce((total, size) => total + size.loans, 0) * plan.importTimes * (rounds + 1)
    const repayments =
      wanted + plan.imports.reduce((total, size) => total + size.loans * size.repayments, 0) * plan.importTimes * (rounds + 1)

    const counts: WayCounts[] = []
    let approved = 0
    for (const carried of CARRIED) {
      for (const way of WAY_NAMES) {
        progress(`payments: counting rows, ${way}, carried ${carried}`)
        const batch = take(plan.counted)
        counts.push({ way, carried, payers: plan.counted, counts: await countWay({ counting, vendor }, way, carried, batch) })
        approved += plan.counted
      }
    }
    const importCounts: ImportCounts[] = []
    for (const size of plan.imports) {
      progress(`payments: counting rows, import of ${size.loans * size.repayments} repayments`)
      importCounts.push(await countImport(counting, size, take(size.loans)))
    }
    progress('payments: counting rows, stories')
    const told = await countStories({ counting, vendor }, take(1)[0]!, { copies: plan.story - 1, approved })
    const findings = [
      ...(await contradictions(service, traffic)),
      ...(await missingLoans(service, { loans, repayments })),
      ...(await doubledMessages(vendor)),
      ...miscounted(counts),
      ...costlyWays(counts),
      ...costlyImports(importCounts),
      ...told.findings,
    ]
    const complaints = [...service.complaints, ...counting.complaints]
    return { samples, counts, imports, importCounts, stories: told.stories, findings, complaints }
  } finally {
    vendor.stop()
    for (const each of platforms) await each.stop()
  }
}

/** The batches of a run; counts what they make. */
class PaymentTraffic {
  verifications = 0
  changes = 0
  readonly #service: Platform
  readonly #vendor: Vendor

  constructor(service: Platform, vendor: Vendor) {
    this.#service = service
    this.#vendor = vendor
  }

  async runBatch(way: Way, connections: number, payers: readonly Payer[]): Promise<WaySample> {
    const service = this.#service
    const startedAt = performance.now()
    const steps = await confirm({ service, vendor: this.#vendor }, { way, connections, payers })
    const overlaps = performance.now() - startedAt > FLUSH_DELAY_MS
    this.verifications += payers.length
    this.changes += way === 'plain' ? 0 : payers.length
    const before = service.processorTime()
    await sleep(Math.max(0, startedAt + FLUSH_DELAY_MS - performance.now()))
    await waitForAudit(service, this.verifications)
    return { way, connections, steps, flush: used(before, service.processorTime()), overlaps }
  }
}

async function doubledMessages(vendor: Vendor): Promise<string[]> {
  const doubled = [...(await vendor.messages()).values()].filter((count) => count !== 1).length
  return doubled === 0 ? [] : [`${doubled} numbers got more than one message`]
}
