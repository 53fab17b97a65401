import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { FailureReason } from '../../../src/messaging/failure-reason'
import { createMsg91Receipts } from '../../../src/messaging/receipts/msg91'
import type { Receipt, WebhookRequest } from '../../../src/messaging/receipts/receipt'
import { msg91Receipts } from '../../support/vendors/msg91'

const SECRET = 'a-secret-path-segment-of-32-and-more'
const REQUEST_ID = '37636a6c4c69353433323130'
const MS = 1_767_225_600_000

const reader = createMsg91Receipts(SECRET)
const encode = (text: string) => new Uint8Array(new TextEncoder().encode(text))

function webhook(body: string | Uint8Array, pathSecret: string | undefined = SECRET): WebhookRequest {
  return {
    method: 'POST',
    url: new URL(`https://api.example/webhooks/msg91/${pathSecret ?? ''}`),
    headers: new Headers(),
    body: typeof body === 'string' ? encode(body) : new Uint8Array(body),
    pathSecret,
  }
}

const form = (data: unknown) => `data=${encodeURIComponent(JSON.stringify(data))}`
const account = { senderId: 'PROSPA', requestId: REQUEST_ID, userId: '17', campaignName: 'API' }
const report = (others: object = {}) => ({
  date: '2026-01-01 05:30:00',
  number: '919876543210',
  status: '1',
  desc: 'DELIVERED',
  ...others,
})
const formBody = (...reports: unknown[]) => form([{ ...account, report: reports }])
const flatBody = (others: object = {}) => JSON.stringify({ ...account, ...report(), ...others })
const eventBody = (event: string, ...data: unknown[]) => JSON.stringify([{ event, data }])
const event = { INMSID: REQUEST_ID, ts: MS, description: 'x', meta: {} }

const receipt = (status: Receipt['status'], others: Partial<Receipt> = {}): Receipt => ({
  providerMessageId: REQUEST_ID,
  communicationId: null,
  status,
  at: null,
  reason: null,
  providerCode: null,
  ...others,
})

describe('isGenuine', () => {
  it('knows the vendor by the secret in the path', async () => {
    expect(await reader.isGenuine(webhook(flatBody()))).toBe(true)
  })

  it.each(['', SECRET.slice(0, -1), `${SECRET}x`, SECRET.toUpperCase(), SECRET.replace('a', 'b'), 'undefined'])(
    'does not take %j for it',
    async (pathSecret) => {
      expect(await reader.isGenuine(webhook(flatBody(), pathSecret))).toBe(false)
    },
  )

  it('does not take a call without a secret for it', async () => {
    expect(await reader.isGenuine({ ...webhook(flatBody()), pathSecret: undefined })).toBe(false)
  })

  it('knows nobody where no secret is set', async () => {
    const unset = createMsg91Receipts(undefined)

    for (const pathSecret of [SECRET, '', 'undefined', undefined]) {
      expect(await unset.isGenuine({ ...webhook(flatBody()), pathSecret })).toBe(false)
    }
  })
})

describe('read', () => {
  const STATUSES: [string, Receipt['status'], FailureReason | null][] = [
    ['1', 'delivered', null],
    ['2', 'undelivered', 'unreachable'],
    ['9', 'failed', 'opted_out'],
    ['16', 'failed', 'content_blocked'],
    ['17', 'failed', 'opted_out'],
    ['25', 'failed', 'content_blocked'],
  ]

  it.each(STATUSES)('reads status %s as %s for %s, as a text or a number, in a form or flat', async (code, status, reason) => {
    const expected = [receipt(status, { reason, providerCode: reason && code })]

    for (const written of [code, ` ${code} `, Number(code)]) {
      expect(await reader.read(webhook(formBody(report({ status: written }))))).toStrictEqual(expected)
      expect(await reader.read(webhook(flatBody({ status: written })))).toStrictEqual(expected)
    }
  })

  it.each<[string, Receipt[]]>([
    ['delivered', [receipt('delivered', { at: MS })]],
    ['failed', [receipt('failed', { at: MS, reason: 'unknown' })]],
    ['clicked', []],
    ['constructor', []],
  ])('reads the event %s', async (name, expected) => {
    expect(await reader.read(webhook(eventBody(name, event)))).toStrictEqual(expected)
  })

  it('reads every report of every request, in order, and leaves out odd ones', async () => {
    const other = { ...account, requestId: 'other', report: [report(), null, 17, report({ status: 26 }), report({ status: {} })] }
    const data = [{ ...account, report: [report({ status: '2' }), report()] }, null, { odd: true }, other]

    for (const body of [form(data), JSON.stringify(data)]) {
      expect(await reader.read(webhook(body))).toStrictEqual([
        receipt('undelivered', { reason: 'unreachable', providerCode: '2' }),
        receipt('delivered'),
        receipt('delivered', { providerMessageId: 'other' }),
      ])
    }
  })

  it('reads every entry of every event, in order, and leaves out odd ones', async () => {
    const body = JSON.stringify([
      { event: 'failed', data: [event, 'odd', { ...event, INMSID: 7 }, { ...event, INMSID: 'other' }] },
      { event: 'delivered', data: [event] },
    ])

    const failed = { at: MS, reason: 'unknown' } as const
    expect(await reader.read(webhook(body))).toStrictEqual([
      receipt('failed', failed),
      receipt('failed', { ...failed, providerMessageId: 'other' }),
      receipt('delivered', { at: MS }),
    ])
  })

  it.each<[unknown, number | null]>([
    [MS, MS],
    [MS / 1000, MS],
    [String(MS), MS],
    ['2026-01-01T00:00:00Z', MS],
    ['2026-01-01 05:30:00+05:30', MS],
    ['2026-01-01T00:00:00.250+0000', MS + 250],
    ['2026-01-01 05:30:00', null],
    ['2026-13-01T00:00:00Z', null],
    ['yesterday', null],
    ['', null],
    [0, null],
    [-MS, null],
    [1e300, null],
    ['9'.repeat(400), null],
    [true, null],
    [null, null],
    [undefined, null],
  ])('takes the time from %j: %j', async (time, at) => {
    expect(await reader.read(webhook(flatBody({ date: time })))).toStrictEqual([receipt('delivered', { at })])
    expect(await reader.read(webhook(eventBody('delivered', { ...event, ts: time })))).toStrictEqual([
      receipt('delivered', { at }),
    ])
  })

  it.each([
    '[]',
    'data=%5B%5D',
    flatBody({ status: undefined }),
    flatBody({ status: '3' }),
    flatBody({ requestId: '' }),
    flatBody({ requestId: 'x'.repeat(201) }),
    flatBody({ requestId: 'with a blank' }),
    formBody(),
    form([{ report: [report()] }]),
    eventBody('delivered'),
  ])('finds nothing for us in %j', async (body) => {
    expect(await reader.read(webhook(body))).toStrictEqual([])
  })

  it('reads an id of 200 characters', async () => {
    const requestId = 'x'.repeat(200)

    expect(await reader.read(webhook(flatBody({ requestId })))).toMatchObject([{ providerMessageId: requestId }])
  })

  it('reads a doubled report twice the same', async () => {
    expect(await reader.read(webhook(formBody(report())))).toStrictEqual(await reader.read(webhook(formBody(report()))))
  })

  it.each([
    '',
    ' ',
    '{',
    'null',
    '17',
    '"1"',
    '{}',
    '[17]',
    '[{}]',
    '{"status":"1"}',
    '{"requestId":7,"status":1}',
    '{"report":7}',
  ])('cannot read %j', async (body) => {
    expect(await reader.read(webhook(body))).toBeUndefined()
  })

  it.each(['data=', 'data=%5B', 'data=17', 'data', 'other=%5B%5D', '{"event":"delivered"}', '{"event":7,"data":[]}'])(
    'cannot read %j either',
    async (body) => {
      expect(await reader.read(webhook(body))).toBeUndefined()
    },
  )

  it('cannot read bytes that are no UTF-8', async () => {
    const body = encode(flatBody({ campaignName: '?' }))
    body[body.indexOf(0x3f)] = 0xff

    expect(await reader.read(webhook(body))).toBeUndefined()
  })

  const genuine = [formBody(report()), flatBody({ status: 9 }), eventBody('failed', event)].map(encode)
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

describe("the stand-in's reports", () => {
  const lost = receipt('undelivered', { reason: 'unreachable', providerCode: '2' })

  it.each<[string, string, readonly Receipt[]]>([
    ['3210', 'application/x-www-form-urlencoded', [receipt('delivered')]],
    ['0002', 'application/x-www-form-urlencoded', [lost]],
    ['0003', 'application/x-www-form-urlencoded', [receipt('failed', { reason: 'opted_out', providerCode: '9' })]],
    ['0004', 'application/x-www-form-urlencoded', [receipt('failed', { reason: 'content_blocked', providerCode: '16' })]],
    ['0010', 'application/x-www-form-urlencoded', [receipt('delivered'), receipt('delivered'), lost]],
    ['0014', 'application/json', [receipt('delivered')]],
    ['0015', 'application/json', [receipt('delivered', { at: MS })]],
    ['0017', 'application/x-www-form-urlencoded', [receipt('failed', { reason: 'opted_out', providerCode: '17' })]],
    ['0018', 'application/json', [receipt('failed', { at: MS, reason: 'unknown' })]],
  ])('…%s are genuine and readable', async (suffix, contentType, expected) => {
    const message = { requestId: REQUEST_ID, destination: `91987654${suffix}` }
    const calls = await msg91Receipts(message, { baseUrl: 'https://api.example', secret: SECRET, startAt: MS })

    const receipts: Receipt[] = []
    for (const { url, method, headers, body } of calls) {
      const pathSecret = /^https:\/\/api\.example\/webhooks\/msg91\/([^/]+)$/.exec(url)?.[1]
      const request = { method, url: new URL(url), headers: new Headers(headers), body: encode(body), pathSecret }
      expect(await reader.isGenuine(request)).toBe(true)
      expect([method, request.headers.get('content-type')]).toStrictEqual(['POST', contentType])
      receipts.push(...((await reader.read(request)) ?? []))
    }

    expect(receipts).toStrictEqual(expected)
  })
})
