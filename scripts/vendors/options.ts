import { parseArgs } from 'node:util'
import { toAddress } from '../smoke/options.ts'

export interface VendorsOptions {
  readonly port: number
  /** The origin of the service that the vendors report to. */
  readonly service: string
  readonly sendsReceipts: boolean
}

export const USAGE = 'Usage: npm run vendors [-- --port 8790 --service http://127.0.0.1:8787 --no-receipts]'

/** The options of the command line, undefined where they make no sense. */
export function parseOptions(args: readonly string[]): VendorsOptions | undefined {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        port: { type: 'string', default: '8790' },
        // Where `npm run dev` listens.
        service: { type: 'string', default: 'http://127.0.0.1:8787' },
        'no-receipts': { type: 'boolean', default: false },
      },
    })
    const service = toAddress(values.service)
    if (!/^\d{1,5}$/.test(values.port) || Number(values.port) > 65_535 || service === undefined) return undefined
    return { port: Number(values.port), service: new URL(service).origin, sendsReceipts: !values['no-receipts'] }
  } catch {
    return undefined
  }
}
