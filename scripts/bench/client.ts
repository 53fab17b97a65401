import { Agent, type IncomingHttpHeaders, request } from 'node:http'
import { asServer, type Headers } from './callers.ts'

export interface Answer {
  readonly status: number
  readonly text: string
  readonly headers: IncomingHttpHeaders
}

export interface Call {
  readonly method: string
  /** With its query. */
  readonly path: string
  readonly headers?: Headers
  readonly body?: string
}

/** A caller with a fixed number of connections that stay open, as a proxy in front of many people has. */
export interface Client {
  get(path: string): Promise<Answer>
  post(path: string, body: object): Promise<Answer>
  send(call: Call): Promise<Answer>
  close(): void
}

/**
 * @param url without a slash at its end
 * @param headersOf what each request says of who sends it, besides its own headers
 */
export function createClient(url: string, connections: number, headersOf: () => Headers = asServer): Client {
  const agent = new Agent({ keepAlive: true, maxSockets: connections })
  const { hostname, port } = new URL(url)

  const send = ({ method, path, headers, body }: Call) =>
    new Promise<Answer>((resolve, reject) => {
      const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }
      const all = { ...headersOf(), ...headers, ...length }
      const outgoing = request({ agent, hostname, port, method, path, headers: all }, (incoming) => {
        let text = ''
        incoming.setEncoding('utf8')
        incoming.on('data', (chunk: string) => (text += chunk))
        incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, text, headers: incoming.headers }))
        incoming.on('error', reject)
      })
      outgoing.on('error', reject)
      outgoing.end(body)
    })

  return {
    get: (path) => send({ method: 'GET', path }),
    post: (path, body) =>
      send({ method: 'POST', path, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    send,
    close: () => agent.destroy(),
  }
}

/** @throws unless the answer has this status, and a body with these fields */
export function expectAnswer(answer: Answer, fields: Readonly<Record<string, unknown>>, status = 200): void {
  const body = answer.status === status ? (JSON.parse(answer.text) as Record<string, unknown>) : undefined
  const isRight = body && Object.entries(fields).every(([name, value]) => body[name] === value)
  if (!isRight) throw new Error(`unexpected answer: ${answer.status} ${answer.text.slice(0, 300)}`)
}
