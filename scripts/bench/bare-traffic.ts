import { type Client, createClient, expectAnswer } from './client.ts'
import { type Phase, runPhase } from './phase.ts'
import type { Platform } from './platform.ts'

/** The routes of the bare Worker (`bare-worker.ts`), and how often the object has been written to after each. */
const WRITES_SO_FAR = { plain: 0, fresh: 1, warm: 2, send: 1, check: 4 } as const

export type BareRoute = keyof typeof WRITES_SO_FAR
export type BareBatch = Readonly<Record<BareRoute, Phase>>

/** So short that they are told from the ticks of the clock only in greater numbers. */
const PLAIN_FACTOR = 3

/** The bare round trips of a run; takes a fresh object for each that needs one. */
export class BareTraffic {
  #objects = 0
  readonly #bare: Platform

  constructor(bare: Platform) {
    this.#bare = bare
  }

  /** Calls `count` new objects and the same ones again, twice: alone, and with the other calls of a send and a check. */
  async runBatch(connections: number, count: number): Promise<BareBatch> {
    const client = createClient(this.#bare.url, connections)
    const run = (route: BareRoute, names: readonly string[]) =>
      runPhase(
        this.#bare,
        connections,
        names.map((name) => toCall(client, route, name)),
      )
    const [alone, together] = [this.#takeNames(count), this.#takeNames(count)]
    const batch = {
      plain: await run(
        'plain',
        Array.from({ length: count * PLAIN_FACTOR }, () => ''),
      ),
      fresh: await run('fresh', alone),
      warm: await run('warm', alone),
      send: await run('send', together),
      check: await run('check', together),
    }
    client.close()
    return batch
  }

  #takeNames(count: number): string[] {
    return Array.from({ length: count }, () => `object-${this.#objects++}`)
  }
}

function toCall(client: Client, route: BareRoute, name: string) {
  return async () => expectAnswer(await client.get(`/${route}/${name}`), { count: WRITES_SO_FAR[route] })
}
