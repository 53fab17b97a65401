import { spawn, type ChildProcess } from 'node:child_process'
import { createHash, timingSafeEqual } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { COMMON_SCENARIOS } from '../../scripts/vendors/scenarios.ts'
import { createStandIns } from '../../scripts/vendors/stand-ins.ts'
import { loadConfig } from '../../src/config/load-config'
import { VENDOR_CHANNELS, type VendorId } from '../../src/config/vendors'
import { createBasicApplication } from '../../src/leads/lender/basic-application'
import type { Application } from '../../src/leads/lender/lender'
import type { OtpMessage } from '../../src/messaging/message'
import { createProviders } from '../../src/messaging/providers'
import { systemFetch } from '../../src/messaging/providers/http'
import { createReceiptReaders, type ReportingVendor } from '../../src/messaging/receipts/readers'
import { BASIC_APPLICATION_SCENARIOS } from '../support/vendors/basic-application'

const ROOT = fileURLToPath(new URL('../..', import.meta.url).href)
const VENDORS = Object.keys(VENDOR_CHANNELS) as VendorId[]
const CODE = '482913'

const digest = crypto.subtle.digest.bind(crypto.subtle)

// workerd has them here, Node beside it.
Object.assign(crypto.subtle, {
  timingSafeEqual,
  digest: async (algorithm: string, bytes: Uint8Array<ArrayBuffer>) =>
    algorithm === 'MD5' ? new Uint8Array(createHash('md5').update(bytes).digest()).buffer : digest(algorithm, bytes),
})

function start(...args: string[]): { child: ChildProcess; output: () => string } {
  const child = spawn(process.execPath, ['scripts/run.mjs', 'vendors', ...args], { cwd: ROOT })
  let text = ''
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (text += chunk.toString()))
  return { child, output: () => text }
}

async function stop(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit')
  child.kill()
  await ended
}

async function until(isTrue: () => boolean): Promise<void> {
  const deadline = Date.now() + 20_000
  while (!isTrue()) {
    if (Date.now() > deadline) throw new Error('waited too long')
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** What a person would put into .dev.vars. */
async function settingsIn(output: () => string): Promise<Record<string, string>> {
  await until(() => output().includes('/codes/<number>.'))
  return Object.fromEntries(
    output()
      .matchAll(/^([A-Z\d_]+)=(.+)$/gm)
      .map(([, name, value]) => [name, value]),
  )
}

/** The service as the vendors see it: its webhooks keep what comes. */
async function startWebhooks(httpStatus = 200) {
  const calls: { method: string; url: string; headers: Headers; body: Uint8Array<ArrayBuffer> }[] = []
  const server = createServer((request, response) => {
    void keep(request).then(() => response.writeHead(httpStatus).end())
  })
  const keep = async (request: IncomingMessage) => {
    const { method = '', url = '', headers } = request
    const entries = Object.entries(headers).map(([name, value]): [string, string] => [name, String(value)])
    calls.push({ method, url, headers: new Headers(entries), body: new Uint8Array(await buffer(request)) })
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    calls,
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function configFrom(settings: Record<string, string>) {
  const secrets = { OTP_PEPPER: '0'.repeat(64), PII_ENCRYPTION_KEY: '1'.repeat(64) }
  const result = loadConfig({ ENVIRONMENT: 'development', ...secrets, ...settings })
  if (!result.ok) throw new Error(result.problems.join('\n'))
  return result.config
}

function messageTo(vendor: VendorId, to: string, code = CODE): OtpMessage {
  return {
    kind: 'otp',
    to,
    channel: VENDOR_CHANNELS[vendor][0],
    purpose: 'login',
    locale: 'en',
    communicationId: crypto.randomUUID(),
    text: `${code} is your code.`,
    variables: {},
    dltTemplateId: null,
    vendorTemplates: {},
    code,
    expiresInSeconds: 300,
  }
}

/** Sends by the service's own adapter, set up as `npm run vendors` says. */
async function sendBy(settings: Record<string, string>, vendor: VendorId, to: string, code?: string) {
  const provider = createProviders(configFrom(settings), { fetch: systemFetch, timeoutMs: 5000 })[vendor]
  return provider?.send(messageTo(vendor, to, code))
}

/** The service's own client of the lender, in the same way. */
function lenderBy(settings: Record<string, string>) {
  return createBasicApplication(configFrom(settings).lender!, { fetch: systemFetch, timeoutMs: 5000 }, Date.now)
}

function applicationOf(phone: string): Application {
  return {
    id: crypto.randomUUID(),
    loanType: 'HL',
    loanAmount: 5_000_000,
    loanTenureYears: 20,
    personal: {
      phone,
      firstName: 'Asha',
      lastName: 'Rao',
      gender: null,
      email: 'asha.rao@example.com',
      pan: 'ABCDE1234F',
      dateOfBirth: '1990-06-15',
      pinCode: '400001',
    },
  }
}

describe('npm run vendors', () => {
  let vendors: ReturnType<typeof start>
  let service: Awaited<ReturnType<typeof startWebhooks>>
  let settings: Record<string, string>

  beforeAll(async () => {
    service = await startWebhooks()
    vendors = start('--port', '0', '--service', `${service.origin}/`)
    settings = await settingsIn(vendors.output)
  })

  afterAll(async () => {
    await stop(vendors.child)
    await service.close()
  })

  const at = (path: string) => new URL(path, settings['GUPSHUP_API_URL'])
  const get = async (path: string) => {
    const response = await fetch(at(path))
    return [response.status, await response.text()] as const
  }
  const sendByGupshup = (destination: string, init: RequestInit = {}) =>
    fetch(settings['GUPSHUP_API_URL']!, {
      method: 'POST',
      headers: { apikey: settings['GUPSHUP_API_KEY']! },
      body: new URLSearchParams({
        channel: 'whatsapp',
        source: settings['GUPSHUP_SOURCE']!,
        destination,
        'src.name': settings['GUPSHUP_SRC_NAME']!,
        template: JSON.stringify({ id: settings['GUPSHUP_TEMPLATE_ID'], params: [CODE] }),
      }),
      ...init,
    })

  it.each(VENDORS)('prints settings with which %s takes a message, and then the message', async (vendor) => {
    const to = `+91987654321${VENDORS.indexOf(vendor)}`

    expect(await sendBy(settings, vendor, to)).toMatchObject({ status: 'accepted' })

    await until(() => vendors.output().includes(`to ${to}  code ${CODE}`))
    expect(vendors.output()).toMatch(new RegExp(`${vendor} +to \\${to} `))
  })

  it('prints settings with which the lender takes an application, and tells how it stands', async () => {
    const lender = lenderBy(settings)
    const application = applicationOf('+919876543260')

    const outcome = await lender.submit(application)

    const taken = { applicationId: expect.stringMatching(/^B[A-Z\d]{6}$/) as string, status: 'Under Review' }
    expect(outcome).toMatchObject({ status: 'accepted', application: taken })
    expect(await lender.find(application)).toMatchObject({ status: 'found', application: taken })
    const { applicationId } = (outcome as { application: typeof taken }).application
    expect(await lender.statusOf({ applicationId, personal: application.personal })).toStrictEqual({
      status: 'found',
      text: 'Under Review',
    })
    await until(() => /basic_application +answered 200 /.test(vendors.output()))
  })

  it('has a lender that refuses another key, and breaks the connection where the number asks for it', async () => {
    const stranger = lenderBy({ ...settings, BASIC_APPLICATION_API_KEY: 'other' })

    expect(await stranger.submit(applicationOf('+919876543261'))).toMatchObject({ status: 'failed', reason: 'provider_auth' })
    expect(await lenderBy(settings).submit(applicationOf('+919876540023'))).toMatchObject({
      status: 'unknown',
      reason: 'connection_lost',
    })
  })

  it.each(['CREATION', 'STATUS'])('takes a notice by the template of GUPSHUP_LEAD_%s, and prints no code', async (kind) => {
    const destination = kind === 'STATUS' ? '919876543262' : '919876543263'
    const id = settings[`GUPSHUP_LEAD_${kind}_TEMPLATE_ID`]!
    const response = await fetch(settings['GUPSHUP_API_URL']!, {
      method: 'POST',
      headers: { apikey: settings['GUPSHUP_API_KEY']! },
      body: new URLSearchParams({
        channel: 'whatsapp',
        source: settings['GUPSHUP_SOURCE']!,
        destination,
        'src.name': settings[`GUPSHUP_LEAD_${kind}_SRC_NAME`]!,
        template: JSON.stringify({ id, params: ['Asha', 'B002BJF'] }),
      }),
    })

    expect(response.status).toBe(202)
    await until(() => vendors.output().includes(`to +${destination}  template ${id} ["Asha","B002BJF"]`))
    expect((await get(`/codes/${destination}`))[0]).toBe(404)
  })

  it('leaves mock mode, and names the service as the address of reports', () => {
    expect(settings).toMatchObject({ PIONEER_FLAG_MOCK_OTP_ENABLED: 'false', PUBLIC_URL: service.origin })
  })

  it('tells the last code of a number, whoever carried it', async () => {
    await sendByGupshup('919876543221')
    await sendBy(settings, 'twilio', '+919876543221', '000001')

    expect(await get('/codes/+919876543221')).toStrictEqual([200, '000001'])

    await sendBy(settings, 'mshastra', '+919876543221', '000002')

    expect(await get('/codes/919876543221')).toStrictEqual([200, '000002'])
    expect(await get('/codes/919876543229')).toStrictEqual([404, 'no code was sent to this number'])
  })

  it('does not take a refused message for a sent one', async () => {
    expect(await sendBy(settings, 'twilio', '+919876540001')).toMatchObject({ status: 'rejected' })
    expect((await get('/codes/919876540001'))[0]).toBe(404)
  })

  it.each([
    ['gupshup', 'GUPSHUP_API_KEY'],
    ['msg91', 'MSG91_AUTH_KEY'],
    ['mshastra', 'SMS_PASSWORD'],
    ['twilio', 'TWILIO_AUTH_TOKEN'],
    ['whatsapp_cloud', 'WHATSAPP_ACCESS_TOKEN'],
  ] as const)('refuses %s another %s, and prints the answer', async (vendor, name) => {
    const outcome = await sendBy({ ...settings, [name]: 'other' }, vendor, '+919876543230')

    expect(outcome).toMatchObject({ status: 'rejected', reason: 'provider_auth' })
    await until(() => new RegExp(`${vendor} +answered (401|200 .*(Invalid authkey|005))`).test(vendors.output()))
  })

  it('resets the connection, and hangs, where the number asks for it', async () => {
    await expect(sendByGupshup('919876540023')).rejects.toMatchObject({ cause: { code: 'ECONNRESET' } })
    await expect(sendByGupshup('919876540008', { signal: AbortSignal.timeout(50) })).rejects.toThrow('timeout')

    expect((await sendByGupshup('919876543213')).status).toBe(202)
  })

  it('answers 404 to a path that no vendor has', async () => {
    expect((await fetch(at('/v2/send'), { method: 'POST' })).status).toBe(404)
  })

  it('lists the special numbers, in common and of each vendor', async () => {
    const [status, table] = await get('/scenarios')

    expect(vendors.output()).toContain('…0002  taken, then reported lost: it cannot reach the phone (not mshastra)')
    expect(vendors.output()).toContain(`…0002  ${BASIC_APPLICATION_SCENARIOS['0002']!.what}`)
    expect(status).toBe(200)
    for (const { id, scenarios } of createStandIns(() => {})) {
      const part = table.slice(table.indexOf(`${id}\n`))
      for (const [suffix, { what }] of Object.entries(scenarios)) expect(part).toContain(`…${suffix}  ${what}\n`)
    }
  })

  it('says in common only what several vendors have', () => {
    const standIns = createStandIns(() => {}).filter(({ isLender }) => !isLender)
    for (const suffix of Object.keys(COMMON_SCENARIOS)) {
      const having = standIns.filter(({ scenarios }) => Object.hasOwn(scenarios, suffix))
      expect(having.length, suffix).toBeGreaterThan(1)
    }
  })

  const PATHS = {
    gupshup: /^\/webhooks\/gupshup\/(.+)$/,
    msg91: /^\/webhooks\/msg91\/(.+)$/,
    twilio: /^\/webhooks\/twilio\?communication_id=/,
    whatsapp_cloud: /^\/webhooks\/whatsapp_cloud$/,
  } as const satisfies Record<ReportingVendor, RegExp>

  it.concurrent.each<[ReportingVendor, string, string[]]>([
    ['gupshup', '3241', ['queued', 'sent', 'delivered']],
    ['gupshup', '0002', ['failed']],
    ['msg91', '3242', ['delivered']],
    ['msg91', '0002', ['undelivered']],
    ['twilio', '3243', ['sent', 'delivered']],
    ['twilio', '0010', ['delivered', 'delivered', 'sent', 'sent']],
    ['whatsapp_cloud', '3244', ['sent', 'delivered']],
    ['whatsapp_cloud', '0002', ['failed']],
  ])('reports as %s to the service, which believes it, on a number with %s', async (vendor, suffix, statuses) => {
    const to = `+9198765${VENDORS.indexOf(vendor)}${suffix}`
    const outcome = await sendBy(settings, vendor, to)
    const id = outcome?.status === 'accepted' ? outcome.providerMessageId : null
    const reader = createReceiptReaders(configFrom(settings))[vendor]
    const receiptsOfMessage = async () => {
      const requests = service.calls
        .filter(({ url }) => PATHS[vendor].test(url))
        .map((call) => ({ ...call, url: new URL(call.url, service.origin), pathSecret: PATHS[vendor].exec(call.url)?.[1] }))
      expect(await Promise.all(requests.map((request) => reader.isGenuine(request)))).not.toContain(false)
      const receipts = (await Promise.all(requests.map((request) => reader.read(request)))).flatMap((some) => some ?? [])
      return receipts.filter(({ providerMessageId }) => providerMessageId === id).map(({ status }) => status)
    }

    await until(() => vendors.output().split(`reports ${to} `).length > statuses.length)

    expect(await receiptsOfMessage()).toStrictEqual(statuses)
    expect(vendors.output()).toMatch(new RegExp(`${vendor} +reports \\${to} [a-z, ]+: 200\n`))
  })

  it('says where a report cannot go, since the message has no address for it', async () => {
    const { PUBLIC_URL, ...withoutAddress } = settings

    await sendBy(withoutAddress, 'twilio', '+919876553245')

    expect(PUBLIC_URL).toBe(service.origin)
    await until(() => vendors.output().includes('no reports on +919876553245: it came without an address'))
  })

  it.each([
    ['--port', 'http'],
    ['--prot', '8790'],
    ['--service', 'ftp://example.com'],
  ])('explains itself when called with %s %s', async (...args) => {
    const { child, output } = start(...args)

    const [exitCode] = (await once(child, 'exit')) as [number]

    expect(exitCode).toBe(1)
    expect(output()).toContain('Usage: npm run vendors')
  })

  it('says so when the port is taken', async () => {
    const { child, output } = start('--port', at('/').port)

    const [exitCode] = (await once(child, 'exit')) as [number]

    expect(exitCode).toBe(1)
    expect(output()).toContain('port is taken')
  })
})

describe('npm run vendors, beside a service that does not take reports', () => {
  /** A message, and once all is said of it another one: it goes on working. */
  async function sendTwice(args: readonly string[], lastLine: (to: string) => string) {
    const vendors = start('--port', '0', ...args)
    try {
      const settings = await settingsIn(vendors.output)
      for (const [vendor, to] of [['whatsapp_cloud', '+919876543251'] as const, ['msg91', '+919876543252'] as const]) {
        expect(await sendBy(settings, vendor, to)).toMatchObject({ status: 'accepted' })
        await until(() => vendors.output().includes(lastLine(to)))
      }
    } finally {
      await stop(vendors.child)
    }
    return vendors.output()
  }

  it('says in one line that the service is down', async () => {
    const { origin, close } = await startWebhooks()
    await close()

    const output = await sendTwice(['--service', origin], (to) => `no reports on ${to}: `)

    expect(output.match(/no reports on \+919876543251: http.* does not answer \(ECONNREFUSED\)/g)).toHaveLength(1)
  })

  it('says what is likely where the service does not believe it', async () => {
    const { origin, close } = await startWebhooks(403)

    const output = await sendTwice(['--service', origin], (to) => `reports ${to} delivered`)

    expect(output).toContain('reports +919876543251 delivered: 403, not believed')
    await close()
  })

  it('sends none where it is told so', async () => {
    const { origin, calls, close } = await startWebhooks()
    const vendors = start('--port', '0', '--service', origin, '--no-receipts')

    await sendBy(await settingsIn(vendors.output), 'msg91', '+919876543253')
    // Longer than the pause before a first report.
    await new Promise((resolve) => setTimeout(resolve, 1500))
    await stop(vendors.child)

    expect(vendors.output()).toContain(`code ${CODE}`)
    expect(calls).toHaveLength(0)
    await close()
  })
})
