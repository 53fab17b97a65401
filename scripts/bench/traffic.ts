import { setTimeout as sleep } from 'node:timers/promises'
import { createClient, expectAnswer } from './client.ts'
import { type Phase, runPhase, used } from './phase.ts'
import { nthPhone } from './phones.ts'
import type { Platform } from './platform.ts'
import type { Vendor } from './vendor.ts'

/** A batch of verifications from the first request to the last row in D1. */
export interface Batch {
  readonly send: Phase
  readonly check: Phase
  /** Processor time of carrying the audit to D1, microseconds. */
  readonly flush: number | undefined
  /** The sends and checks took so long that some gates began to carry their audit meanwhile: figures are a bit too high. */
  readonly overlaps: boolean
}

/** Gates carry their audit to D1 this long after their first event (`src/otp/rules/outbox.ts`). */
const FLUSH_DELAY_MS = 4_000
const FLUSH_BOUND_MS = 60_000
const POLL_MS = 200

/** The verifications of a run; counts them, and takes a fresh number for each. */
export class Traffic {
  verifications = 0
  readonly #service: Platform
  readonly #vendor: Vendor

  constructor(service: Platform, vendor: Vendor) {
    this.#service = service
    this.#vendor = vendor
  }

  /**
   * Sends to `count` fresh numbers, checks all their codes, and waits until D1 has their audit. Send and check are apart,
   * so that each has its own figures; `meanwhile` runs while the gates wait to carry their audit.
   */
  async runBatch(connections: number, count: number, meanwhile: () => Promise<void> = async () => {}): Promise<Batch> {
    const phones = Array.from({ length: count }, (_, index) => nthPhone(this.verifications + index))
    this.verifications += count
    const client = createClient(this.#service.url, connections)
    const startedAt = performance.now()
    const post = (path: string, body: object) => async () => expectAnswer(await client.post(path, body), { success: true })

    const sends = phones.map((phone_number) => post('/send-otp', { phone_number }))
    const send = await runPhase(this.#service, connections, sends)
    const codes = await this.#vendor.codesOf(phones)
    const checks = phones.map((phone_number, index) => post('/verify-otp', { phone_number, otp: codes[index] }))
    const check = await runPhase(this.#service, connections, checks)
    const overlaps = performance.now() - startedAt > FLUSH_DELAY_MS
    client.close()

    const before = this.#service.processorTime()
    await meanwhile()
    await sleep(Math.max(0, startedAt + FLUSH_DELAY_MS - performance.now()))
    await this.#waitForAudit()
    return { send, check, flush: used(before, this.#service.processorTime()), overlaps }
  }

  /** Until D1 has the last state of every verification so far, or for a minute; what is missing then is told at the end. */
  async #waitForAudit(): Promise<void> {
    const deadline = performance.now() + FLUSH_BOUND_MS
    while (performance.now() < deadline) {
      const [row] = await this.#service.query(`SELECT count(*) AS done FROM verifications WHERE status = 'approved'`)
      if (Number(row?.['done']) >= this.verifications) return
      await sleep(POLL_MS)
    }
  }
}
