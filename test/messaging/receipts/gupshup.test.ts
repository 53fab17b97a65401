import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { FailureReason } from '../../../src/messaging/failure-reason'
import { createGupshupReceipts } from '../../../src/messaging/receipts/gupshup'
import type { Receipt, WebhookRequest } from '../../../src/messaging/receipts/receipt'
import { gupshupReceipts } from '../../support/vendors/gupshup'

const SECRET = 'a-secret-path-segment-of-32-and-more'
const GS_ID = 'ee4a68a0-1203-4c85-8dc3-49d0b3226a35'
const WHATSAPP_ID = 'gBEGkYaYVSEEAgnZxQ3JmKK6Wvg'
const SECONDS = 1_767_225_600
const MS = SECONDS * 1000

const reader = createGupshupReceipts(SECRET)
const encode = (text: string) => new Uint8Array(new TextEncoder().encode(text))

function webhook(body: unknown, pathSecret: string | undefined = SECRET): WebhookRequest {
  return {
    method: 'POST',
    url: new URL(`https://api.example/webhooks/gupshup/${pathSecret ?? ''}`),
    headers: new Headers({ 'content-type': 'application/json' }),
    body: body instanceof Uint8Array ? new Uint8Array(body) : encode(JSON.stringify(body)),
    pathSecret,
  }
}

const ownForm = (payload: object, others: object = {}) => ({
  app: 'HomiAi',
  timestamp: MS + 123,
  version: 2,
  type: 'message-event',
  payload: { id: WHATSAPP_ID, gsId: GS_ID, type: 'delivered', destination: '919876543210', payload: {}, ...payload },
  ...others,
})

const metaForm = (...statuses: unknown[]) => ({
  gs_app_id: '82ed52f4-30c0-4f12-81b4-e7ad07bd41de',
  object: 'whatsapp_business_account',
  entry: [{ id: '1', changes: [{ field: 'messages', value: { messaging_product: 'whatsapp', statuses } }] }],
})
const metaStatus = {
  id: WHATSAPP_ID,
  gs_id: GS_ID,
  recipient_id: '919876543210',
  status: 'delivered',
  timestamp: String(SECONDS),
}

const receipt = (status: Receipt['status'], others: Partial<Receipt> = {}): Receipt => ({
  providerMessageId: GS_ID,
  communicationId: null,
  status,
  at: MS,
  reason: null,
  providerCode: null,
  ...others,
})

describe('isGenuine', () => {
  it('knows the vendor by the secret in the path', async () => {
    expect(await reader.isGenuine(webhook(ownForm({})))).toBe(true)
  })

  it.each(['', SECRET.slice(0, -1), `${SECRET}x`, SECRET.toUpperCase(), SECRET.replace('a', 'b'), 'undefined'])(
    'does not take %j for it',
    async (pathSecret) => {
      expect(await reader.isGenuine(webhook(ownForm({}), pathSecret))).toBe(false)
    },
  )

  it('does not take a call without a secret for it', async () => {
    expect(await reader.isGenuine({ ...webhook(ownForm({})), pathSecret: undefined })).toBe(false)
  })

  it('knows nobody where no secret is set', async () => {
    const unset = createGupshupReceipts(undefined)

    for (const pathSecret of [SECRET, '', 'undefined', undefined]) {
      expect(await unset.isGenuine({ ...webhook(ownForm({})), pathSecret })).toBe(false)
    }
  })

  it('takes no other secret, whatever it is', async () => {
    const others = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.constantFrom(`${SECRET}\0`, ` ${SECRET}`))
    await fc.assert(
      fc.asyncProperty(others, async (pathSecret) => {
        expect(await reader.isGenuine(webhook({}, pathSecret))).toBe(pathSecret === SECRET)
      }),
    )
  })
})

describe('read, in the form of its own', () => {
  it.each<[string, object, Receipt]>([
    [
      'enqueued',
      { id: GS_ID, gsId: undefined, payload: { whatsappMessageId: WHATSAPP_ID } },
      receipt('queued', { at: MS + 123 }),
    ],
    ['sent', { payload: { ts: SECONDS } }, receipt('sent')],
    ['delivered', { payload: { ts: SECONDS } }, receipt('delivered')],
    ['read', { payload: { ts: SECONDS } }, receipt('read')],
  ])('reads %s', async (type, payload, expected) => {
    expect(await reader.read(webhook(ownForm({ ...payload, type })))).toStrictEqual([expected])
  })

  it.each<[number | string, FailureReason]>([
    [1002, 'invalid_recipient'],
    ['1003', 'insufficient_funds'],
    [1005, 'template_rejected'],
    [1012, 'opted_out'],
    [4001, 'rate_limited'],
    [131_026, 'invalid_recipient'],
    ['131049', 'content_blocked'],
    [777_777, 'unknown'],
  ])('reads the failure %j as %s, before WhatsApp had the message and after', async (code, reason) => {
    const payload = { type: 'failed', payload: { code, reason: 'Some words' } }
    const facts = { reason, providerCode: String(code), at: MS + 123 }

    const early = await reader.read(webhook(ownForm({ ...payload, id: GS_ID, gsId: undefined })))
    const late = await reader.read(webhook(ownForm(payload)))

    expect(early).toStrictEqual([receipt('failed', facts)])
    expect(late).toStrictEqual([receipt('undelivered', facts)])
  })

  it.each([{}, { code: -1 }, { code: 1.5 }, { code: 'odd' }, { code: 99_999_999 }, { code: null }, 'odd', undefined])(
    'reads a failure that says %j as one of an unknown reason',
    async (payload) => {
      const [failure] = (await reader.read(webhook(ownForm({ type: 'failed', payload })))) ?? []

      expect(failure).toMatchObject({ status: 'undelivered', reason: 'unknown', providerCode: null })
    },
  )

  it("takes the vendor's id for WhatsApp's where both are given and equal", async () => {
    const body = ownForm({ id: GS_ID, gsId: GS_ID, type: 'failed', payload: { code: 1002 } })

    expect(await reader.read(webhook(body))).toMatchObject([{ providerMessageId: GS_ID, status: 'failed' }])
  })

  it('keeps the code of a message that is no failure to itself', async () => {
    const body = ownForm({ payload: { ts: SECONDS, code: 1002 } })

    expect(await reader.read(webhook(body))).toStrictEqual([receipt('delivered')])
  })

  it("has only WhatsApp's id for an event of a week later", async () => {
    const body = ownForm({ gsId: undefined, type: 'read', payload: { ts: SECONDS } })

    expect(await reader.read(webhook(body))).toStrictEqual([receipt('read', { providerMessageId: WHATSAPP_ID })])
  })

  it.each<[unknown, unknown, number | null]>([
    [SECONDS, MS + 123, MS],
    [String(SECONDS), MS + 123, MS],
    [MS + 7, MS + 123, MS + 7],
    [SECONDS + 0.25, undefined, MS + 250],
    [undefined, MS + 123, MS + 123],
    [undefined, String(MS + 123), MS + 123],
    [undefined, SECONDS, MS],
    ['odd', MS + 123, MS + 123],
    [undefined, undefined, null],
    [undefined, 0, null],
    [undefined, -SECONDS, null],
    [undefined, 1e300, null],
    [undefined, '9'.repeat(400), null],
    [undefined, '2026-01-01T00:00:00Z', null],
    [undefined, '', null],
    [undefined, true, null],
  ])('takes the time from ts %j and timestamp %j: %j', async (ts, timestamp, at) => {
    const [read] = (await reader.read(webhook(ownForm({ payload: { ts } }, { timestamp })))) ?? []

    expect(read?.at).toBe(at)
  })

  it.each([
    ownForm({ type: 'deleted' }),
    ownForm({ type: 'mismatch' }),
    ownForm({ type: 'constructor' }),
    ownForm({ gsId: 'x'.repeat(201) }),
    ownForm({ gsId: undefined, id: '' }),
    { ...ownForm({}), type: 'message', payload: { id: WHATSAPP_ID, type: 'text', payload: { text: 'hi' } } },
    { ...ownForm({}), type: 'user-event', payload: { phone: 'callbackSetPhone', type: 'sandbox-start' } },
    { ...ownForm({}), type: 'billing-event' },
    { type: 'template-event' },
  ])('finds nothing for us in case %#', async (body) => {
    expect(await reader.read(webhook(body))).toStrictEqual([])
  })

  it('reads a doubled event twice the same', async () => {
    const body = ownForm({ payload: { ts: SECONDS } })

    expect(await reader.read(webhook(body))).toStrictEqual(await reader.read(webhook(body)))
  })
})

describe('read, in the form of Meta', () => {
  it.each<[string, Receipt['status']]>([
    ['enqueued', 'queued'],
    ['sent', 'sent'],
    ['delivered', 'delivered'],
    ['read', 'read'],
  ])('reads %s as %s', async (status, expected) => {
    expect(await reader.read(webhook(metaForm({ ...metaStatus, status })))).toStrictEqual([receipt(expected)])
  })

  it('reads failures, before WhatsApp had the message and after', async () => {
    const failed = { ...metaStatus, status: 'failed', timestamp: MS, errors: [{ code: 1002, title: 'Some words' }] }

    const receipts = await reader.read(webhook(metaForm(failed, { ...failed, id: GS_ID }, { ...failed, errors: 'odd' })))

    const facts = { reason: 'invalid_recipient', providerCode: '1002' } as const
    expect(receipts).toStrictEqual([
      receipt('undelivered', facts),
      receipt('failed', facts),
      receipt('undelivered', { reason: 'unknown' }),
    ])
  })

  it('reads every status of every change of every entry, in order, and leaves out odd ones', async () => {
    const one = { ...metaStatus, status: 'sent' }
    const other = { ...metaStatus, gs_id: 7, status: 'read' }
    const change = (statuses: unknown) => ({ field: 'messages', value: { statuses } })
    const body = {
      entry: [
        { changes: [change([one, null, 17, { id: 'no status' }, { ...one, status: 'deleted' }]), change('odd')] },
        { changes: [{ field: 'messages', value: { messages: [{ id: 'inbound' }] } }, { field: 'odd' }, change([other])] },
        { changes: [] },
      ],
    }

    const receipts = await reader.read(webhook(body))

    expect(receipts).toStrictEqual([receipt('sent'), receipt('read', { providerMessageId: WHATSAPP_ID })])
  })

  it('finds nothing for us in an empty list', async () => {
    expect(await reader.read(webhook({ entry: [] }))).toStrictEqual([])
  })
})

describe('read, of anything else', () => {
  it.each([
    '',
    ' ',
    '{',
    'null',
    '17',
    '"message-event"',
    '[]',
    '{}',
    '{"type":7}',
    '{"entry":{}}',
    '{"entry":[7]}',
    '{"entry":[{"changes":{}}]}',
    '{"type":"message-event"}',
    '{"type":"message-event","payload":[]}',
    '{"type":"message-event","payload":{"id":"x"}}',
    '{"type":"message-event","payload":{"type":"sent","gsId":"x"}}',
    'payload=%7B%7D',
  ])('cannot read %j', async (text) => {
    expect(await reader.read(webhook(encode(text)))).toBeUndefined()
  })

  it('cannot read bytes that are no UTF-8', async () => {
    const body = encode(JSON.stringify(ownForm({})).replace('HomiAi', '?'))
    body[body.indexOf(0x3f)] = 0xff

    expect(await reader.read(webhook(body))).toBeUndefined()
  })

  const genuine = [ownForm({}), metaForm(metaStatus), ownForm({ type: 'failed', payload: { code: 1002 } })].map((body) =>
    encode(JSON.stringify(body)),
  )
  const mutated = fc
    .tuple(fc.constantFrom(...genuine), fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 6 }), fc.nat())
    .map(([bytes, changes, end]) => {
      const copy = bytes.slice(0, end % 3 === 0 ? end % bytes.length : bytes.length)
      for (const [index, byte] of changes) if (copy.length > 0) copy[index % copy.length] = byte
      return copy
    })
  const anyBytes = fc.oneof(fc.uint8Array({ maxLength: 300 }), mutated, fc.json().map(encode))

  it('never throws, whatever the bytes are, and gives out nothing that is no receipt', async () => {
    await fc.assert(
      fc.asyncProperty(anyBytes, async (bytes) => {
        expect(await reader.isGenuine(webhook(bytes, 'wrong'))).toBe(false)
        for (const { providerMessageId, at, reason, status } of (await reader.read(webhook(bytes))) ?? []) {
          expect(providerMessageId.length).toBeGreaterThan(0)
          expect(providerMessageId.length).toBeLessThanOrEqual(200)
          expect(at === null || Number.isSafeInteger(at)).toBe(true)
          expect(reason !== null).toBe(status === 'failed' || status === 'undelivered')
        }
      }),
      { numRuns: 500 },
    )
  })
})

describe("the stand-in's events", () => {
  const eventsFor = async (suffix: string) => {
    const message = { messageId: GS_ID, destination: `91987654${suffix}` }
    return gupshupReceipts(message, { baseUrl: 'https://api.example', secret: SECRET, startAt: MS })
  }

  it.each<[string, readonly Receipt[]]>([
    ['3210', [receipt('queued'), receipt('sent', { at: MS + 1000 }), receipt('delivered', { at: MS + 2000 })]],
    ['0002', [receipt('failed', { reason: 'invalid_recipient', providerCode: '1002' })]],
    ['0003', [receipt('failed', { reason: 'opted_out', providerCode: '1012' })]],
    ['0004', [receipt('failed', { reason: 'template_rejected', providerCode: '1005' })]],
    ['0005', [receipt('failed', { reason: 'insufficient_funds', providerCode: '1003' })]],
    [
      '0010',
      (['read', 'read', 'delivered', 'delivered', 'sent', 'sent'] as const).map((status, index) =>
        receipt(status, { at: MS + index * 1000 }),
      ),
    ],
    [
      '0014',
      [
        receipt('queued'),
        receipt('sent', { at: MS + 1000 }),
        receipt('undelivered', { at: MS + 2000, reason: 'invalid_recipient', providerCode: '131026' }),
      ],
    ],
  ])('…%s are genuine and readable', async (suffix, expected) => {
    const receipts: Receipt[] = []
    for (const { url, method, headers, body } of await eventsFor(suffix)) {
      const pathSecret = /^https:\/\/api\.example\/webhooks\/gupshup\/([^/]+)$/.exec(url)?.[1]
      const request = { method, url: new URL(url), headers: new Headers(headers), body: encode(body), pathSecret }
      expect(await reader.isGenuine(request)).toBe(true)
      expect([method, request.headers.get('content-type')]).toStrictEqual(['POST', 'application/json'])
      receipts.push(...((await reader.read(request)) ?? []))
    }

    expect(receipts).toStrictEqual(expected)
  })
})
