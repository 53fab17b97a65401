import { createClient } from './client.ts'
import { checkLead } from './lead-checks.ts'
import type { SmokeOptions } from './options.ts'
import { checkPayment } from './payment-checks.ts'
import {
  checkAccess,
  checkHealth,
  checkLandline,
  checkMalformedJson,
  checkMode,
  checkOpenApi,
  checkPage,
  checkReady,
  checkUnknownPath,
} from './service-checks.ts'
import { createReport, type Report, skipped } from './step.ts'
import { checkVerification, randomIndianMobile } from './verification-checks.ts'

export interface SmokeTools {
  readonly print: (line: string) => void
  /** Asks the person at the terminal for the code; undefined where there is none. */
  readonly askCode: () => Promise<string | undefined>
  /** How long one answer may take. Milliseconds. */
  readonly timeoutMs?: number
}

/**
 * Walks through a running service and prints what works, a line a step.
 * @returns the exit code: 1 when a step failed
 */
export async function runSmoke(
  { url, phone, code, key, adminKey }: SmokeOptions,
  { print, askCode, timeoutMs }: SmokeTools,
): Promise<number> {
  const client = createClient(url, timeoutMs, key)
  const report = createReport(print)
  print(`${url}\n`)

  const { health } = await report.step('GET /health', () => checkHealth(client))
  if (health === undefined) {
    print('\nThis is not a running edge-verify. Nothing else was tried.')
    return 1
  }
  await report.step('GET /ready', () => checkReady(client))
  await report.step('GET /openapi.json', () => checkOpenApi(client))
  await report.step('GET /docs', () => checkPage(client, '/docs'))
  await report.step('GET /redoc', () => checkPage(client, '/redoc'))
  await report.step('GET an unknown path', () => checkUnknownPath(client))
  const { mode } = await report.step('GET /debug/whatsapp', () => checkMode(client))

  const isMisconfigured = health === 'misconfigured'
  const credential = key ?? adminKey
  const caller = createClient(url, timeoutMs, credential)
  if (!isMisconfigured) {
    const bare = createClient(url, timeoutMs)
    const access = await report.step('POST /send-otp, without a key', () => checkAccess(bare, credential !== undefined))
    if (access.isClosed === true && credential === undefined) {
      await report.step('all that wants a key', async () => skipped('there is none: --key, or EDGE_VERIFY_KEY'))
      return summary(report, print)
    }
    await report.step('POST /send-otp, broken JSON', () => checkMalformedJson(caller))
    await report.step('POST /send-otp, a landline', () => checkLandline(caller))
  }

  const isMock = mode === 'mock'
  const nobodys = isMock ? randomIndianMobile() : undefined
  const number = phone ?? nobodys
  const obstacle = isMisconfigured
    ? 'the service is misconfigured'
    : 'outside mock mode it sends a real message: say to which number with --phone'
  let isProven = false
  if (number === undefined || isMisconfigured) {
    await report.step('send and verify a code', async () => skipped(obstacle))
  } else {
    isProven = await checkVerification(report, caller, { phone: number, findCode: async () => code ?? (await askCode()) })
  }

  const operator = createClient(url, timeoutMs, adminKey ?? key)
  // Never the number that was named: what is known of it would be erased.
  await checkLead(report, { client: caller, operator, phone: nobodys, isProven: isProven && number === nobodys, health })
  await checkPayment(report, { client: caller, operator, isMock, health })
  return summary(report, print)
}

/** @returns the exit code */
function summary(report: Report, print: (line: string) => void): number {
  const [good, bad, left] = [report.count('worked'), report.count('failed'), report.count('skipped')]
  print(`\n${good} worked, ${bad} failed, ${left} skipped`)
  return bad === 0 ? 0 : 1
}
