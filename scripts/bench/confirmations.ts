import { setTimeout as sleep } from 'node:timers/promises'
import { createClient, expectAnswer } from './client.ts'
import { AMOUNT_DUE, CASH, PAID, type Payer } from './payers.ts'
import { type Phase, runPhase } from './phase.ts'
import type { Platform } from './platform.ts'
import type { Vendor } from './vendor.ts'

/** One request of a confirmation. */
interface Step {
  readonly name: string
  readonly path: string
  readonly bodyOf: (payer: Payer, code: string | undefined) => object
  readonly status: number
  /** What the answer says. */
  readonly fields: Readonly<Record<string, unknown>>
}

const BRIEF_PATH = '/api/v1/otp'

const send: Step = {
  name: 'send',
  path: `${BRIEF_PATH}/send-otp-payment`,
  bodyOf: ({ loanId, repaymentId }) => ({
    loan_id: loanId,
    repayment_id: repaymentId,
    template_key: '1',
    contact_type: 'applicant',
  }),
  status: 200,
  fields: { success: true },
}

const verify: Step = {
  name: 'verify',
  path: `${BRIEF_PATH}/verify-otp-payment`,
  bodyOf: ({ loanId, repaymentId }, code) => ({
    loan_id: loanId,
    repayment_id: repaymentId,
    otp_code: code,
    contact_type: 'applicant',
  }),
  status: 200,
  fields: { success: true, payment_status_updated: false },
}

const update: Step = {
  name: 'update',
  path: `${BRIEF_PATH}/verify-otp-and-update-status`,
  bodyOf: ({ loanId, repaymentId, phone }, code) => ({
    loan_id: loanId,
    repayment_id: repaymentId,
    mobile: phone,
    otp_code: code,
    status_update: {
      loan_id: String(loanId),
      repayment_id: String(repaymentId),
      repayment_status: PAID,
      amount_collected: AMOUNT_DUE,
      payment_mode_id: CASH,
    },
  }),
  status: 200,
  fields: { success: true, payment_status_updated: true },
}

/** The ways to the right code: the first confirms nothing, and is what the others are compared with. */
export const WAYS = {
  plain: [
    {
      name: 'send',
      path: '/v1/verifications',
      bodyOf: ({ phone }) => ({ to: phone }),
      status: 201,
      fields: { status: 'pending' },
    },
    {
      name: 'check',
      path: '/v1/verifications/check',
      bodyOf: ({ phone }, code) => ({ to: phone, code }),
      status: 200,
      fields: { valid: true },
    },
  ],
  combined: [send, { ...update, name: 'verify and update' }],
  'two calls': [send, verify, update],
} as const satisfies Readonly<Record<string, readonly Step[]>>

export type Way = keyof typeof WAYS
export const WAY_NAMES = Object.keys(WAYS) as readonly Way[]

/** One step of all payers. */
export interface StepPhase {
  readonly name: string
  readonly phase: Phase
}

/** Takes all payers through a way, one step after the other, so that each has its own figures. */
export async function confirm(
  { service, vendor }: { readonly service: Platform; readonly vendor: Vendor },
  { way, connections, payers }: { readonly way: Way; readonly connections: number; readonly payers: readonly Payer[] },
  afterStep: () => Promise<void> = async () => {},
): Promise<StepPhase[]> {
  const client = createClient(service.url, connections)
  const phases: StepPhase[] = []
  let codes: readonly (string | undefined)[] = []
  for (const { name, path, bodyOf, status, fields } of WAYS[way]) {
    const requests = payers.map(
      (payer, index) => async () => expectAnswer(await client.post(path, bodyOf(payer, codes[index])), fields, status),
    )
    phases.push({ name, phase: await runPhase(service, connections, requests) })
    if (codes.length === 0) codes = await vendor.codesOf(payers.map(({ phone }) => phone))
    await afterStep()
  }
  client.close()
  return phases
}

const DONE = `SELECT count(*) AS n FROM verifications WHERE status = 'approved' AND (subject IS NULL OR intent IS NOT NULL)`
const DONE_BOUND_MS = 60_000
const POLL_MS = 200

/** Until D1 has the last state of so many verifications, or for a minute; what is missing then is told at the end. */
export async function waitForAudit(service: Platform, verifications: number): Promise<void> {
  const deadline = performance.now() + DONE_BOUND_MS
  while (performance.now() < deadline) {
    const [row] = await service.query(DONE)
    if (Number(row?.['n']) >= verifications) return
    await sleep(POLL_MS)
  }
}

/**
 * What contradicts the requests, a sentence each: every repayment must be paid, by exactly one change, and every
 * verification be known as approved.
 */
export async function contradictions(
  service: Platform,
  made: { readonly verifications: number; readonly changes: number },
): Promise<string[]> {
  const [found] = await service.query(
    `SELECT (SELECT count(*) FROM verifications WHERE status = 'approved' AND is_used = 1) AS verifications,
     (SELECT count(*) FROM verifications) AS allVerifications,
     (SELECT count(*) FROM repayment_change c JOIN verifications v ON v.id = c.verification_id) AS changes,
     (SELECT count(*) FROM repayment_change) AS allChanges,
     (SELECT count(*) FROM repayment r JOIN repayment_change c ON c.loan_id = r.loan_id AND c.repayment_id = r.id
      WHERE r.status_id = ${PAID} AND r.amount_collected = r.amount_due AND r.version = 2 AND c.version = 2
      AND c.amount = r.amount_due) AS paid`,
  )
  const { verifications, changes } = made
  const wanted = { verifications, allVerifications: verifications, changes, allChanges: changes, paid: changes }
  return Object.entries(wanted)
    .filter(([name, count]) => found?.[name] !== count)
    .map(([name, count]) => `D1 has ${found?.[name]} of "${name}", not ${count}`)
}
