import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { GUPSHUP_PATH } from '../../test/support/vendors/gupshup.ts'

/** Who we are to the lender. */
export const LENDER_USER = '5c7f0a1e-3b0d-4f52-9d0a-1f0c3a7b9e24'

/** What the vendor's process is told. It answers each command once, in order. */
export type VendorCommand =
  | { readonly do: 'delay'; readonly ms: number }
  | { readonly do: 'codes'; readonly phones: readonly string[] }
  | { readonly do: 'messages' }
  | { readonly do: 'applications' }
  | { readonly do: 'move'; readonly status: string }

export interface VendorReport {
  readonly port?: number
  readonly codes?: readonly (string | undefined)[]
  readonly messages?: Readonly<Record<string, number>>
  readonly applications?: Readonly<Record<string, number>>
}

export interface Vendor {
  /** The address for `GUPSHUP_API_URL`. */
  readonly apiUrl: string
  /** The address for `MSG91_API_URL`. */
  readonly msg91Url: string
  /** The address for `BASIC_APPLICATION_API_URL`. */
  readonly lenderUrl: string
  /** From now on each answer of those that send is this many milliseconds late. */
  setDelay(ms: number): Promise<void>
  /** The last code of each number, in their order. */
  codesOf(phones: readonly string[]): Promise<(string | undefined)[]>
  /** How many messages each number got, by its digits. */
  messages(): Promise<ReadonlyMap<string, number>>
  /** How many applications the lender has of each number, by its ten digits. */
  applications(): Promise<ReadonlyMap<string, number>>
  /** Moves all applications on to another status. */
  moveTo(status: string): Promise<void>
  stop(): void
}

/** Starts the stand-ins for Gupshup, MSG91 and the lender on loopback, in one process of their own. @param apiKey of all */
export async function startVendor(apiKey: string): Promise<Vendor> {
  const child = fork(fileURLToPath(new URL('vendor-process.ts', import.meta.url).href), [apiKey])
  const report = async () => ((await once(child, 'message')) as [VendorReport])[0]
  const tell = (command: VendorCommand): Promise<VendorReport> => {
    child.send(command)
    return report()
  }
  const { port } = await report()
  const address = `http://127.0.0.1:${port}`
  return {
    apiUrl: address + GUPSHUP_PATH,
    msg91Url: address,
    lenderUrl: address,
    setDelay: async (ms) => void (await tell({ do: 'delay', ms })),
    codesOf: async (phones) => [...((await tell({ do: 'codes', phones })).codes ?? [])],
    messages: async () => new Map(Object.entries((await tell({ do: 'messages' })).messages ?? {})),
    applications: async () => new Map(Object.entries((await tell({ do: 'applications' })).applications ?? {})),
    moveTo: async (status) => void (await tell({ do: 'move', status })),
    stop: () => void child.kill(),
  }
}
