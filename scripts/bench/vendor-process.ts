import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  BASIC_APPLICATION_ACTIVITY_PATH,
  BASIC_APPLICATION_CREATE_PATH,
  createBasicApplicationStandIn,
} from '../../test/support/vendors/basic-application.ts'
import { createGupshupStandIn, GUPSHUP_PATH } from '../../test/support/vendors/gupshup.ts'
import { createMsg91StandIn } from '../../test/support/vendors/msg91.ts'
import { LENDER_USER, type VendorCommand, type VendorReport } from './vendor.ts'

// The vendors in a process of their own, so that their work is in nobody else's figures. It starts with `vendor.ts`.

const HOST = '127.0.0.1'
const apiKey = process.argv[2] ?? ''

const codes = new Map<string, string>()
const messages = new Map<string, number>()
const applications = new Map<string, number>()
const lender = createBasicApplicationStandIn({
  userId: LENDER_USER,
  apiKey,
  md5: async (bytes) => createHash('md5').update(bytes).digest('hex'),
  onApplication: ({ mobile }) => void applications.set(mobile, (applications.get(mobile) ?? 0) + 1),
})
const isLenders = (path: string) =>
  path === BASIC_APPLICATION_CREATE_PATH || path.startsWith(`${BASIC_APPLICATION_ACTIVITY_PATH}/`)
let standIns = withDelay(0)

function withDelay(delayMs: number) {
  const onMessage = ({ destination, code }: { readonly destination: string; readonly code: string }) => {
    // What customers are told of a lead has none.
    if (code !== '') codes.set(destination, code)
    messages.set(destination, (messages.get(destination) ?? 0) + 1)
  }
  const gupshup = createGupshupStandIn({ apiKey, delayMs, onMessage })
  const msg91 = createMsg91StandIn({ authKey: apiKey, delayMs, onMessage })
  return { of: (path: string) => (path === GUPSHUP_PATH ? gupshup : isLenders(path) ? lender : msg91) }
}

async function serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  const { method = 'GET', url = '/', headers } = incoming
  const request = new Request(new URL(url, `http://${HOST}`), {
    method,
    headers: Object.entries(headers).map(([name, value]): [string, string] => [name, String(value)]),
    ...(method === 'POST' && { body: Buffer.concat(chunks) }),
  })
  const reply = await standIns.of(new URL(request.url).pathname).handle(request)
  outgoing.writeHead(reply.status, Object.fromEntries(reply.headers)).end(Buffer.from(await reply.arrayBuffer()))
}

function obey(command: VendorCommand): VendorReport {
  if (command.do === 'delay') standIns = withDelay(command.ms)
  if (command.do === 'codes') return { codes: command.phones.map((phone) => codes.get(phone.replace('+', ''))) }
  if (command.do === 'applications') return { applications: Object.fromEntries(applications) }
  if (command.do === 'move') for (const { basicAppId } of lender.applications) lender.setStatus(basicAppId, command.status)
  return { messages: Object.fromEntries(messages) }
}

const server = createServer((request, response) => {
  serve(request, response).catch(() => response.socket?.resetAndDestroy())
})
// The Worker's connections stay open between the phases.
server.keepAliveTimeout = 120_000
server.listen(0, HOST, () => process.send?.({ port: (server.address() as AddressInfo).port } satisfies VendorReport))
process.on('message', (command: VendorCommand) => process.send?.(obey(command)))
process.on('disconnect', () => process.exit())
