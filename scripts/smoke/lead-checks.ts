import type { Answer, Client } from './client.ts'
import { expectRefusal } from './service-checks.ts'
import { failed, type Finding, type Outcome, type Report, skipped, unexpected, worked } from './step.ts'

export interface LeadInput {
  readonly client: Client
  /** The same service, with the operator's key where it is known. */
  readonly operator: Client
  /** A number of nobody, undefined outside mock mode. */
  readonly phone: string | undefined
  /** Was a code that was sent to it typed just now? */
  readonly isProven: boolean
  readonly health: 'healthy' | 'misconfigured'
}

const PAN = 'ABCDE1234F'
const CLOSED = 'closed: put ADMIN_API_KEY of the service into the environment'

/** Has a made-up customer ask for a loan, looks at it as the operator would, and has the customer erased. */
export async function checkLead(report: Report, { client, operator, phone, isProven, health }: LeadInput): Promise<void> {
  const skipAll = (reason: string) => report.step('create a lead', async () => skipped(reason))
  if (health === 'misconfigured') return void (await skipAll('the service is misconfigured'))
  if (phone === undefined) return void (await skipAll('outside mock mode it would hand an application to the lender'))

  const { applicationId: id } = await report.step('POST /api_v1/lead_create', () => createLead(client, phone, isProven))
  if (id === undefined) return
  await report.step('POST /api_v1/lead_create, again', () => checkAgain(client, phone, id))
  await report.step('POST /api_v1/lead_status', () => checkStatus(client, phone))
  await report.step('GET /v1/leads/{id}', () => checkRead(operator, phone, id))
  await report.step('POST /v1/people/erase', () => erase(client, operator, phone, id))
}

async function createLead(client: Client, phone: string, isProven: boolean): Promise<Finding<{ applicationId: string }>> {
  const answer = await askForLoan(client, phone)
  const error = errorOf(answer)
  if (error === 'leads_not_configured') return skipped(String(answer.json['message']))
  if (error === 'phone_not_verified' && !isProven) {
    return skipped('it wants a verified number (LEADS_REQUIRE_VERIFIED_PHONE), and this one is not')
  }
  const applicationId = answer.json['basic_application_id']
  return answer.status === 200 && typeof applicationId === 'string'
    ? { ...worked('the lender of mock mode has it'), applicationId }
    : unexpected('200 with basic_application_id', answer)
}

async function checkAgain(client: Client, phone: string, applicationId: string): Promise<Outcome> {
  const answer = await askForLoan(client, phone)
  return answer.status === 200 && answer.json['basic_application_id'] === applicationId
    ? worked('the same lead')
    : unexpected('the same lead', answer)
}

async function checkStatus(client: Client, phone: string): Promise<Outcome> {
  const answer = await client.post('/api_v1/lead_status', { mobile_number: phone })
  const { status } = answer.json
  return answer.status === 200 && typeof status === 'string' ? worked(status) : unexpected('200 with a status', answer)
}

/** The operator sees all of it but the PAN. */
async function checkRead(operator: Client, phone: string, applicationId: string): Promise<Outcome> {
  const answer = await operator.get(`/v1/leads/${applicationId}`)
  if (answer.status === 401) return skipped(CLOSED)
  if (answer.status !== 200 || answer.json['phone'] !== phone) return unexpected('200 with the lead', answer)
  return answer.text.includes(PAN) ? failed('the PAN is not masked') : worked(`submission ${String(answer.json['submission'])}`)
}

/** Nothing of the customer stays, since nobody asked for a loan. */
async function erase(client: Client, operator: Client, phone: string, applicationId: string): Promise<Outcome> {
  const answer = await operator.post('/v1/people/erase', { phone, requested_by: 'smoke' })
  if (answer.status === 401) return skipped(`${CLOSED}. The made-up customer ${phone} stays`)
  if (answer.status !== 200) return unexpected('200', answer)
  const gone = expectRefusal(404, await client.post('/api_v1/lead_status', { basic_application_id: applicationId }))
  return gone.mark === 'worked' ? worked('the customer is erased') : gone
}

/** Brief 001's request. */
function askForLoan(client: Client, phone: string): Promise<Answer> {
  return client.post('/api_v1/lead_create', {
    loan_type: 'home_loan',
    loan_amount: 5_000_000,
    loan_tenure: 20,
    pan_number: PAN,
    first_name: 'John',
    last_name: 'Doe',
    gender: 'Male',
    mobile_number: phone,
    email: 'john.doe@example.com',
    dob: '15/06/1990',
    pin_code: '400001',
  })
}

function errorOf({ json: { data } }: Answer): unknown {
  return typeof data === 'object' && data !== null ? (data as Record<string, unknown>)['error'] : undefined
}
