import { expect, it } from 'vitest'
import { expectDocumented } from './support/conformance'

const SEND = { method: 'POST', path: '/send-otp' }
const SENT = { success: true, message: 'OTP sent successfully', data: { phone_number: '+917888888888' } }
/** Of the limits of the number. */
const LEFT = { 'ratelimit-policy': '"cooldown";q=1;w=60', ratelimit: '"cooldown";r=0;t=60' }
const COOLDOWN = { success: false, message: 'Wait.', data: { phone_number: null, error: 'cooldown_active', retry_after: 42 } }

function answer(body: unknown, init: { status?: number; headers?: Record<string, string> } = {}): Response {
  const headers = { 'content-type': 'application/json', 'x-request-id': 'abc', ...init.headers }
  return new Response(typeof body === 'string' ? body : JSON.stringify(body), { status: init.status ?? 200, headers })
}

const CHALLENGE = { method: 'GET', path: '/webhooks/whatsapp_cloud?hub.mode=subscribe' }
const text = (body: string, headers: Record<string, string> = {}) =>
  answer(body, { headers: { 'content-type': 'text/plain; charset=UTF-8', ...headers } })

const EXPORT = { method: 'GET', path: '/v1/leads/export?created_after=2026-11-01T00:00:00Z' }
const FILE = { 'content-disposition': 'attachment; filename="a.csv"' }
const csv = (body: string, headers: Record<string, string> = FILE) =>
  answer(body, { headers: { 'content-type': 'text/csv; charset=utf-8', ...headers } })

const LEAD = { loan_type: 'HL', loan_amount: 1_000, loan_tenure_years: 1, phone: '+91********88', application_id: null }
const kept = (headers: Record<string, string>) => {
  const times = { created_at: '2026-11-21T06:30:00Z', updated_at: '2026-11-21T06:30:00Z' }
  return answer({ ...LEAD, ...times, id: 'lead-1', status: null, submission: 'waiting' }, { status: 202, headers })
}

const TEMPLATES = { method: 'GET', path: '/v1/templates' }
const PROBLEM = { type: 'urn:x', title: 'No', status: 401, detail: 'No.', code: 'unauthorized', request_id: 'abc' }
const unauthorized = (headers: Record<string, string>) =>
  answer(PROBLEM, { status: 401, headers: { 'content-type': 'application/problem+json', ...headers } })

const UPDATE = { method: 'POST', path: '/api/v1/otp/verify-otp-and-update-status' }
const NOT_UPDATED = { success: false, message: 'Later.', payment_status_updated: false }
const pending = (headers: Record<string, string>) =>
  answer({ ...NOT_UPDATED, error: 'update_pending', retry_after: 5 }, { status: 503, headers })

const IMPORT = { method: 'POST', path: '/v1/loans/import' }
const refusedRow = (row: object) =>
  answer(
    { ...PROBLEM, status: 422, code: 'import_refused', rows: [row] },
    { status: 422, headers: { 'content-type': 'application/problem+json' } },
  )
const ROW = { row: 7, id: '130', errors: [{ path: 'currency', message: 'is required' }] }

it.each([
  ['a success', SEND, answer(SENT, { headers: LEFT })],
  ['a path with a slash and a query', { method: 'POST', path: '/send-otp/?a=b' }, answer(SENT, { headers: LEFT })],
  ['a failure with the seconds to wait', SEND, answer(COOLDOWN, { status: 429, headers: { 'retry-after': '42' } })],
  ['a text', CHALLENGE, text('1158201444')],
  ['a table', EXPORT, csv('id,name\r\n1,"Doe, ""J""\r\n"\r\n')],
  ['a table without any lines', EXPORT, csv('id,name\r\n')],
  ['a success that is still to be handed on', { method: 'POST', path: '/v1/leads' }, kept({ location: '/v1/leads/lead-1' })],
  ['a status with a code that waits and one that does not', UPDATE, pending({ 'retry-after': '5' })],
  ['a list of rows', IMPORT, refusedRow(ROW)],
  ['a refusal that says how to prove who asks', TEMPLATES, unauthorized({ 'www-authenticate': 'Bearer' })],
  [
    'an answer without a body',
    { method: 'DELETE', path: '/v1/verifications/x' },
    new Response(null, { status: 204, headers: { 'x-request-id': 'abc' } }),
  ],
])('takes %s', async (_what, asked, response) => {
  await expect(expectDocumented(asked, response)).resolves.not.toThrow()
})

it.each([
  ['an address that is no operation', { method: 'GET', path: '/send-otp' }, answer(SENT)],
  ['a status that is not declared', SEND, answer(SENT, { status: 201 })],
  ['another media type', SEND, answer(SENT, { headers: { ...LEFT, 'content-type': 'text/plain' } })],
  ['a body that is no JSON', SEND, answer('ok', { headers: LEFT })],
  ['JSON in place of a text', CHALLENGE, answer('"1158201444"')],
  ['a text in place of JSON', SEND, text('ok', LEFT)],
  ['a table that breaks off', EXPORT, csv('id,name\r\n1,Do')],
  ['a table with a line that is too short', EXPORT, csv('id,name\r\n1\r\n')],
  ['a table with a line that is too long', EXPORT, csv('id,name\r\n1,Doe,\r\n')],
  ['a table with a quote that is not doubled', EXPORT, csv('id,name\r\n1,"D"oe"\r\n')],
  ['a table with lines of another kind', EXPORT, csv('id,name\n1,Doe\n')],
  ['a table without titles', EXPORT, csv('')],
  ['a table as a plain text', EXPORT, csv('id\r\n', { ...FILE, 'content-type': 'text/plain; charset=utf-8' })],
  ['a table that says nothing of the file', EXPORT, csv('id\r\n', {})],
  ['a success that is still to be handed on, without its address', { method: 'POST', path: '/v1/leads' }, kept({})],
  ['a 401 that does not say how to prove who asks', TEMPLATES, unauthorized({})],
  ['a missing field', SEND, answer({ success: true, message: 'OTP sent successfully' }, { headers: LEFT })],
  ['a field that is not declared', SEND, answer({ ...SENT, code: '123456' }, { headers: LEFT })],
  [
    'a field that is not declared, further inside',
    SEND,
    answer({ ...SENT, data: { ...SENT.data, code: '123456' } }, { headers: LEFT }),
  ],
  ['no request id', SEND, answer(SENT, { headers: { ...LEFT, 'x-request-id': '' } })],
  ['a wait without Retry-After', SEND, answer(COOLDOWN, { status: 429 })],
  ['a wait without Retry-After, where another code of the status has none', UPDATE, pending({})],
  ['a field that is not declared, in a row of a list', IMPORT, refusedRow({ ...ROW, phone: '+917888888888' })],
  ['two different waits', SEND, answer(COOLDOWN, { status: 429, headers: { 'retry-after': '41' } })],
  ['a code of another status', SEND, answer(COOLDOWN, { status: 400, headers: { 'retry-after': '42' } })],
  [
    'Retry-After where waiting does not help',
    SEND,
    answer({ ...COOLDOWN, data: { phone_number: null, error: 'internal' } }, { status: 500, headers: { 'retry-after': '1' } }),
  ],
  ['a body where there is none', { method: 'DELETE', path: '/v1/verifications/x' }, answer({}, { status: 200 })],
  ['a created thing without its address', { method: 'POST', path: '/v1/verifications' }, answer({}, { status: 201 })],
])('refuses %s', async (_what, asked, response) => {
  await expect(expectDocumented(asked, response)).rejects.toThrow()
})
