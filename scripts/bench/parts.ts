import { BareTraffic } from './bare-traffic.ts'
import type { Bundle } from './build-bundle.ts'
import { createClient, expectAnswer } from './client.ts'
import { percentile, perRequest, runPhase } from './phase.ts'
import { nthPhone } from './phones.ts'
import type { Platform } from './platform.ts'
import { startBare, startService } from './service.ts'
import { API_KEY } from './settings.ts'
import { figure, table } from './table.ts'
import { CODES_PATH, VARIANTS, variantScript } from './variants.ts'
import { startVendor, type Vendor } from './vendor.ts'

/** Processor time of a send and of a check, microseconds a request. */
interface Cost {
  readonly send: number | undefined
  readonly check: number | undefined
}

/** What was measured, and the medians of its rounds: many short rounds, since no two minutes of a machine are alike. */
export interface Part extends Cost {
  readonly name: string
}

const CONNECTIONS = 16
/**
 * Measures the service whole and without some of its work, requests to it that end early, and the bare round trips, each
 * once a round. For finding out what the time goes into. Each Worker has a process of its own, and carries its audit to D1
 * while the others have their turn.
 */
export async function measureParts(
  bundle: Bundle,
  rounds: number,
  quick: boolean,
  progress: (text: string) => void,
): Promise<Part[]> {
  const vendor = await startVendor(API_KEY)
  const platforms: Platform[] = []
  const start = async (platform: Promise<Platform>) => platforms[platforms.push(await platform) - 1]!
  const batch = quick ? 64 : 300
  let phonesTaken = 0
  const takePhones = () => Array.from({ length: batch }, () => nthPhone(phonesTaken++))
  try {
    const measures: (readonly [name: string, measure: () => Promise<Cost>])[] = []
    for (const variant of VARIANTS) {
      const script = { script: variantScript(variant), modules: { 'service.js': bundle.script } }
      const platform = await start(startService(bundle, vendor, script))
      measures.push([variant.name, () => measureVerifications(platform, vendor, takePhones())])
    }
    const whole = platforms[0]!
    const bare = new BareTraffic(await start(startBare(bundle, vendor)))
    measures.push(
      ['only up to a bad number (400)', () => measureEarlyEnd(whole, batch)],
      ['bare round trips (fresh + warm; warm)', () => measureBare(bare, batch)],
    )
    const costs = measures.map((): Cost[] => [])
    // The first round only warms up.
    for (let round = 0; round <= rounds; round++) {
      for (const [index, [name, measure]] of measures.entries()) {
        progress(`round ${round} of ${rounds}: ${name}`)
        const cost = await measure()
        if (round > 0) costs[index]!.push(cost)
      }
    }
    return measures.map(([name], index) => ({ name, ...medians(costs[index]!) }))
  } finally {
    vendor.stop()
    for (const each of platforms) await each.stop()
  }
}

/** The parts as a table: what is left without each, and what each therefore costs. */
export function renderParts(parts: readonly Part[]): string {
  const [whole] = parts
  const less = (all: number | undefined, left: number | undefined) =>
    all === undefined || left === undefined ? undefined : all - left
  const rows = parts.map(({ name, send, check }) => [
    name,
    figure(send),
    figure(less(whole?.send, send)),
    figure(check),
    figure(less(whole?.check, check)),
  ])
  return table(['CPU µs a request', 'send', 'less', 'check', 'less'], rows)
}

async function measureVerifications(platform: Platform, vendor: Vendor, phones: readonly string[]): Promise<Cost> {
  const client = createClient(platform.url, CONNECTIONS)
  const post = (path: string, body: object) => async () => expectAnswer(await client.post(path, body), { success: true })
  const sends = phones.map((phone_number) => post('/send-otp', { phone_number }))
  const send = await runPhase(platform, CONNECTIONS, sends)
  const kept = JSON.parse((await client.get(CODES_PATH)).text) as Record<string, string>
  const seen = await vendor.codesOf(phones)
  const checks = phones.map((phone_number, index) =>
    post('/verify-otp', { phone_number, otp: seen[index] ?? kept[phone_number.slice(1)] }),
  )
  const check = await runPhase(platform, CONNECTIONS, checks)
  client.close()
  return { send: perRequest(send), check: perRequest(check) }
}

/** Requests that reach no object: the way through the app, the reading of the body, and the number. */
async function measureEarlyEnd(platform: Platform, count: number): Promise<Cost> {
  const client = createClient(platform.url, CONNECTIONS)
  const run = async (path: string) => {
    const requests = Array.from({ length: count }, () => async () => {
      const { status, text } = await client.post(path, { phone_number: '+91988123', otp: '123456' })
      if (status !== 400) throw new Error(`unexpected answer: ${status} ${text}`)
    })
    return perRequest(await runPhase(platform, CONNECTIONS, requests))
  }
  const cost = { send: await run('/send-otp'), check: await run('/verify-otp') }
  client.close()
  return cost
}

async function measureBare(bare: BareTraffic, count: number): Promise<Cost> {
  const { fresh, warm } = await bare.runBatch(CONNECTIONS, count)
  const [first, again] = [perRequest(fresh), perRequest(warm)]
  return { send: first === undefined || again === undefined ? undefined : first + again, check: again }
}

function medians(costs: readonly Cost[]): Cost {
  const median = (pick: (cost: Cost) => number | undefined) => {
    const values = costs.map(pick).filter((value) => value !== undefined)
    return values.length === 0 ? undefined : percentile(values, 0.5)
  }
  return { send: median(({ send }) => send), check: median(({ check }) => check) }
}
