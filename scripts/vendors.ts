import type { AddressInfo } from 'node:net'
import { introduction } from './vendors/introduction.ts'
import { parseOptions, USAGE } from './vendors/options.ts'
import { sendReceipts } from './vendors/send-receipts.ts'
import { createVendorsServer } from './vendors/server.ts'
import type { TakenMessage } from './vendors/stand-in.ts'
import { createStandIns } from './vendors/stand-ins.ts'

// `npm run vendors`: stand-ins of all vendors on loopback, to try the real adapters without an account. It takes the place
// of the phone too: each message is printed, code and all.

const HOST = '127.0.0.1'

const options = parseOptions(process.argv.slice(2))
if (!options) {
  console.error(USAGE)
  process.exit(1)
}
const { port, service, sendsReceipts } = options

/** The last code of each number, by its digits. */
const codes = new Map<string, string>()
const vendors = createStandIns(take)
const server = createVendorsServer(vendors, codes, print)
server.on('error', (error: NodeJS.ErrnoException) => {
  console.error(error.code === 'EADDRINUSE' ? 'This port is taken: choose another with --port.' : error.message)
  process.exit(1)
})
server.listen(port, HOST, () => {
  const address = `http://${HOST}:${(server.address() as AddressInfo).port}`
  console.log(introduction(address, vendors, { service, sendsReceipts }))
})

function take(message: TakenMessage): void {
  const { vendor, to, code, content } = message
  if (code !== '') codes.set(to, code)
  print(vendor, `to +${to}${code === '' ? '' : `  code ${code}`}  ${content}`)
  if (sendsReceipts) void sendReceipts(message, service, (line) => print(vendor, line))
}

function print(vendor: string, line: string): void {
  console.log(`${new Date().toTimeString().slice(0, 8)}  ${vendor.padEnd('whatsapp_cloud'.length)}  ${line}`)
}
