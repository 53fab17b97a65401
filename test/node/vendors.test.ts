import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

interface Settings {
  readonly PIONEER_FLAG_MOCK_OTP_ENABLED: string
  readonly GUPSHUP_API_URL: string
  readonly GUPSHUP_API_KEY: string
  readonly GUPSHUP_SOURCE: string
  readonly GUPSHUP_TEMPLATE_ID: string
  readonly GUPSHUP_SRC_NAME: string
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url).href)

function start(...args: string[]): { child: ChildProcess; output: () => string } {
  const child = spawn(process.execPath, ['scripts/run.mjs', 'vendors', ...args], { cwd: ROOT })
  let text = ''
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (text += chunk.toString()))
  return { child, output: () => text }
}

async function until(isTrue: () => boolean): Promise<void> {
  const deadline = Date.now() + 10_000
  while (!isTrue()) {
    if (Date.now() > deadline) throw new Error('waited too long')
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

describe('npm run vendors', () => {
  let vendors: ReturnType<typeof start>
  let settings: Settings

  beforeAll(async () => {
    vendors = start('--port', '0')
    await until(() => vendors.output().includes('/codes/<number>.'))
    // What a person would put into .dev.vars.
    settings = Object.fromEntries(
      vendors
        .output()
        .matchAll(/^([A-Z_]+)=(.+)$/gm)
        .map(([, name, value]) => [name, value]),
    )
  })

  afterAll(async () => {
    const ended = once(vendors.child, 'exit')
    vendors.child.kill()
    await ended
  })

  const send = (destination: string, init: RequestInit = {}) =>
    fetch(settings.GUPSHUP_API_URL, {
      method: 'POST',
      headers: { apikey: settings.GUPSHUP_API_KEY },
      body: new URLSearchParams({
        channel: 'whatsapp',
        source: settings.GUPSHUP_SOURCE,
        destination,
        'src.name': settings.GUPSHUP_SRC_NAME,
        template: JSON.stringify({ id: settings.GUPSHUP_TEMPLATE_ID, params: ['482913'] }),
      }),
      ...init,
    })

  it('prints settings with which a message is taken, and then the message', async () => {
    const response = await send('919876543210')

    expect(response.status).toBe(202)
    expect(await response.json()).toMatchObject({ status: 'submitted' })
    expect(settings.PIONEER_FLAG_MOCK_OTP_ENABLED).toBe('false')
    await until(() => vendors.output().includes('to +919876543210  code 482913'))
  })

  it('tells the last code of a number', async () => {
    await send('919876543211')

    const code = await fetch(new URL('/codes/+919876543211', settings.GUPSHUP_API_URL))
    const none = await fetch(new URL('/codes/919876543219', settings.GUPSHUP_API_URL))

    expect([code.status, await code.text()]).toStrictEqual([200, '482913'])
    expect(none.status).toBe(404)
  })

  it('refuses another key', async () => {
    expect((await send('919876543212', { headers: { apikey: 'other' } })).status).toBe(401)
  })

  it('resets the connection, and hangs, where the number asks for it', async () => {
    await expect(send('919876540023')).rejects.toMatchObject({ cause: { code: 'ECONNRESET' } })
    await expect(send('919876540008', { signal: AbortSignal.timeout(50) })).rejects.toThrow('timeout')

    expect((await send('919876543213')).status).toBe(202)
  })

  it('lists the special numbers', () => {
    expect(vendors.output()).toContain('…0007  503 with an HTML body')
  })

  it.each([
    ['--port', 'http'],
    ['--prot', '8790'],
  ])('explains itself when called with %s %s', async (...args) => {
    const { child, output } = start(...args)

    const [exitCode] = (await once(child, 'exit')) as [number]

    expect(exitCode).toBe(1)
    expect(output()).toContain('Usage: npm run vendors')
  })

  it('says so when the port is taken', async () => {
    const { child, output } = start('--port', new URL(settings.GUPSHUP_API_URL).port)

    const [exitCode] = (await once(child, 'exit')) as [number]

    expect(exitCode).toBe(1)
    expect(output()).toContain('port is taken')
  })
})
