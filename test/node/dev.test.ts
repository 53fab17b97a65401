import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { parsePhoneNumberFromString } from 'libphonenumber-js/max'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { fillDevVars, readLocalSettings, writeDevVars } from '../../scripts/dev/dev-vars.ts'
import { loadSampleSql, putSampleLoan } from '../../scripts/dev/put-sample-loan.ts'
import { addressIn, welcome } from '../../scripts/dev/welcome.ts'
import { runSmoke } from '../../scripts/smoke/run-smoke.ts'
import { optionValue, pickOptions } from '../../scripts/wrangler.ts'
import { createSealer } from '../../src/core/seal'
import { contactPlace } from '../../src/payments/loan'
import { createPhoneHasher } from '../../src/phone/phone-hash'
import { descendants, freePort, freshCheckout, isFree, type RunningDev, startDev, stillRunning } from './support/dev-service.ts'

describe('the first .dev.vars', () => {
  const secret = () => 'S'

  it.each([
    [
      'empty secrets, and one out of force',
      'OTP_PEPPER=\nPHONE_HASH_KEY=""\n# PII_ENCRYPTION_KEY=\n',
      'OTP_PEPPER=S\nPHONE_HASH_KEY=S\nPII_ENCRYPTION_KEY=S\n',
    ],
    ['missing secrets', 'A=1', 'A=1\nOTP_PEPPER=S\nPHONE_HASH_KEY=S\nPII_ENCRYPTION_KEY=S\n'],
    [
      'Windows line ends',
      'OTP_PEPPER=\r\nPHONE_HASH_KEY= \r\n# PII_ENCRYPTION_KEY=\r\n',
      'OTP_PEPPER=S\r\nPHONE_HASH_KEY=S\r\nPII_ENCRYPTION_KEY=S\r\n',
    ],
    [
      'secrets that are there',
      'OTP_PEPPER=mine\nPHONE_HASH_KEY="too"\nPII_ENCRYPTION_KEY=this\n',
      'OTP_PEPPER=mine\nPHONE_HASH_KEY="too"\nPII_ENCRYPTION_KEY=this\n',
    ],
    [
      'names that only begin so',
      'OTP_PEPPER_PREVIOUS=\nOTP_PEPPER=x\nPHONE_HASH_KEY=y\n# PII_ENCRYPTION_KEY_PREVIOUS=\n# PII_ENCRYPTION_KEY=\n',
      'OTP_PEPPER_PREVIOUS=\nOTP_PEPPER=x\nPHONE_HASH_KEY=y\n# PII_ENCRYPTION_KEY_PREVIOUS=\nPII_ENCRYPTION_KEY=S\n',
    ],
  ])('takes the example with %s', (_, example, secrets) => {
    const local = 'ENVIRONMENT=development\nPIONEER_FLAG_MOCK_OTP_ENABLED=true\nMSG91_OTP_LENGTH=6\n'
    expect(fillDevVars(`${local}${example}`, secret)).toBe(`${local}${secrets}`)
  })

  it('brings development, mock mode and long codes of payments into force where they stand, and leaves other values', () => {
    const example =
      'OTP_PEPPER=a\nPHONE_HASH_KEY=b\nPII_ENCRYPTION_KEY=c\n# About it.\n# ENVIRONMENT=development\n#PIONEER_FLAG_MOCK_OTP_ENABLED=\n# MSG91_OTP_LENGTH=4\n'
    expect(fillDevVars(example, secret)).toBe(
      'OTP_PEPPER=a\nPHONE_HASH_KEY=b\nPII_ENCRYPTION_KEY=c\n# About it.\nENVIRONMENT=development\nPIONEER_FLAG_MOCK_OTP_ENABLED=true\nMSG91_OTP_LENGTH=6\n',
    )
    const chosen =
      'OTP_PEPPER=a\nPHONE_HASH_KEY=b\nPII_ENCRYPTION_KEY=c\nENVIRONMENT=production\nPIONEER_FLAG_MOCK_OTP_ENABLED=false\nMSG91_OTP_LENGTH=5\n'
    expect(fillDevVars(chosen, secret)).toBe(chosen)
  })

  describe('as a file', () => {
    let folder: string
    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'edge-verify-vars-'))
      await writeFile(join(folder, 'example'), 'OTP_PEPPER=\nPHONE_HASH_KEY=\n# PII_ENCRYPTION_KEY=\n')
    })
    afterEach(() => rm(folder, { recursive: true }))

    it('has three different secrets of 256 bits, for its owner only', async () => {
      expect(await writeDevVars(join(folder, 'vars'), join(folder, 'example'))).toBe(true)
      const text = await readFile(join(folder, 'vars'), 'utf8')
      expect(text).toMatch(
        /^OTP_PEPPER=([0-9a-f]{64})\nPHONE_HASH_KEY=(?!\1)([0-9a-f]{64})\nPII_ENCRYPTION_KEY=(?!\1|\2)[0-9a-f]{64}\n/,
      )
      if (process.platform !== 'win32') expect((await stat(join(folder, 'vars'))).mode & 0o777).toBe(0o600)
    })

    it('is never touched once it is there', async () => {
      await writeFile(join(folder, 'vars'), 'OTP_PEPPER=\n')
      expect(await writeDevVars(join(folder, 'vars'), join(folder, 'example'))).toBe(false)
      expect(await readFile(join(folder, 'vars'), 'utf8')).toBe('OTP_PEPPER=\n')
    })
  })
})

describe('what the service has of its settings', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'edge-verify-settings-'))
  })
  afterEach(() => rm(folder, { recursive: true }))

  it('has the keys of numbers and of leads, or what stands in for them, and the length of payment codes', async () => {
    const long = 'OTP_PEPPER=pepper\nPHONE_HASH_KEY="a key"\nPII_ENCRYPTION_KEY=another\nOTP_LENGTH=5\nMSG91_OTP_LENGTH=6\n'
    await writeFile(join(folder, '.dev.vars'), long)
    expect(await readLocalSettings(folder)).toEqual({ phoneHashKey: 'a key', hasPersonalKey: true, paymentCodeLength: 6 })
    const short = 'OTP_PEPPER=pepper\nPHONE_HASH_KEY=\nPII_ENCRYPTION_KEY=\nOTP_LENGTH=5\n# MSG91_OTP_LENGTH=6\n'
    await writeFile(join(folder, '.dev.vars'), short)
    expect(await readLocalSettings(folder)).toEqual({ phoneHashKey: 'pepper', hasPersonalKey: false, paymentCodeLength: 5 })
  })

  it('is that of the environment or of the file that was named, and else nothing', async () => {
    expect(await readLocalSettings(folder)).toEqual({ phoneHashKey: undefined, hasPersonalKey: false, paymentCodeLength: 4 })
    await writeFile(join(folder, '.dev.vars'), 'OTP_PEPPER=own\n')
    await writeFile(join(folder, '.dev.vars.staging'), 'OTP_PEPPER=staged\n')
    expect(await readLocalSettings(folder, { environment: 'staging' })).toHaveProperty('phoneHashKey', 'staged')
    expect(await readLocalSettings(folder, { environment: 'other' })).toHaveProperty('phoneHashKey', 'own')
    expect(await readLocalSettings(folder, { named: '.dev.vars.staging' })).toHaveProperty('phoneHashKey', 'staged')
    expect(await readLocalSettings(folder, { named: 'no-such-file' })).toHaveProperty('phoneHashKey', undefined)
  })
})

describe('the sample loan', () => {
  const KEY = 'k'.repeat(32)
  let db: DatabaseSync
  beforeEach(async () => {
    db = new DatabaseSync(':memory:')
    const migrations = (await readdir('migrations')).filter((name) => name.endsWith('.sql'))
    for (const name of migrations.toSorted()) db.exec(await readFile(join('migrations', name), 'utf8'))
  })
  afterEach(() => db.close())

  const put = async (key = KEY) => {
    const statements = (await loadSampleSql(key, 1_700_000_000_000)).split(/(?<=;)\n/)
    for (const statement of statements.slice(0, -2)) db.exec(statement)
    return db.prepare(statements.at(-2)!).get()!['is_sample'] === 1
  }
  const rows = (sql: string) => db.prepare(sql).all()
  const repayment = () => rows('SELECT * FROM repayment')
  const TABLES = ['loan', 'loan_contact', 'repayment', 'repayment_change', 'verifications']
  const everything = () => TABLES.map((table) => rows(`SELECT * FROM ${table}`))
  const verification = (id: string, about: string) =>
    `INSERT INTO verifications VALUES ('${id}', 1, 'h', 'm', 'IN', 'payment', NULL, 's', 'sms', 'approved', 1, 1, 1, 1, 1, 1, 'repayment:${about}', NULL, '')`

  it('is what brief 000 asks about, and the service can read its numbers', async () => {
    expect(await put()).toBe(true)
    expect(rows('SELECT * FROM loan')).toMatchObject([{ id: '123', currency: 'INR', payee: 'Prosparity' }])
    expect(repayment()).toMatchObject([{ loan_id: '123', id: '456', amount_due: 500_000, amount_collected: 0, status_id: 1 }])
    const contacts = rows('SELECT * FROM loan_contact ORDER BY contact_type')
    expect(contacts.map(({ contact_type: type }) => type)).toEqual(['applicant', 'co_applicant'])
    const sealer = createSealer(KEY, 'loan_contact')
    const numbers = await Promise.all(
      contacts.map(({ contact_type: type, phone_sealed: sealed }) =>
        sealer.open(String(sealed), contactPlace('123', String(type))),
      ),
    )
    expect(numbers[0]).toBe('+919876543210')
    expect(numbers.map((number) => parsePhoneNumberFromString(number!)?.getType())).toEqual(['MOBILE', 'MOBILE'])
    expect(new Set(numbers).size).toBe(2)
    expect(contacts[0]).toMatchObject({ phone_hash: await createPhoneHasher(KEY)(numbers[0]!), phone_masked: '+91********10' })
  })

  it('has no number in clear in what is handed to wrangler', async () => {
    expect(await loadSampleSql(KEY, 0)).not.toMatch(/98765432/)
  })

  it('is put back once it was paid, its history too, and at a version that no change of before fits', async () => {
    await put()
    db.exec(`UPDATE repayment SET status_id = 3, amount_collected = 500000, payment_mode_id = 1, version = 2;
      INSERT INTO repayment_change VALUES ('123', '456', 2, 1, 1, 3, 500000, 500000, 1, 'applicant', 'ver_1', NULL, 's', 'r', NULL);
      ${verification('ver_1', '123/456')};
      ${verification('ver_2', '123/457')}`)
    expect(await put()).toBe(true)
    expect(repayment()).toMatchObject([{ status_id: 1, amount_collected: 0, payment_mode_id: null, version: 3 }])
    expect(rows('SELECT * FROM repayment_change')).toEqual([])
    expect(rows('SELECT id, subject FROM verifications ORDER BY id')).toEqual([
      { id: 'ver_1', subject: null },
      { id: 'ver_2', subject: 'repayment:123/457' },
    ])
  })

  it('is not touched while nothing happened to it, nor is what was added', async () => {
    await put()
    db.exec(`INSERT INTO repayment VALUES ('123', '457', 3, 100, 100, 1, NULL, 2, 0, 0);
      INSERT INTO repayment_change VALUES ('123', '457', 2, 1, 1, 3, 100, 100, 1, 'applicant', 'ver_1', NULL, 's', 'r', NULL);
      ${verification('ver_1', '123/457')}; ${verification('ver_2', '123/456')}`)
    const before = everything()
    expect(await put()).toBe(true)
    expect(everything()).toEqual(before)
  })

  it.each([
    [
      'whose applicant has another number',
      `INSERT INTO loan_contact (loan_id, contact_type, phone_hash, created_at) VALUES ('123', 'applicant', 'other', 1)`,
    ],
    ['without an applicant', `INSERT INTO loan_contact (loan_id, contact_type, created_at) VALUES ('9', 'applicant', 1)`],
  ])('leaves a loan 123 alone %s', async (_, contact) => {
    db.exec(`INSERT INTO loan VALUES ('123', 'USD', 'Mine', 1); ${contact};
      INSERT INTO repayment VALUES ('123', '456', 3, 100, 100, 1, NULL, 2, 0, 0);
      INSERT INTO repayment_change VALUES ('123', '456', 2, 1, 1, 3, 100, 100, 1, 'applicant', 'ver_1', NULL, 's', 'r', NULL);
      ${verification('ver_1', '123/456')}`)
    const before = everything()
    expect(await put()).toBe(false)
    expect(everything()).toEqual(before)
  })

  it('is told as missing where another key is in force', async () => {
    await put()
    expect(await put('another key'.repeat(3))).toBe(false)
  })

  it('goes to the local database alone, in a file that is gone afterwards, and a failure is a result', async () => {
    const calls: (readonly string[])[] = []
    const result = await putSampleLoan('SELECT 1;', ['--env', 'x'], async (args) => {
      calls.push(args)
      expect(await readFile(args[args.indexOf('--file') + 1]!, 'utf8')).toBe('SELECT 1;')
      return { code: 0, stdout: '[{"results":[{"is_sample":0}]}]', stderr: '' }
    })
    expect(result).toBe('other_loan')
    const [args] = calls
    expect(args).toEqual(['d1', 'execute', 'DB', '--local', '--json', '--file', expect.any(String), '--env', 'x'])
    await expect(stat(args![6]!)).rejects.toThrow('ENOENT')

    const failed = async () => ({ code: 1, stdout: 'no such table', stderr: '' })
    expect(await putSampleLoan('SELECT 1;', [], failed)).toEqual({ problem: 'no such table' })
    const unreadable = async () => ({ code: 0, stdout: 'fine', stderr: '' })
    expect(await putSampleLoan('SELECT 1;', [], unreadable)).toHaveProperty('problem')
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
    const mock = welcome(
      'http://localhost:1',
      { healthy: true, mockCode: '1234', paymentCode: '12345', hasLeads: true, isClosed: false },
      'linux',
    )
    expect(mock).toContain('"otp": "1234"')
    expect(mock).toContain('/api/v1/otp/send-otp-payment')
    expect(mock).toContain('"otp_code": "12345"')
    expect(mock).toContain('/api_v1/lead_create')
    const real = welcome(
      'http://localhost:1',
      { healthy: false, mockCode: undefined, paymentCode: undefined, hasLeads: false, isClosed: false },
      'linux',
    )
    expect(real).not.toMatch(/payment|lead/)
    expect(real).not.toMatch(/mock|1234/)
    expect(real).toContain('http://localhost:1/ready')
  })

  it('quotes for the shell of the system', () => {
    const state = { healthy: true, mockCode: '123456', paymentCode: undefined, hasLeads: false, isClosed: false }
    expect(welcome('http://localhost:1', state, 'darwin')).toContain(`-d '{"phone_number": "+917888888888"}'`)
    expect(welcome('http://localhost:1', state, 'win32')).toContain(String.raw`-d "{\"phone_number\": \"+917888888888\"}"`)
  })
})

describe('who may call', () => {
  const open = { healthy: true, mockCode: '123456', paymentCode: undefined, hasLeads: false, isClosed: false }

  it('is everybody in development, and how to try keys is one line', () => {
    const text = welcome('http://localhost:1', open, 'linux')
    expect(text).toContain('npm run dev -- --var AUTH_REQUIRED:true')
    expect(text).not.toMatch(/authorization|npm run key/)
  })

  it('is who has a key where one is wanted: how to make it, in the database in use, and where it goes', () => {
    const args = ['--port', '1', '--persist-to', 'state', '--var', 'AUTH_REQUIRED:true']
    const text = welcome('http://localhost:1', { ...open, isClosed: true }, 'linux', args)
    expect(text).toMatch(/npm run key -- create --name me --scopes verifications:send,\S* --local --persist-to state$/m)
    expect(text.match(/-H 'authorization: Bearer <key>'/g)).toHaveLength(2)
    expect(text).toContain('npm run smoke -- --url http://localhost:1 --key <key>')
    expect(text).not.toContain('npm run dev --')
    expect(welcome('http://localhost:1', { ...open, isClosed: true }, 'win32')).toContain('-H "authorization: Bearer <key>"')
  })
})

/** The requests of brief 000, as it prints them. @returns their statuses */
function payAsPrinted(port: number): Promise<number[]> {
  return postAll(`http://localhost:${port}/api/v1/otp`, [
    ['send-otp-payment', '{"loan_id": 123, "repayment_id": 456, "template_key": "1", "contact_type": "applicant"}'],
    ['verify-otp-payment', '{"loan_id": 123, "repayment_id": 456, "otp_code": "123456", "contact_type": "applicant"}'],
    [
      'verify-otp-and-update-status',
      '{"loan_id": 123, "repayment_id": 456, "mobile": "9876543210", "otp_code": "123456", "status_update": {"loan_id": "123", "repayment_id": "456", "repayment_status": 3, "amount_collected": 5000.0, "payment_mode_id": 1}}',
    ],
  ])
}

async function postAll(address: string, requests: readonly (readonly [string, string])[]): Promise<number[]> {
  const statuses: number[] = []
  for (const [path, body] of requests) {
    const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body }
    statuses.push((await fetch(`${address}/${path}`, init)).status)
  }
  return statuses
}

/** What the welcome tells to try with leads. @returns the statuses */
function tryLeads(output: string): Promise<number[]> {
  const requests = [...output.matchAll(/curl (\S+)\/(lead_\w+) .* -d '(.*)'/g)]
  return postAll(
    requests[0]![1]!,
    requests.map(([, , path, body]) => [path!, body!] as const),
  )
}

/** Makes it the file of somebody who has had it since before there were leads. */
async function forgetLeads(file: string): Promise<void> {
  const text = await readFile(file, 'utf8')
  await writeFile(file, text.replace(/^PII_ENCRYPTION_KEY=.*\n/m, ''))
}

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
    ['Ctrl-C in its terminal', (npm: number) => process.kill(-npm, 'SIGINT'), true],
    ['a signal to npm alone', (npm: number) => process.kill(npm, 'SIGTERM'), false],
  ])('serves, and %s ends all of it', async (_, stop, isFirst) => {
    const port = await freePort()
    if (!isFirst) await forgetLeads(join(checkout.folder, '.dev.vars'))
    dev = startDev(checkout.folder, ['--port', String(port), '--persist-to', join(checkout.folder, 'state')])
    await dev.printed('Ctrl-C stops it.')
    expect(dev.output()).toContain(`http://localhost:${port}, in mock mode: nothing is sent, and every code is 123456`)

    const health = await fetch(`http://localhost:${port}/health`)
    expect(health.status).toBe(200)
    expect(await health.json()).toMatchObject({ status: 'healthy' })
    // Whatever the first start has made of it.
    const loan = await fetch(`http://localhost:${port}/v1/loans/123`)
    expect(await loan.json()).toMatchObject({
      repayments: [{ id: '456', status: { code: 'pending' }, amount_collected: '0.00' }],
    })
    if (isFirst) {
      expect(await payAsPrinted(port)).toEqual([200, 200, 200])
      expect(await tryLeads(dev.output())).toEqual([200, 200])
    }
    if (!isFirst) {
      expect(dev.output()).toMatch(/^No leads: .* to \.dev\.vars: PII_ENCRYPTION_KEY=[0-9a-f]{64}$/m)
      expect(dev.output()).not.toContain('lead_create')
    }
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
    // A process whose first thread has ended is listed as such while its others still hold the port.
    await vi.waitFor(async () => expect(await isFree(port)).toBe(true), { timeout: 60_000, interval: 200 })
  })

  it('has made .dev.vars once, and its database where it was told to', async () => {
    expect(dev!.output()).not.toContain('Wrote .dev.vars')
    const settings = await readFile(join(checkout.folder, '.dev.vars'), 'utf8')
    expect(settings).toMatch(/^OTP_PEPPER=[0-9a-f]{64}$/m)
    expect(settings).not.toMatch(/^PII_ENCRYPTION_KEY=/m)
    await expect(stat(join(checkout.folder, 'state'))).resolves.toBeTruthy()
    await expect(stat(join(checkout.folder, '.wrangler', 'state'))).rejects.toThrow('ENOENT')
  })

  it('ends with the reason and its exit code when wrangler cannot start', async () => {
    dev = startDev(checkout.folder, ['--config', 'no-such.toml'])
    expect(await dev.ended).toBe(1)
    await dev.printed('no-such.toml')
  })
})
