import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { GUPSHUP_PATH } from '../../test/support/vendors/gupshup.ts'

/** What the vendor's process is told. It answers each command once, in order. */
export type VendorCommand =
  | { readonly do: 'delay'; readonly ms: number }
  | { readonly do: 'codes'; readonly phones: readonly string[] }
  | { readonly do: 'messages' }

export interface VendorReport {
  readonly port?: number
  readonly codes?: readonly (string | undefined)[]
  readonly messages?: Readonly<Record<string, number>>
}

export interface Vendor {
  /** The address for `GUPSHUP_API_URL`. */
  readonly apiUrl: string
  /** The address for `MSG91_API_URL`. */
  readonly msg91Url: string
  /** From now on each answer is this many milliseconds late. */
  setDelay(ms: number): Promise<void>
  /** The last code of each number, in their order. */
  codesOf(phones: readonly string[]): Promise<(string | undefined)[]>
  /** How many messages each number got, by its digits. */
  messages(): Promise<ReadonlyMap<string, number>>
  stop(): void
}

/** Starts the stand-ins for Gupshup and MSG91 on loopback, in one process of their own. @param apiKey of both */
export async function startVendor(apiKey: string): Promise<Vendor> {
  const child = fork(fileURLToPath(new URL('vendor-process.ts', import.meta.url).href), [apiKey])
  const report = async () => ((await once(child, 'message')) as [VendorReport])[0]
  const tell = (command: VendorCommand): Promise<VendorReport> => {
    child.send(command)
    return report()
  }
  const { port } = await report()
  const msg91Url = `http://127.0.0.1:${port}`
  return {
    apiUrl: msg91Url + GUPSHUP_PATH,
    msg91Url,
    setDelay: async (ms) => void (await tell({ do: 'delay', ms })),
    codesOf: async (phones) => [...((await tell({ do: 'codes', phones })).codes ?? [])],
    messages: async () => new Map(Object.entries((await tell({ do: 'messages' })).messages ?? {})),
    stop: () => void child.kill(),
  }
}
