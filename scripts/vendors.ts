import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { parseArgs } from 'node:util'
import { createGupshupStandIn, GUPSHUP_PATH, GUPSHUP_SCENARIOS } from '../test/support/vendors/gupshup.ts'

// `npm run vendors [-- --port 8790]`: the stand-ins of the vendors on loopback, to try the real adapters without an
// account. It takes the place of the phone too: each message is printed, code and all.

const HOST = '127.0.0.1'
const API_KEY = 'local-gupshup-key'

const gupshup = createGupshupStandIn({
  apiKey: API_KEY,
  onMessage: ({ destination, code }) => console.log(`${time()}  gupshup  to +${destination}  code ${code}`),
})

const server = createServer((request, response) => void serve(request, response))
server.on('error', (error: NodeJS.ErrnoException) => {
  console.error(error.code === 'EADDRINUSE' ? 'This port is taken: choose another with --port.' : error.message)
  process.exit(1)
})
server.listen(readPort(), HOST, () => console.log(introduction((server.address() as AddressInfo).port)))

function readPort(): number {
  try {
    const { values } = parseArgs({ options: { port: { type: 'string', default: '8790' } } })
    if (!/^\d{1,5}$/.test(values.port) || Number(values.port) > 65_535) throw new RangeError('no such port')
    return Number(values.port)
  } catch {
    console.error('Usage: npm run vendors [-- --port 8790]')
    return process.exit(1)
  }
}

async function serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  try {
    const request = await toRequest(incoming, outgoing)
    const reply = codeReply(request) ?? (await gupshup.handle(request))
    if (!reply.ok) console.log(`${time()}  gupshup  refused: ${reply.status}`)
    outgoing.writeHead(reply.status, Object.fromEntries(reply.headers)).end(Buffer.from(await reply.arrayBuffer()))
  } catch {
    outgoing.socket?.resetAndDestroy()
  }
}

/** `GET /codes/<number>`: the last code that was sent to a number, for scripts that cannot read a terminal. */
function codeReply({ method, url }: Request): Response | undefined {
  const number = /^\/codes\/\+?(\d+)$/.exec(new URL(url).pathname)?.[1]
  if (method !== 'GET' || number === undefined) return undefined
  const code = gupshup.lastCode(number)
  return new Response(code ?? 'no code was sent to this number', { status: code === undefined ? 404 : 200 })
}

async function toRequest(incoming: IncomingMessage, outgoing: ServerResponse): Promise<Request> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  const caller = new AbortController()
  outgoing.on('close', () => caller.abort())
  const { method = 'GET', url = '/', headers } = incoming
  return new Request(new URL(url, `http://${HOST}`), {
    method,
    headers: Object.entries(headers).map(([name, value]): [string, string] => [name, String(value)]),
    signal: caller.signal,
    ...(method !== 'GET' && method !== 'HEAD' && { body: Buffer.concat(chunks) }),
  })
}

function introduction(port: number): string {
  const address = `http://${HOST}:${port}`
  const scenarios = Object.entries(GUPSHUP_SCENARIOS).map(([suffix, { what }]) => `  …${suffix}  ${what}`)
  return `Stand-in for Gupshup on ${address}. Nothing leaves this machine.

To use it, put these lines into .dev.vars and start \`npm run dev\` again:

PIONEER_FLAG_MOCK_OTP_ENABLED=false
GUPSHUP_API_URL=${address}${GUPSHUP_PATH}
GUPSHUP_API_KEY=${API_KEY}
GUPSHUP_SOURCE=917834811114
GUPSHUP_TEMPLATE_ID=c6aecef6-bcb0-4fb1-8100-28c094e3bc6b
GUPSHUP_SRC_NAME=LocalApp

What it answers depends on the last four digits of the number, such as +91 98765 40006:

${scenarios.join('\n')}
  others  202 submitted

Messages are printed below. The last code of a number is also at ${address}/codes/<number>.
`
}

function time(): string {
  return new Date().toTimeString().slice(0, 8)
}
