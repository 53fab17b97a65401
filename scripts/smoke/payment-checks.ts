import { randomUUID } from 'node:crypto'
import type { Answer, Client } from './client.ts'
import { failed, type Finding, type Outcome, type Report, skipped, unexpected, worked } from './step.ts'
import { randomIndianMobile } from './verification-checks.ts'

export interface PaymentInput {
  readonly client: Client
  /** The same service, with the operator's key where it is known. */
  readonly operator: Client
  readonly isMock: boolean
  readonly health: 'healthy' | 'misconfigured'
}

/** A payment of which everything is made up, for a loan that nobody else has. */
interface Payment {
  readonly loanId: string
  readonly repaymentId: string
  readonly phone: string
  readonly body: object
}

/** The codes of mock mode, in the lengths that payments have: in `npm run dev`, and by default. */
const MOCK_CODES = ['123456', '1234']

interface References {
  readonly paidId: number
  readonly modeId: number
}

/** Has a customer confirm a payment by a code, and reads what happened as an auditor would. */
export async function checkPayment(report: Report, { client, operator, isMock, health }: PaymentInput): Promise<void> {
  const skipTheRest = (reason: string) => report.step('confirm a payment', async () => skipped(reason))
  if (health === 'misconfigured') return void (await skipTheRest('the service is misconfigured'))

  const { paidId, modeId } = await report.step('GET /v1/repayment-statuses, modes', () => readReferences(operator))
  if (paidId === undefined || modeId === undefined) return void (await skipTheRest('it needs /v1/loans'))
  if (!isMock) return void (await skipTheRest('outside mock mode it would leave a loan behind and send one more message'))

  const payment = newPayment({ paidId, modeId })
  const loan = await report.step('POST /v1/loans', () => createLoan(operator, payment))
  if (loan.mark !== 'worked') return void (await skipTheRest('there is no loan'))
  const sent = await report.step('POST /api/v1/otp/send-otp-payment', () => sendCode(client, payment))
  if (sent.mark !== 'worked') return void (await skipTheRest('there is no code'))
  const { code, ...updated } = await report.step<{ code: string }>('…/verify-otp-and-update-status', () =>
    update(client, payment),
  )
  await report.step('…, the same again', async () =>
    code === undefined ? skipped('it did not work the first time') : checkAgain(client, payment, code),
  )
  await report.step('the story of the repayment', async () =>
    updated.mark === 'worked' ? checkStory(operator, payment) : skipped('nothing was changed'),
  )
}

/** Their numbers are the deployment's own. Closed without the operator's key, where there is one. */
async function readReferences(operator: Client): Promise<Finding<References>> {
  const [statuses, modes] = await Promise.all([operator.get('/v1/repayment-statuses'), operator.get('/v1/payment-modes')])
  if (statuses.status === 401) return skipped('closed: put ADMIN_API_KEY of the service into the environment')
  const paid = listIn(statuses, 'repayment_statuses').find(({ kind }) => kind === 'paid')
  const mode = listIn(modes, 'payment_modes')[0]
  if (!paid) return unexpected('200 with a status of the kind paid', statuses)
  if (!mode) return unexpected('200 with a payment mode', modes)
  return { ...worked(`paid is ${String(paid['id'])}`), paidId: Number(paid['id']), modeId: Number(mode['id']) }
}

function newPayment({ paidId, modeId }: References): Payment {
  const loanId = `smoke-${randomUUID()}`
  const ids = { loan_id: loanId, repayment_id: '1' }
  const phone = randomIndianMobile()
  const statusUpdate = { ...ids, repayment_status: paidId, amount_collected: 5000.5, payment_mode_id: modeId }
  return { loanId, repaymentId: '1', phone, body: { ...ids, mobile: phone, status_update: statusUpdate } }
}

async function createLoan(operator: Client, { loanId, repaymentId, phone }: Payment): Promise<Outcome> {
  const repayments = [{ id: repaymentId, amount_due: '5000.50' }]
  const answer = await operator.post('/v1/loans', { id: loanId, contacts: { applicant: { phone } }, repayments })
  return answer.status === 201 ? worked('a loan with a made-up customer') : unexpected('201', answer)
}

async function sendCode(client: Client, { loanId, repaymentId }: Payment): Promise<Outcome> {
  const answer = await client.post('/api/v1/otp/send-otp-payment', { loan_id: loanId, repayment_id: repaymentId })
  return isSuccess(answer) ? worked('a code is on its way') : unexpected('200', answer)
}

async function update(client: Client, payment: Payment): Promise<Finding<{ code: string }>> {
  for (const code of MOCK_CODES) {
    const answer = await sendUpdate(client, payment, code)
    if (isUpdated(answer)) return { ...worked('the repayment is paid'), code }
    if (answer.json['error'] !== 'code_incorrect') return unexpected('200 with payment_status_updated', answer)
  }
  return skipped('codes of payments have another length here (MSG91_OTP_LENGTH), and are not known')
}

async function checkAgain(client: Client, payment: Payment, code: string): Promise<Outcome> {
  const answer = await sendUpdate(client, payment, code)
  return isUpdated(answer) ? worked('answered again') : unexpected('the same answer', answer)
}

/** The repayment is paid once, however often that was asked for. */
async function checkStory(operator: Client, { loanId, repaymentId }: Payment): Promise<Outcome> {
  const answer = await operator.get(`/v1/loans/${loanId}/repayments/${repaymentId}/story`)
  const entries = listIn(answer, 'entries')
  if (answer.status !== 200 || entries.length === 0) return unexpected('200 with entries', answer)
  const changes = entries.filter(({ type }) => type === 'status.changed').length
  const { amount_collected: collected } = answer.json
  return changes === 1 && collected === '5000.50'
    ? worked(`${entries.length} entries, one change`)
    : failed(`${changes} changes, ${String(collected)} collected, instead of one of 5000.50`)
}

function sendUpdate(client: Client, { body }: Payment, code: string): Promise<Answer> {
  return client.post('/api/v1/otp/verify-otp-and-update-status', { ...body, otp_code: code })
}

function isSuccess({ status, json }: Answer): boolean {
  return status === 200 && json['success'] === true
}

function isUpdated(answer: Answer): boolean {
  return isSuccess(answer) && answer.json['payment_status_updated'] === true
}

function listIn({ json }: Answer, name: string): readonly Record<string, unknown>[] {
  const list = json[name]
  return Array.isArray(list) ? (list as Record<string, unknown>[]) : []
}
