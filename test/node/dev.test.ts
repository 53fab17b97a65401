import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { fillDevVars, writeDevVars } from '../../scripts/dev/dev-vars.ts'
import { addressIn, welcome } from '../../scripts/dev/welcome.ts'
import { runSmoke } from '../../scripts/smoke/run-smoke.ts'
import { optionValue, pickOptions } from '../../scripts/wrangler.ts'
import { descendants, freePort, freshCheckout, isFree, type RunningDev, startDev, stillRunning } from './support/dev-service.ts'

describe('the first .dev.vars', () => {
  const secret = () => 'S'

  it.each([
    ['empty secrets', 'OTP_PEPPER=\nPHONE_HASH_KEY=""\n', 'OTP_PEPPER=S\nPHONE_HASH_KEY=S\n'],
    ['missing secrets', 'A=1', 'A=1\nOTP_PEPPER=S\nPHONE_HASH_KEY=S\n'],
    ['Windows line ends', 'OTP_PEPPER=\r\nPHONE_HASH_KEY= \r\n', 'OTP_PEPPER=S\r\nPHONE_HASH_KEY=S\r\n'],
    ['secrets that are there', 'OTP_PEPPER=mine\nPHONE_HASH_KEY="too"\n', 'OTP_PEPPER=mine\nPHONE_HASH_KEY="too"\n'],
    [
      'a name that only begins so',
      'OTP_PEPPER_PREVIOUS=\nOTP_PEPPER=x\nPHONE_HASH_KEY=y\n',
      'OTP_PEPPER_PREVIOUS=\nOTP_PEPPER=x\nPHONE_HASH_KEY=y\n',
    ],
  ])('takes the example with %s', (_, example, secrets) => {
    const local = 'ENVIRONMENT=development\nPIONEER_FLAG_MOCK_OTP_ENABLED=true\n'
    expect(fillDevVars(`${local}${example}`, secret)).toBe(`${local}${secrets}`)
  })

  it('brings development and mock mode into force where they stand, and leaves other values', () => {
    const example = 'OTP_PEPPER=a\nPHONE_HASH_KEY=b\n# About it.\n# ENVIRONMENT=development\n#PIONEER_FLAG_MOCK_OTP_ENABLED=\n'
    expect(fillDevVars(example, secret)).toBe(
      'OTP_PEPPER=a\nPHONE_HASH_KEY=b\n# About it.\nENVIRONMENT=development\nPIONEER_FLAG_MOCK_OTP_ENABLED=true\n',
    )
    const chosen = 'OTP_PEPPER=a\nPHONE_HASH_KEY=b\nENVIRONMENT=production\nPIONEER_FLAG_MOCK_OTP_ENABLED=false\n'
    expect(fillDevVars(chosen, secret)).toBe(chosen)
  })

  describe('as a file', () => {
    let folder: string
    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'edge-verify-vars-'))
      await writeFile(join(folder, 'example'), 'OTP_PEPPER=\nPHONE_HASH_KEY=\n')
    })
    afterEach(() => rm(folder, { recursive: true }))

    it('has two different secrets of 256 bits, for its owner only', async () => {
      expect(await writeDevVars(join(folder, 'vars'), join(folder, 'example'))).toBe(true)
      const text = await readFile(join(folder, 'vars'), 'utf8')
      expect(text).toMatch(/^OTP_PEPPER=([0-9a-f]{64})\nPHONE_HASH_KEY=(?!\1)[0-9a-f]{64}\n/)
      if (process.platform !== 'win32') expect((await stat(join(folder, 'vars'))).mode & 0o777).toBe(0o600)
    })

    it('is never touched once it is there', async () => {
      await writeFile(join(folder, 'vars'), 'OTP_PEPPER=\n')
      expect(await writeDevVars(join(folder, 'vars'), join(folder, 'example'))).toBe(false)
      expect(await readFile(join(folder, 'vars'), 'utf8')).toBe('OTP_PEPPER=\n')
    })
  })
})

describe('what is shown', () => {
  it.each([
    [{ ip: '127.0.0.1', port: 8799 }, 'http://localhost:8799'],
    [{ ip: '0.0.0.0', port: 8787 }, 'http://localhost:8787'],
    [{ ip: '192.168.1.7', port: 8787 }, 'http://192.168.1.7:8787'],
  ])('for %j is %s', (where, address) => {
    expect(addressIn(JSON.stringify({ event: 'DEV_SERVER_READY', ...where }), 'http')).toBe(address)
  })

  it.each(['no json', '{"event":"OTHER","port":1}', '{"event":"DEV_SERVER_READY"}', 'null'])('for %s is nothing', (message) => {
    expect(addressIn(message, 'http')).toBeUndefined()
  })

  it('does not promise the mock code when messages are really sent, nor health that is not there', () => {
    const mock = welcome('http://localhost:1', { healthy: true, mockCode: '1234' }, 'linux')
    expect(mock).toContain('"otp": "1234"')
    const real = welcome('http://localhost:1', { healthy: false, mockCode: undefined }, 'linux')
    expect(real).not.toMatch(/mock|1234/)
    expect(real).toContain('http://localhost:1/ready')
  })

  it('quotes for the shell of the system', () => {
    const state = { healthy: true, mockCode: '123456' }
    expect(welcome('http://localhost:1', state, 'darwin')).toContain(`-d '{"phone_number": "+917888888888"}'`)
    expect(welcome('http://localhost:1', state, 'win32')).toContain(String.raw`-d "{\"phone_number\": \"+917888888888\"}"`)
  })
})

it('finds options in each of their spellings', () => {
  const args = ['--env', 'a', '--port=1', '-c', 'x.toml', '--env=b', '--flag', '--persist-to']
  expect(pickOptions(args, ['--env', '-c', '--persist-to'])).toEqual(['--env', 'a', '-c', 'x.toml', '--env=b'])
  expect(optionValue(args, ['--env', '-e'])).toBe('b')
  expect(optionValue(args, ['--port'])).toBe('1')
  expect(optionValue(args, ['--name'])).toBeUndefined()
})

// Signals, process groups and `ps` are of POSIX.
describe.skipIf(process.platform === 'win32')('npm run dev', { timeout: 300_000 }, () => {
  let checkout: Awaited<ReturnType<typeof freshCheckout>>
  let dev: RunningDev | undefined
  beforeAll(async () => {
    checkout = await freshCheckout()
  })
  afterEach(() => dev?.kill())
  afterAll(() => checkout.remove())

  // In this order: the second start finds what the first has left.
  it.each([
    ['Ctrl-C in its terminal', (npm: number) => process.kill(-npm, 'SIGINT')],
    ['a signal to npm alone', (npm: number) => process.kill(npm, 'SIGTERM')],
  ])('serves, and %s ends all of it', async (_, stop) => {
    const port = await freePort()
    dev = startDev(checkout.folder, ['--port', String(port), '--persist-to', join(checkout.folder, 'state')])
    await dev.printed('Ctrl-C stops it.')
    expect(dev.output()).toContain(`http://localhost:${port}, in mock mode: nothing is sent, and every code is 123456`)

    const health = await fetch(`http://localhost:${port}/health`)
    expect(health.status).toBe(200)
    expect(await health.json()).toMatchObject({ status: 'healthy' })
    const lines: string[] = []
    const code = await runSmoke(
      { url: `http://localhost:${port}`, phone: undefined, code: undefined },
      { print: (line) => lines.push(line), askCode: () => Promise.resolve(undefined) },
    )
    expect(code, lines.join('\n')).toBe(0)

    const children = descendants(dev.pid)
    expect(children.length).toBeGreaterThan(3)
    stop(dev.pid)
    await dev.ended
    await vi.waitFor(() => expect(stillRunning(children)).toEqual([]), { timeout: 60_000, interval: 200 })
    expect(await isFree(port)).toBe(true)
  })

  it('has made .dev.vars once, and its database where it was told to', async () => {
    expect(dev!.output()).not.toContain('Wrote .dev.vars')
    expect(await readFile(join(checkout.folder, '.dev.vars'), 'utf8')).toMatch(/^OTP_PEPPER=[0-9a-f]{64}$/m)
    await expect(stat(join(checkout.folder, 'state'))).resolves.toBeTruthy()
    await expect(stat(join(checkout.folder, '.wrangler', 'state'))).rejects.toThrow('ENOENT')
  })

  it('ends with the reason and its exit code when wrangler cannot start', async () => {
    dev = startDev(checkout.folder, ['--config', 'no-such.toml'])
    expect(await dev.ended).toBe(1)
    await dev.printed('no-such.toml')
  })
})
