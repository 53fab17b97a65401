import { BareTraffic, type BareBatch } from './bare-traffic.ts'
import type { Bundle } from './build-bundle.ts'
import { collectEvidence, type Evidence } from './evidence.ts'
import type { Combination, Plan } from './plan.ts'
import type { Platform } from './platform.ts'
import { startBare, startService } from './service.ts'
import { API_KEY } from './settings.ts'
import { type Batch, Traffic } from './traffic.ts'
import { startVendor, type Vendor } from './vendor.ts'

/** A combination in one round: the service, and the bare round trips right after it. */
export interface Sample {
  readonly combination: Combination
  readonly service: Batch
  readonly bare: BareBatch
}

export interface RunResult {
  readonly samples: readonly Sample[]
  readonly verifications: number
  readonly evidence: Evidence
  readonly complaints: readonly string[]
  /** Of the service's workerd at the end, MiB. */
  readonly memory: number | undefined
}

/**
 * Runs every combination in every round, so that a slow minute of the machine hits all of them, and each batch of the
 * service with one of bare round trips, so that it hits both sides of a ratio.
 */
export async function runBenchmark(
  bundle: Bundle,
  plan: Plan,
  rounds: number,
  progress: (text: string) => void,
): Promise<RunResult> {
  const vendors: Vendor[] = []
  const platforms: Platform[] = []
  try {
    for (let i = 0; i < 2; i++) vendors.push(await startVendor(API_KEY))
    const [vendor, bareVendor] = vendors as [Vendor, Vendor]
    platforms.push(await startService(bundle, vendor), await startBare(bundle, bareVendor))
    const [service, bare] = platforms as [Platform, Platform]
    const traffic = new Traffic(service, vendor)
    const bareTraffic = new BareTraffic(bare)

    const measure = async ({ connections, batch }: Omit<Combination, 'delayMs'>) => {
      let bareBatch: BareBatch | undefined
      const served = await traffic.runBatch(connections, batch, async () => {
        bareBatch = await bareTraffic.runBatch(connections, Math.min(batch, plan.bareBatch))
      })
      return { service: served, bare: bareBatch! }
    }

    progress('warming up')
    await measure(plan.warmUp)
    const samples: Sample[] = []
    for (let round = 1; round <= rounds; round++) {
      for (const combination of plan.round) {
        progress(`round ${round} of ${rounds}: vendor ${combination.delayMs} ms, ${combination.connections} connections`)
        for (const each of vendors) await each.setDelay(combination.delayMs)
        samples.push({ combination, ...(await measure(combination)) })
      }
    }
    progress('reading the audit')
    const evidence = await collectEvidence(service, vendor)
    const { verifications } = traffic
    return { samples, verifications, evidence, complaints: service.complaints, memory: service.residentMemory() }
  } finally {
    for (const each of vendors) each.stop()
    for (const each of platforms) await each.stop()
  }
}
