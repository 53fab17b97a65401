import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

/** What may be wrong with, or different about, the stand-in. */
export interface Faults {
  mode?: 'mock' | 'real' | 'production'
  misconfigured?: boolean
  databaseDown?: boolean
  openapi?: string
  noPages?: boolean
  crashesOnBrokenJson?: boolean
  acceptsLandlines?: boolean
  webPageForUnknownPaths?: boolean
  sendFails?: boolean
  noCooldown?: boolean
  noRetryAfter?: boolean
  otherRetryAfterInBody?: boolean
  hidesGuessesLeft?: boolean
  refusesTheRightCode?: boolean
  acceptsACodeTwice?: boolean
  /** Without it everybody may read and create loans. */
  adminKey?: string
  /** Without it everybody may do the rest. */
  callerKey?: string
  /** What the caller's key is not for. */
  lacksScope?: string
  /** Of payments. */
  paymentCode?: string
  noPaidStatus?: boolean
  refusesLoans?: boolean
  paymentSendFails?: boolean
  updateFails?: boolean
  updatesOnce?: boolean
  changesTwice?: boolean
  roundsAmounts?: boolean
  noStory?: boolean
  /** Of leads. */
  noLeads?: boolean
  requiresProof?: boolean
  forgetsProof?: boolean
  leadWaits?: boolean
  makesTwoLeads?: boolean
  noLeadStatus?: boolean
  noLeadRead?: boolean
  showsPan?: boolean
  eraseFails?: boolean
  keepsErased?: boolean
}

interface Reply {
  status: number
  body: object | string
  headers?: Record<string, string>
}

const CODE = '042599'

/** As much of the service's contract as the smoke test asks about, on a free port of this machine. */
export async function startFakeService(faults: Faults = {}) {
  const live = new Set<string>()
  const sentTo: string[] = []
  const requests: string[] = []
  const withKey: string[] = []

  const send = (body: string): Reply => {
    let phone: string
    try {
      phone = (JSON.parse(body) as { phone_number: string }).phone_number
    } catch {
      return faults.crashesOnBrokenJson ? { status: 500, body: 'Internal Server Error' } : refusal(400, 'malformed_json')
    }
    if (faults.misconfigured) return refusal(503, 'misconfigured')
    if (!/^\+91[6-9]\d{9}$/.test(phone) && !faults.acceptsLandlines) return refusal(400, 'invalid_phone')
    if (faults.sendFails) return refusal(502, 'delivery_failed')
    if (sentTo.includes(phone) && !faults.noCooldown) {
      const reply = refusal(429, 'cooldown_active', { retry_after: faults.otherRetryAfterInBody ? 7 : 60 })
      return faults.noRetryAfter ? reply : { ...reply, headers: { 'retry-after': '60' } }
    }
    sentTo.push(phone)
    live.add(phone)
    return success({ phone_number: phone, ...((faults.mode ?? 'mock') === 'mock' ? { otp: CODE } : {}) })
  }

  const verify = (body: string): Reply => {
    const { phone_number: phone, otp } = JSON.parse(body) as { phone_number: string; otp: string }
    if (!live.has(phone)) return refusal(404, 'verification_not_found')
    if (otp !== CODE || faults.refusesTheRightCode) {
      return refusal(400, 'code_incorrect', faults.hidesGuessesLeft ? {} : { attempts_left: 4 })
    }
    if (!faults.acceptsACodeTwice) live.delete(phone)
    if (!faults.forgetsProof) proven.add(phone)
    return success({ phone_number: phone })
  }

  const payments = fakePayments(faults)
  const proven = new Set<string>()
  const leads = fakeLeads(faults, (phone) => proven.has(phone))
  const debug = (): Reply =>
    faults.mode === 'production'
      ? refusal(404, 'route_not_found')
      : { status: 200, body: { mock: (faults.mode ?? 'mock') === 'mock' } }
  const page = (): Reply => (faults.noPages ? refusal(404, 'route_not_found') : { status: 200, body: '<!doctype html>' })

  const routes: Record<string, (body: string) => Reply> = {
    'GET /health': () => ({ status: 200, body: { status: faults.misconfigured ? 'misconfigured' : 'healthy' } }),
    'GET /ready': () => ready(faults),
    'GET /openapi.json': () => ({ status: 200, body: { openapi: faults.openapi ?? '3.1.0', paths: { '/send-otp': {} } } }),
    'GET /docs': page,
    'GET /redoc': page,
    'GET /debug/whatsapp': debug,
    'POST /send-otp': send,
    'POST /verify-otp': verify,
    ...payments.routes,
    ...leads.routes,
  }

  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const route = `${request.method} ${request.url}`
    requests.push(route)
    const unknown = faults.webPageForUnknownPaths ? { status: 404, body: '<!doctype html>' } : refusal(404, 'route_not_found')
    const { authorization } = request.headers
    if (authorization !== undefined) withKey.push(route)
    const refused = refusalOf(faults, route, authorization)
    const handler = routes[route] ?? payments.story(route) ?? leads.read(route)
    const { status, body, headers } = refused ?? handler?.(await text(request)) ?? unknown
    const isText = typeof body === 'string'
    response.writeHead(status, { 'content-type': isText ? 'text/html; charset=utf-8' : 'application/json', ...headers })
    response.end(isText ? body : JSON.stringify(body))
  }
  const server = createServer((request, response) => void handle(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** The code that every number gets. */
    code: CODE,
    /** Whose leads are there now. */
    leadsOf: leads.phones,
    sentTo,
    requests,
    /** Requests that came with a bearer token. */
    withKey,
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Who may call, by the two keys that there can be. */
function refusalOf(
  { adminKey, callerKey, lacksScope }: Faults,
  route: string,
  authorization: string | undefined,
): Reply | undefined {
  const isOperator = adminKey !== undefined && authorization === `Bearer ${adminKey}`
  if (isOperator || /^GET \/(?!v1\/)/.test(route)) return undefined
  const isCaller = callerKey !== undefined && authorization === `Bearer ${callerKey}`
  const isTheirs = / \/v1\//.test(route) ? adminKey === undefined : true
  if (isCaller && (lacksScope !== undefined || !isTheirs)) {
    const reply = refusal(403, `insufficient_scope, it wants ${lacksScope ?? 'loans:read'}`)
    return { ...reply, headers: { 'www-authenticate': 'Bearer error="insufficient_scope"' } }
  }
  const isOpen = isCaller || (callerKey === undefined && isTheirs)
  return isOpen ? undefined : { ...refusal(401, 'unauthorized'), headers: { 'www-authenticate': 'Bearer' } }
}

/** Loans, and codes that confirm their repayments. */
function fakePayments(faults: Faults) {
  const amounts = new Map<string, string>()
  const changes = new Map<string, number>()

  const createLoan = (body: string): Reply => {
    const { id, repayments } = JSON.parse(body) as { id: string; repayments: { amount_due: string }[] }
    if (faults.refusesLoans) return refusal(400, 'invalid_request')
    amounts.set(id, repayments[0]!.amount_due)
    return { status: 201, body: { id } }
  }

  const update = (body: string): Reply => {
    const { loan_id: id, otp_code: code, status_update: wanted } = JSON.parse(body) as UpdateRequest
    const isRight = code === (faults.paymentCode ?? '123456')
    if (!amounts.has(id) || wanted.repayment_status !== 30 || wanted.payment_mode_id !== 7) return refusal(422, 'update_refused')
    if (!isRight) return { status: 400, body: { success: false, message: 'wrong', error: 'code_incorrect', attempts_left: 2 } }
    if (faults.updateFails || (faults.updatesOnce && changes.has(id))) return refusal(503, 'update_pending')
    changes.set(id, faults.changesTwice ? (changes.get(id) ?? 0) + 1 : 1)
    return { status: 200, body: { success: true, message: 'done', payment_status_updated: true } }
  }

  const story = (route: string): (() => Reply) | undefined => {
    const id = /^GET \/v1\/loans\/([^/]+)\/repayments\/1\/story$/.exec(route)?.[1]
    if (id === undefined) return undefined
    const changed = Array.from({ length: changes.get(id) ?? 0 }, () => ({ type: 'status.changed' }))
    const entries = faults.noStory ? [] : [{ type: 'code.requested' }, ...changed]
    const collected = faults.roundsAmounts ? '5000.00' : amounts.get(id)
    return () => ({ status: 200, body: { amount_collected: collected, entries } })
  }

  const paid = { id: 30, code: 'paid', kind: 'paid' }
  const routes: Record<string, (body: string) => Reply> = {
    'GET /v1/repayment-statuses': () => ({
      status: 200,
      body: { repayment_statuses: [{ id: 10, code: 'pending', kind: 'open' }, ...(faults.noPaidStatus ? [] : [paid])] },
    }),
    'GET /v1/payment-modes': () => ({ status: 200, body: { payment_modes: [{ id: 7, code: 'cash' }] } }),
    'POST /v1/loans': createLoan,
    'POST /api/v1/otp/send-otp-payment': () => (faults.paymentSendFails ? refusal(502, 'delivery_failed') : success({})),
    'POST /api/v1/otp/verify-otp-and-update-status': update,
  }
  return { routes, story }
}

interface UpdateRequest {
  readonly loan_id: string
  readonly otp_code: string
  readonly status_update: { readonly repayment_status: number; readonly payment_mode_id: number }
}

/** Leads of a lender that takes everything. */
function fakeLeads(faults: Faults, isProven: (phone: string) => boolean) {
  const byPhone = new Map<string, string>()
  let made = 0

  const create = (body: string): Reply => {
    const { mobile_number: phone } = JSON.parse(body) as { mobile_number: string }
    if (faults.noLeads) return refusal(503, 'leads_not_configured')
    if (faults.requiresProof && !isProven(phone)) return refusal(403, 'phone_not_verified')
    if (faults.leadWaits) return { status: 202, body: { basic_application_id: null, lead_id: 'l', message: 'saved' } }
    const known = faults.makesTwoLeads ? undefined : byPhone.get(phone)
    const id = known ?? `MOCK${(made += 1)}`
    if (!byPhone.has(phone)) byPhone.set(phone, id)
    return { status: 200, body: { basic_application_id: id, message: 'created' } }
  }

  const status = (body: string): Reply => {
    const asked = JSON.parse(body) as { mobile_number?: string; basic_application_id?: string }
    const isThere = [...byPhone].some(([phone, id]) => phone === asked.mobile_number || id === asked.basic_application_id)
    if (!isThere || faults.noLeadStatus) return refusal(404, 'lead_not_found')
    return { status: 200, body: { status: 'Under Review', message: 'under review' } }
  }

  const read = (route: string): (() => Reply) | undefined => {
    const id = /^GET \/v1\/leads\/([^/]+)$/.exec(route)?.[1]
    const phone = [...byPhone].find(([, one]) => one === id)?.[0]
    if (phone === undefined || faults.noLeadRead) return undefined
    return () => ({ status: 200, body: { phone, pan: faults.showsPan ? 'ABCDE1234F' : '******234F', submission: 'submitted' } })
  }

  const erase = (body: string): Reply => {
    if (faults.eraseFails) return refusal(503, 'dependency_unavailable')
    if (!faults.keepsErased) byPhone.delete((JSON.parse(body) as { phone: string }).phone)
    return { status: 200, body: { erased: { leads: 1 } } }
  }

  const routes: Record<string, (body: string) => Reply> = {
    'POST /api_v1/lead_create': create,
    'POST /api_v1/lead_status': status,
    'POST /v1/people/erase': erase,
  }
  return { routes, read, phones: () => [...byPhone.keys()] }
}

function ready({ databaseDown, misconfigured }: Faults): Reply {
  const checks = { config: misconfigured ? 'failing' : 'ok', d1: databaseDown ? 'failing' : 'ok', kv: 'ok', gate: 'ok' }
  const isReady = !databaseDown && !misconfigured
  const problems = misconfigured ? { problems: ['OTP_PEPPER is missing'] } : {}
  return { status: isReady ? 200 : 503, body: { status: isReady ? 'ready' : 'not_ready', checks, ...problems } }
}

function success(data: object): Reply {
  return { status: 200, body: { success: true, message: 'done', data } }
}

function refusal(status: number, error: string, data: object = {}): Reply {
  return { status, body: { success: false, message: `refused: ${error}`, data: { phone_number: null, error, ...data } } }
}
