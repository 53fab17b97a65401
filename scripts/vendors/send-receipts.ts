import { setTimeout as pause } from 'node:timers/promises'
import type { ReceiptCall, TakenMessage } from './stand-in.ts'

/** The service must have its answer, and a person the time to watch the status move. */
const FIRST_PAUSE_MS = 1000
const NEXT_PAUSE_MS = 500
const TIMEOUT_MS = 10_000

/**
 * Reports on a message as its vendor would, a line for each call. A service that does not answer ends it. Never throws.
 * @param service its origin
 */
export async function sendReceipts(message: TakenMessage, service: string, print: (line: string) => void): Promise<void> {
  if (!message.receipts) return
  await pause(FIRST_PAUSE_MS)
  const calls = await message.receipts(service)
  if (calls.length === 0) print(`no reports on +${message.to}: it came without an address for them (PUBLIC_URL)`)
  for (const [index, call] of calls.entries()) {
    if (index > 0) await pause(NEXT_PAUSE_MS)
    const status = await statusOf(call)
    if (typeof status === 'string') {
      print(`no reports on +${message.to}: ${service} does not answer (${status})`)
      return
    }
    print(`reports +${message.to} ${message.eventOf?.(call.body) ?? ''}: ${status}${HINTS[status] ?? ''}`)
  }
}

const HINTS: Readonly<Record<number, string>> = { 403: ', not believed: are the lines above in .dev.vars?' }

/** The HTTP status that came back, or why there is none. */
async function statusOf({ url, method, headers, body }: ReceiptCall): Promise<number | string> {
  try {
    const response = await fetch(url, { method, headers, body, redirect: 'manual', signal: AbortSignal.timeout(TIMEOUT_MS) })
    await response.arrayBuffer()
    return response.status
  } catch (error) {
    const { name, cause } = error as Error & { cause?: { code?: string } }
    return cause?.code ?? name
  }
}
