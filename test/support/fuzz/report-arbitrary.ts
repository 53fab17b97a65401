import * as fc from 'fast-check'
import { WEBHOOK_BODY_LIMIT_BYTES } from '../../../src/config/limits'
import { signTwilio } from '../vendors/twilio'
import { signBody } from '../vendors/whatsapp-cloud'
import { pathsIn, replaced } from './inside'
import type { Payload } from './payload'
import { PLACES, SECRETS } from './places'

/** Vendors' reports are in no document of ours: each is a form that its vendor documents, often with one odd value in it. */
export type ReportingVendor = 'gupshup' | 'msg91' | 'twilio' | 'whatsapp_cloud'

const ID = PLACES.vendorMessage
const OURS = PLACES.communication

/** Strange ends of what a value can be. */
const oddValues = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom<unknown>(-1, 0.5, 8.64e15, 253_402_300_800_000, 1e308, null, '', '\u0000', '\uD800', 'x'.repeat(5000), [], {}),
)
const seconds = fc.constantFrom(1_763_706_600, 1, 4_102_444_800, 253_402_300_800)

/** The vendor of a webhook. Undefined where the path is none. */
export function vendorOf(path: string): ReportingVendor | undefined {
  if (/\/whatsapp(_cloud|\/webhook)$/.test(path)) return 'whatsapp_cloud'
  return /^\/webhooks\/(gupshup|msg91|twilio)/.exec(path)?.[1] as ReportingVendor | undefined
}

/** What comes in at a webhook: reports as the vendor makes them, broken ones, and what is none. */
export function reports(vendor: ReportingVendor): fc.Arbitrary<Payload> {
  const types = vendor === 'twilio' ? FORM : JSON_TYPE
  const payload = (body: Payload['body'], mustBe?: number): Payload => ({ headers: { 'content-type': types }, body, mustBe })
  const bodies = BODIES[vendor]
  return fc.oneof(
    { weight: 3, arbitrary: bodies.map((body) => toPayload(vendor, body)) },
    { weight: 3, arbitrary: bodies.chain((body) => withOneOdd(body)).map((body) => toPayload(vendor, body)) },
    { weight: 1, arbitrary: fc.jsonValue().map((value) => payload(JSON.stringify(value))) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary' }).map((text) => payload(text)) },
    { weight: 1, arbitrary: fc.uint8Array().map((bytes) => payload(new Uint8Array(bytes))) },
    { weight: 1, arbitrary: fc.constant(payload('x'.repeat(WEBHOOK_BODY_LIMIT_BYTES + 1), 413)) },
  )
}

/** The headers by which a vendor that signs would sign the body. */
export async function signatureOf(
  vendor: ReportingVendor | undefined,
  url: string,
  body: string,
): Promise<Record<string, string>> {
  if (vendor === 'whatsapp_cloud') return { 'x-hub-signature-256': await signBody(body, SECRETS.whatsappApp) }
  if (vendor !== 'twilio') return {}
  return { 'x-twilio-signature': await signTwilio(SECRETS.twilio, url, Object.fromEntries(new URLSearchParams(body))) }
}

const FORM = 'application/x-www-form-urlencoded'
const JSON_TYPE = 'application/json'

const metaForm = (statuses: object) => ({
  object: 'whatsapp_business_account',
  entry: [{ id: '1', changes: [{ field: 'messages', value: { messaging_product: 'whatsapp', statuses: [statuses] } }] }],
})

const BODIES: Readonly<Record<ReportingVendor, fc.Arbitrary<object>>> = {
  whatsapp_cloud: fc
    .record({
      id: fc.constantFrom(ID, 'wamid.other'),
      status: fc.constantFrom('sent', 'delivered', 'read', 'failed', 'deleted'),
      timestamp: seconds.map(String),
      biz_opaque_callback_data: fc.constantFrom(OURS, 'none'),
      errors: fc.constantFrom([], [{ code: 131_026, title: 'Undeliverable' }]),
    })
    .map(metaForm),
  gupshup: fc.oneof(
    fc.record({
      app: fc.constant('App'),
      timestamp: seconds.map((time) => time * 1000),
      type: fc.constantFrom('message-event', 'user-event'),
      payload: fc.record({
        id: fc.constantFrom(ID, 'wamid.other'),
        gsId: fc.constantFrom(ID, undefined),
        type: fc.constantFrom('enqueued', 'sent', 'delivered', 'read', 'failed', 'deleted'),
        payload: fc.constantFrom({}, { ts: 1_763_706_601 }, { code: 1002, reason: 'Number does not exist' }),
      }),
    }),
    fc
      .record({
        id: fc.constant('wamid.other'),
        gs_id: fc.constant(ID),
        status: fc.constantFrom('sent', 'failed'),
        timestamp: seconds,
      })
      .map(metaForm),
  ),
  msg91: fc.oneof(
    fc.record({
      requestId: fc.constant(ID),
      report: fc.constantFrom([], [{ status: '1', date: '2026-11-21 06:30:00' }, { status: 2 }]),
    }),
    fc.record({ requestId: fc.constant(ID), status: fc.constantFrom('1', 2, '9', 16, '99'), date: seconds }),
    fc.record({
      event: fc.constantFrom('delivered', 'failed'),
      data: fc.constantFrom([], [{ INMSID: ID, ts: 1_763_706_601_000 }]),
    }),
  ),
  twilio: fc.record({
    MessageSid: fc.constant(ID),
    MessageStatus: fc.constantFrom('queued', 'sent', 'delivered', 'undelivered', 'failed', 'receiving'),
    ErrorCode: fc.constantFrom('30005', '0', ''),
    SmsSid: fc.constant(ID),
  }),
}

function toPayload(vendor: ReportingVendor, value: object): Payload {
  if (vendor === 'twilio') {
    const fields = Object.entries(value).map(([name, text]) => [name, String(text)])
    return { headers: { 'content-type': FORM }, body: new URLSearchParams(fields).toString(), mustBe: undefined }
  }
  // MSG91's oldest form is JSON in a field of a form.
  const isForm = vendor === 'msg91' && 'report' in value
  const body = isForm ? new URLSearchParams({ data: JSON.stringify([value]) }).toString() : JSON.stringify(value)
  return { headers: { 'content-type': isForm ? FORM : JSON_TYPE }, body, mustBe: undefined }
}

/** The value with one thing in it, at any depth, replaced by an odd one. */
function withOneOdd(value: object): fc.Arbitrary<object> {
  const paths = pathsIn(value)
  return fc.tuple(fc.constantFrom(...paths), oddValues).map(([path, odd]) => replaced(value, path, odd) as object)
}
