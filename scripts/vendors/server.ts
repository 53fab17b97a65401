import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { oneLine } from '../smoke/client.ts'
import { wholeTable } from './scenarios.ts'
import type { VendorStandIn } from './stand-in.ts'

/** Of an answer in the terminal. */
const SHOWN_CHARACTERS = 100

/** All vendors behind one address: none of them shares a path with another. */
export function createVendorsServer(
  vendors: readonly VendorStandIn[],
  codes: ReadonlyMap<string, string>,
  print: (vendor: string, line: string) => void,
): Server {
  async function serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    try {
      const request = await toRequest(incoming, outgoing)
      const reply = ownReply(request, vendors, codes) ?? (await vendorReply(request))
      const body = Buffer.from(await reply.arrayBuffer())
      outgoing.writeHead(reply.status, Object.fromEntries(reply.headers)).end(body)
    } catch {
      outgoing.socket?.resetAndDestroy()
    }
  }

  async function vendorReply(request: Request): Promise<Response> {
    const vendor = vendors.find(({ paths }) => paths.test(new URL(request.url).pathname))
    if (!vendor) return new Response('no vendor has this path', { status: 404 })
    try {
      const reply = await vendor.handle(request)
      print(vendor.id, `answered ${reply.status} ${oneLine(await reply.clone().text()).slice(0, SHOWN_CHARACTERS)}`)
      return reply
    } catch (error) {
      print(vendor.id, `gave no answer: ${(error as Error).message}`)
      throw error
    }
  }

  return createServer((incoming, outgoing) => void serve(incoming, outgoing))
}

/** What the vendors have not: the codes, for scripts that cannot read a terminal, and the special numbers. */
function ownReply(
  { method, url }: Request,
  vendors: readonly VendorStandIn[],
  codes: ReadonlyMap<string, string>,
): Response | undefined {
  const { pathname } = new URL(url)
  if (method !== 'GET') return undefined
  if (pathname === '/scenarios') return new Response(wholeTable(vendors))
  const number = /^\/codes\/\+?(\d+)$/.exec(pathname)?.[1]
  if (number === undefined) return undefined
  const code = codes.get(number)
  return new Response(code ?? 'no code was sent to this number', { status: code === undefined ? 404 : 200 })
}

async function toRequest(incoming: IncomingMessage, outgoing: ServerResponse): Promise<Request> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  const caller = new AbortController()
  outgoing.on('close', () => caller.abort())
  const { method = 'GET', url = '/', headers } = incoming
  return new Request(new URL(url, 'http://127.0.0.1'), {
    method,
    headers: Object.entries(headers).map(([name, value]): [string, string] => [name, String(value)]),
    signal: caller.signal,
    ...(method !== 'GET' && method !== 'HEAD' && { body: Buffer.concat(chunks) }),
  })
}
