import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { fireAlarm, gateOf, storedState } from '../support/gate'
import { REPORTERS, type Reporter, type Webhook, callWebhook, deliverWebhooks, reporterOf } from '../support/receipts'
import {
  GUPSHUP_WEBHOOK,
  MSG91_WEBHOOK,
  createService,
  type StandIns,
  standInForVendors,
  uniquePhone,
  WHATSAPP_CLOUD_WEBHOOK,
} from '../support/service'

let vendors: StandIns
beforeEach(() => {
  vendors = standInForVendors()
  // Nobody waits for what is looked at again later.
  vi.spyOn(scheduler, 'wait').mockResolvedValue()
})
afterEach(() => vi.restoreAllMocks())

/** A message that the reporter's vendor took, and its story so far in D1. */
async function aMessage(reporter: Reporter, lastDigits = '5555', { isInD1 = true } = {}) {
  const service = createService(reporter.settings)
  const phone = uniquePhone(lastDigits)
  const response = await service.post('/v1/verifications', { to: phone, channel: reporter.channel })
  const { communication_id: id } = await response.json<{ communication_id: string }>()
  const gate = await gateOf(phone)
  if (isInD1) await fireAlarm(gate)
  const read = async () => {
    const answer = await service.request(`/v1/communications/${id}`)
    return answer.json<{
      status: string
      reason: string | null
      provider_code: string | null
      log: { type: string }[]
    }>()
  }
  return { service, phone, gate, id, read, webhooks: await reporter.report(vendors) }
}

const receiptsKept = () => env.DB.prepare('SELECT COUNT(*) n FROM communication_receipt').first<number>('n')

describe.each(REPORTERS)('reports of $vendor', (reporter) => {
  it('follow the message until it is delivered, and are answered without a body', async () => {
    const { service, read, webhooks } = await aMessage(reporter)
    expect(await read()).toMatchObject({ status: 'queued' })

    const responses = await deliverWebhooks(service, webhooks)

    expect(webhooks.length).toBeGreaterThan(0)
    for (const response of responses) expect([response.status, await response.text()]).toEqual([200, ''])
    const { status, log } = await read()
    expect(status).toBe('delivered')
    expect(log.filter(({ type }) => type === 'receipt')).toHaveLength(webhooks.length)
  })

  it('count although they are here before the message', async () => {
    const { service, read, webhooks, gate } = await aMessage(reporter, '5555', { isInD1: false })
    await deliverWebhooks(service, webhooks)

    await fireAlarm(gate)

    expect(await read()).toMatchObject({ status: 'delivered' })
  })

  it('change nothing when they come again, a hundred times, in any order', async () => {
    const { service, read, webhooks } = await aMessage(reporter)
    await deliverWebhooks(service, webhooks)
    const before = await read()

    await deliverWebhooks(service, Array.from({ length: 100 / webhooks.length }, () => webhooks.toReversed()).flat())

    expect(await read()).toEqual(before)
  })

  it('tell of a message that is lost, with the reason', async () => {
    const { service, read, webhooks } = await aMessage(reporter, '0002')

    await deliverWebhooks(service, webhooks)

    const { status, reason } = await read()
    expect(['failed', 'undelivered']).toContain(status)
    expect(reason).toMatch(/^[a-z_]+$/)
  })

  it.each<[string, (webhook: Webhook) => Webhook]>([
    ['with another secret', (webhook) => forged(webhook)],
    [
      'with no signature at all',
      ({ url, ...webhook }) => ({ ...webhook, url: withoutSecret(url), headers: unsigned(webhook.headers) }),
    ],
  ])('%s are forbidden, and change nothing', async (_title, forge) => {
    const { service, read, webhooks, gate } = await aMessage(reporter, '0002')
    const [before, kept, state] = [await read(), await receiptsKept(), await storedState(gate)]

    const responses = await deliverWebhooks(service, webhooks.map(forge))

    for (const response of responses) {
      expect(response.status).toBe(403)
      expect(await response.json()).toMatchObject({ error: 'webhook_forbidden' })
    }
    expect([await read(), await receiptsKept(), await storedState(gate)]).toEqual([before, kept, state])
  })

  it('are forbidden where the service has nothing to know the vendor by', async () => {
    const { webhooks } = await aMessage(reporter)
    const ignorant = { TWILIO_ACCOUNT_SID: '', TWILIO_AUTH_TOKEN: '', TWILIO_PHONE_NUMBER: '' }
    const secrets = { GUPSHUP_WEBHOOK_SECRET: '', MSG91_WEBHOOK_SECRET: '', WHATSAPP_WEBHOOK_SECRET: '' }

    const response = await callWebhook(createService({ ...reporter.settings, ...ignorant, ...secrets }), webhooks[0]!)

    expect(response.status).toBe(403)
  })

  it('are refused while D1 is down, so that the vendor reports again, and count then', async () => {
    const { service, read, webhooks } = await aMessage(reporter)
    const batch = vi.spyOn(env.DB, 'batch').mockRejectedValue(new Error('injected'))

    const responses = await deliverWebhooks(service, webhooks)
    expect(responses.map(({ status }) => status)).toEqual(webhooks.map(() => 503))
    batch.mockRestore()
    await deliverWebhooks(service, webhooks)

    expect(await read()).toMatchObject({ status: 'delivered' })
  })

  it('are not read beyond 3 MiB', async () => {
    const { service, webhooks } = await aMessage(reporter)

    const response = await callWebhook(service, { ...webhooks[0]!, body: 'x'.repeat(3 * 1024 * 1024 + 1) })

    expect(response.status).toBe(413)
    expect(await response.json()).toMatchObject({ error: 'payload_too_large' })
  })

  it('of a message that is none of ours are kept, and harm nobody', async () => {
    const { service, webhooks, read } = await aMessage(reporter)
    const other = await aMessage(reporter, '0002')
    const before = await read()

    await env.DB.prepare('DELETE FROM communication WHERE id = ?').bind(other.id).run()
    const responses = await deliverWebhooks(service, other.webhooks)

    expect(responses.map(({ status }) => status)).toEqual(other.webhooks.map(() => 200))
    expect(await read()).toEqual(before)
    expect(webhooks.length).toBeGreaterThan(0)
  })
})

describe('a body that is no report', () => {
  it.each(['', 'not json', '[]', '{}', '{"object":', '<xml/>', '\u0000', '{"type":"message-event","payload":7}'])(
    'is unreadable: %j',
    async (body) => {
      const { service, webhooks } = await aMessage(reporterOf('gupshup'))

      const response = await callWebhook(service, { ...webhooks[0]!, body })

      expect([response.status, await response.json()]).toEqual([400, expect.objectContaining({ error: 'unreadable_report' })])
    },
  )

  it('is unreadable when Meta signs it, too', async () => {
    const { service } = await aMessage(reporterOf('whatsapp_cloud'))
    const { signBody } = await import('../support/vendors/whatsapp-cloud')
    const body = '{"object":'

    const response = await service.request('/webhooks/whatsapp_cloud', {
      method: 'POST',
      headers: { 'x-hub-signature-256': await signBody(body, WHATSAPP_CLOUD_WEBHOOK) },
      body,
    })

    expect(response.status).toBe(400)
  })
})

describe("Meta's challenge", () => {
  const paths = ['/webhooks/whatsapp_cloud', '/api/v1/external/whatsapp/webhook']
  const service = createService({
    ...reporterOf('whatsapp_cloud').settings,
    WHATSAPP_VERIFY_TOKEN: 'a word of ours'.replaceAll(' ', '-'),
  })
  const ask = (path: string, token: string, mode = 'subscribe') =>
    service.request(`${path}?hub.mode=${mode}&hub.verify_token=${token}&hub.challenge=1158201444`)

  it.each(paths)('is answered at %s', async (path) => {
    const response = await ask(path, 'a-word-of-ours')

    expect([response.status, await response.text()]).toEqual([200, '1158201444'])
    expect(response.headers.get('content-type')).toMatch(/^text\/plain/)
  })

  it.each(paths)('is refused at %s to who does not know the word', async (path) => {
    for (const response of [
      await ask(path, 'another'),
      await ask(path, 'a-word-of-ours', 'unsubscribe'),
      await service.request(path),
    ]) {
      expect(response.status).toBe(403)
    }
  })

  it.each(paths)('is followed by reports at %s', async (path) => {
    const reporter = reporterOf('whatsapp_cloud')
    const { service: ours, read, webhooks } = await aMessage(reporter)

    const responses = await deliverWebhooks(
      ours,
      webhooks.map((webhook) => ({ ...webhook, url: `http://service.test${path}` })),
    )

    expect(responses.map(({ status }) => status)).toEqual(webhooks.map(() => 200))
    expect(await read()).toMatchObject({ status: 'delivered' })
  })
})

it.each([
  ['GET', '/webhooks/twilio', 405],
  ['POST', '/webhooks/mshastra', 403],
  ['POST', '/webhooks/gupshup', 403],
  ['GET', '/webhooks/msg91', 404],
  ['POST', '/webhooks', 403],
])('%s %s is told in the envelope of the webhooks: %i', async (method, path, status) => {
  const response = await createService().request(path, { method })

  expect(response.status).toBe(status)
  expect(await response.json()).toMatchObject({
    error: expect.any(String),
    message: expect.any(String),
    request_id: expect.any(String),
  })
})

/** As somebody sends it who has seen the address, but not the secret in it or behind it. */
function forged({ url, headers, ...webhook }: Webhook): Webhook {
  const changed = Object.entries(headers).map(([name, value]) => [name, name.includes('signature') ? flipped(value) : value])
  return { ...webhook, url: withoutSecret(url), headers: Object.fromEntries(changed) as Record<string, string> }
}

/** The signature with another character in its middle. */
function flipped(signature: string): string {
  const middle = Math.floor(signature.length / 2)
  return signature.slice(0, middle) + (signature[middle] === '0' ? '1' : '0') + signature.slice(middle + 1)
}

function withoutSecret(url: string): string {
  return [GUPSHUP_WEBHOOK, MSG91_WEBHOOK].reduce((text, secret) => text.replace(secret, 'y'.repeat(secret.length)), url)
}

function unsigned(headers: Webhook['headers']): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !name.includes('signature')))
}
