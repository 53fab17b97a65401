import { execFile } from 'node:child_process'
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { calculateJwkThumbprint, importJWK, jwtVerify, SignJWT } from 'jose'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { loadApiKeys } from '../../scripts/key/load-api-keys.ts'
import { OPTION_OF, parseCommand, USAGE } from '../../scripts/key/options.ts'
import { runKey } from '../../scripts/key/run-key.ts'
import { newSigningKey } from '../../scripts/key/signing-key.ts'
import { projectRoot, type RunWrangler } from '../../scripts/wrangler.ts'
import { type ApiKeyRow, hashOfApiKey, isInForce, principalOf } from '../../src/access/api-key'
import { BROWSER_SCOPES, SCOPES } from '../../src/access/scopes'
import { signingKeysVariable } from '../../src/config/tokens'
import { once } from '../../src/core/once'
import { createApiKeyBodySchema, rotateApiKeyBodySchema } from '../../src/surfaces/v1/api-key-schemas'

/** Bundled once, for all that does not run the command itself. */
const apiKeys = once(loadApiKeys)
const NOW = Date.UTC(2026, 10, 21, 6, 30)
const KEY = /ev[sp]k_[0-9a-f]{48}/g
const CREATE = ['create', '--local', '--name', 'web shop', '--scopes', 'verifications:send,verifications:check']

const keyIn = (text: string) => {
  const keys = text.match(KEY) ?? []
  expect(keys, text).toHaveLength(1)
  return keys[0]!
}
const idIn = (text: string) => /key_[\w-]{22}/.exec(text)![0]

describe('the command line', () => {
  const where = ['--local']

  it.each<[string, string[], object]>([
    ['nothing', [], { verb: 'help' }],
    ['--help', ['--help'], { verb: 'help' }],
    ['help about a command', ['create', '-h'], { verb: 'help' }],
    [
      'create',
      ['create', '--name', 'web shop', '--scopes', 'verifications:send, leads:read', '--local'],
      { verb: 'create', where, body: { name: 'web shop', kind: 'secret', scopes: ['verifications:send', 'leads:read'] } },
    ],
    [
      'create with all',
      [
        'create',
        '--remote',
        '--name=page',
        '--publishable',
        '--scopes=leads:create',
        '--origins=https://a.example.com,http://localhost:3000',
        '--purposes=login,order',
        '--expires=2027-01-31',
        '-e',
        'staging',
      ],
      {
        verb: 'create',
        where: ['--remote', '--env=staging'],
        body: {
          name: 'page',
          kind: 'publishable',
          scopes: ['leads:create'],
          origins: ['https://a.example.com', 'http://localhost:3000'],
          purposes: ['login', 'order'],
          expires_at: '2027-01-31T00:00:00Z',
        },
      },
    ],
    [
      'a time of day',
      [...CREATE, '--expires', '2027-01-31T12:00:00+05:30'],
      { body: { expires_at: '2027-01-31T12:00:00+05:30' } },
    ],
    ['list', ['list', '--remote', '--env', ''], { verb: 'list', where: ['--remote', '--env='] }],
    [
      'where the database is',
      ['list', '--local', '--persist-to', 'x y', '-c', 'w.toml', '--env-file', '.env', '--profile', 'me'],
      { where: ['--local', '--config=w.toml', '--persist-to=x y', '--env-file=.env', '--profile=me'] },
    ],
    ['rotate', ['rotate', 'key_1', '--local'], { verb: 'rotate', where, id: 'key_1', body: {} }],
    ['rotate with an overlap', ['rotate', 'key_1', '--local', '--overlap-seconds', '0'], { body: { overlap_seconds: 0 } }],
    ['revoke', ['revoke', '--local', 'key_1'], { verb: 'revoke', where, id: 'key_1' }],
    ['signing', ['signing'], { verb: 'signing', algorithm: 'ES256' }],
    ['signing with an algorithm', ['signing', '--alg', 'eddsa'], { verb: 'signing', algorithm: 'EdDSA' }],
  ])('understands %s', (_title, args, command) => {
    expect(parseCommand(args)).toMatchObject(command)
  })

  it.each<[string, string[], RegExp]>([
    ['an unknown command', ['make'], /no command make/],
    ['one of every object', ['constructor'], /no command constructor/],
    ['an unknown option', ['list', '--local', '--name', 'x'], /--name/],
    ['an option without its value', ['create', '--local', '--name'], /--name/],
    ['no database', ['list'], /--local.*--remote/],
    ['both databases', ['list', '--local', '--remote'], /--local.*--remote/],
    ['a folder for the remote one', ['list', '--remote', '--persist-to', 'x'], /--persist-to/],
    ['no id', ['revoke', '--local'], /id is missing/],
    ['two ids', ['revoke', 'key_1', 'key_2', '--local'], /What is key_2/],
    ['a list with blanks', ['create', '--local', '--name', 'x', '--scopes', 'a,', 'b'], /What is b/],
    ['another algorithm', ['signing', '--alg', 'HS256'], /ES256 or EdDSA/],
  ])('refuses %s', (_title, args, problem) => {
    expect(parseCommand(args)).toEqual({ problem: expect.stringMatching(problem) })
  })

  it('has an option for every field of /v1/api-keys', () => {
    const fields = [createApiKeyBodySchema, rotateApiKeyBodySchema].flatMap((schema) => Object.keys(schema.shape))
    expect(Object.keys(OPTION_OF).toSorted()).toEqual(fields.toSorted())
    for (const option of Object.values(OPTION_OF)) expect(USAGE).toContain(option)
  })
})

/** The columns as the service reads them. */
function toRow(row: Record<string, unknown>): ApiKeyRow {
  const named = Object.entries(row).map(([name, value]) => {
    const isJson = ['scopes', 'purposes', 'origins'].includes(name) && typeof value === 'string'
    return [name.replaceAll(/_(\w)/g, (_all, letter: string) => letter.toUpperCase()), isJson ? JSON.parse(value) : value]
  })
  return Object.fromEntries(named) as ApiKeyRow
}

async function isGood(key: string, row: ApiKeyRow, now: number): Promise<boolean> {
  return isInForce(row, (await hashOfApiKey(key))!, now)
}

describe('keys from a terminal', () => {
  let db: DatabaseSync
  const calls: string[][] = []
  let now = NOW

  /** Wrangler, as far as it is used here. */
  const run = vi.fn<RunWrangler>(async (args) => {
    calls.push([...args])
    const sql = args.find((arg) => arg.startsWith('--command='))!.slice('--command='.length)
    return { code: 0, stdout: JSON.stringify([{ results: db.prepare(sql).all(), success: true }]), stderr: '' }
  })
  beforeEach(async () => {
    now = NOW
    db = new DatabaseSync(':memory:')
    const migrations = (await readdir('migrations')).filter((name) => name.endsWith('.sql'))
    for (const name of migrations.toSorted()) db.exec(await readFile(join('migrations', name), 'utf8'))
  })
  afterEach(() => {
    db.close()
    calls.length = 0
    run.mockClear()
  })

  const rows = () => db.prepare('SELECT * FROM api_key').all().map(toRow)
  const rowOf = (id: string) => rows().find((row) => row.id === id)!

  async function key(...args: string[]) {
    const [out, err]: [string[], string[]] = [[], []]
    const code = await runKey(args, {
      run,
      loadApiKeys: apiKeys,
      now: () => now,
      print: (text) => out.push(text),
      complain: (text) => err.push(text),
    })
    return { code, out: out.join('\n'), err: err.join('\n') }
  }
  async function good(...args: string[]): Promise<string> {
    const { code, out, err } = await key(...args)
    expect([code, err]).toEqual([0, ''])
    return out
  }

  it('are rows that the service takes, with a hash only (R-TOK-06)', async () => {
    const out = await good(...CREATE, '--purposes', 'login', '--expires', '2027-01-31')
    const made = keyIn(out)
    expect(out).toMatch(/"web shop".*servers.*verifications:send, verifications:check, until 2027-01-31T00:00:00Z/)
    const [row, ...others] = rows()
    expect(others).toEqual([])
    expect(out).toContain(row!.id)
    expect(JSON.stringify([row, calls])).not.toContain(made.slice(5, -8))
    expect(await isGood(made, row!, NOW)).toBe(true)
    expect(await isGood(made, row!, Date.UTC(2027, 0, 31))).toBe(false)
    expect(principalOf(row!)).toEqual({
      kind: 'server',
      id: row!.id,
      scopes: new Set(['verifications:send', 'verifications:check']),
      purposes: new Set(['login']),
    })
    expect(calls).toEqual([
      ['d1', 'execute', 'DB', '--local', '--json', expect.stringMatching(/^--command=insert into "api_key"/)],
    ])
  })

  it('can be for pages', async () => {
    const origins = ['https://shop.example.com', 'http://localhost:3000']
    const args = ['create', '--remote', '--env=staging', '--name', 'page', '--publishable']
    const out = await good(...args, '--scopes', BROWSER_SCOPES.join(','), '--origins', origins.join(','))
    expect(keyIn(out)).toMatch(/^evpk_/)
    expect(out).toContain(`pages of ${origins.join(', ')}`)
    expect(principalOf(rows()[0]!)).toMatchObject({ kind: 'browser', origins, scopes: new Set(BROWSER_SCOPES) })
    expect(calls[0]!.slice(0, 6)).toEqual(['d1', 'execute', 'DB', '--remote', '--env=staging', '--json'])
  })

  it.each([`it's`, `'; DROP TABLE api_key; --`, `a?b ?1 "x" \\ /* $& $1`, '日本語 😀'])('can have the name %s', async (name) => {
    await good('create', '--local', '--name', name, '--scopes', 'tokens:redeem')
    expect(rows()).toMatchObject([{ name, scopes: ['tokens:redeem'] }])
    expect(await good('list', '--local')).toContain(name)
  })

  it.each<[string, string[], RegExp]>([
    ['no name', ['--scopes', 'leads:read'], /^--name is required\.$/],
    ['no scope', ['--name', 'x'], /^--scopes is required\.$/],
    [
      'an unknown scope',
      ['--name', 'x', '--scopes', 'leads:read,all'],
      /^--scopes \(number 2\) must be one of verifications:send, /,
    ],
    [
      'a publishable key of no page',
      ['--name', 'x', '--scopes', 'verifications:send', '--publishable'],
      /^--origins is required/,
    ],
    [
      'a publishable key for more than pages may do',
      ['--name', 'x', '--scopes', 'leads:create,leads:status', '--publishable', '--origins', 'https://a.example.com'],
      /^--scopes of a publishable key.*leads:create, leads:status\.$/,
    ],
    ['pages of a secret key', ['--name', 'x', '--scopes', 'leads:read', '--origins', 'https://a.example.com'], /^--origins/],
    ['no day', ['--name', 'x', '--scopes', 'leads:read', '--expires', '2027-02-30'], /^--expires must be/],
    [
      'a day that is over',
      ['--name', 'x', '--scopes', 'leads:read', '--expires', '2026-11-21'],
      /^--expires must be in the future/,
    ],
  ])('are not made of %s', async (_title, args, sentence) => {
    const { code, out, err } = await key('create', '--local', ...args)
    expect([code, out]).toEqual([2, ''])
    expect(err).toMatch(sentence)
    expect(run).not.toHaveBeenCalled()
  })

  it('are listed without themselves, newest first, with what became of them', async () => {
    expect(await good('list', '--local')).toMatch(/no keys/)
    const keys = [keyIn(await good(...CREATE))]
    now += 1_000
    keys.push(keyIn(await good(...CREATE, '--expires', '2026-11-22')))
    now += 1_000
    const revoked = await good(...CREATE)
    await good('revoke', idIn(revoked), '--local')
    now += 86_400_000
    const lines = (await good('list', '--local')).split('\n')
    expect(lines.map((line) => /active|expired|revoked|status/.exec(line)![0])).toEqual([
      'status',
      'revoked',
      'expired',
      'active',
    ])
    expect(lines[3]).toContain(`…${keys[0]!.slice(-4)}`)
    for (const made of keys) expect(lines.join('\n')).not.toContain(made.slice(5, -8))
  })

  it('are rotated with an overlap, as the service does it (R-TOK-06)', async () => {
    const made = await good(...CREATE)
    const [id, first] = [idIn(made), keyIn(made)]
    now += 1_000
    const second = keyIn(await good('rotate', id, '--local', '--overlap-seconds', '60'))
    const working = async () => Promise.all([first, second].map((one) => isGood(one, rowOf(id), now)))
    expect(await working()).toEqual([true, true])
    now += 60_000
    expect(await working()).toEqual([false, true])
    const third = keyIn(await good('rotate', id, '--local', '--overlap-seconds=0'))
    expect([...(await working()), await isGood(third, rowOf(id), now)]).toEqual([false, false, true])
    expect(await good('rotate', id, '--local')).toContain('works until 2026-11-22T06:31:01Z')
  })

  it('are revoked for ever', async () => {
    const made = await good(...CREATE)
    const id = idIn(made)
    expect(await good('revoke', id, '--local')).toContain('web shop')
    expect(await isGood(keyIn(made), rowOf(id), now)).toBe(false)
    now += 1_000
    await good('revoke', id, '--local')
    expect(rowOf(id)).toMatchObject({ revokedAt: NOW })
    const { code, out, err } = await key('rotate', id, '--local')
    expect([code, out]).toEqual([1, ''])
    expect(err).toMatch(/not active any more/)
  })

  it('that there are not are said to be none', async () => {
    for (const verb of ['rotate', 'revoke']) {
      const { code, out, err } = await key(verb, 'key_nobodys', '--local')
      expect([code, out]).toEqual([1, ''])
      expect(err).toMatch(/no key key_nobodys/)
    }
  })

  it('are not shown where the database did not take them', async () => {
    const said = (stdout: string) => run.mockResolvedValueOnce({ code: 1, stdout, stderr: '' })
    said('{"error":{"text":"no such table: api_key: SQLITE_ERROR"}}')
    const young = await key(...CREATE)
    said('{"error":{"text":"A request failed.","notes":[{"text":"Authentication error"}]}}')
    const stranger = await key('create', '--remote', ...CREATE.slice(2))
    said('what is this')
    const odd = await key(...CREATE)
    run.mockResolvedValueOnce({ code: 0, stdout: 'fine', stderr: '' })
    const unread = await key(...CREATE)
    for (const { code, out, err } of [young, stranger, odd, unread]) {
      expect([code, out]).toEqual([1, ''])
      expect(err).not.toMatch(KEY)
    }
    expect(young.err).toMatch(/^This database has no table for keys yet/)
    expect(young.err).not.toContain('nobody knows')
    expect(stranger.err).toMatch(/A request failed\.\nAuthentication error\n.*nobody knows.*list --remote.*\n.*wrangler login/)
    expect(odd.err).toMatch(/what is this\n.*nobody knows/)
    expect(unread.err).toMatch(/fine\n.*nobody knows/)
  })

  it('ends with the usage where nobody knows what is meant', async () => {
    expect(await key('--help')).toEqual({ code: 0, out: USAGE, err: '' })
    const { code, out, err } = await key('list')
    expect([code, out]).toEqual([2, ''])
    expect(err).toMatch(/^In which database\?/)
    expect(err).toContain(USAGE)
    expect(run).not.toHaveBeenCalled()
  })
})

describe('a signing key', () => {
  it.each(['ES256', 'EdDSA'] as const)('for %s is one for SIGNING_KEYS, with an id of its own', async (algorithm) => {
    const [jwk, other] = [await newSigningKey(algorithm), await newSigningKey(algorithm)]
    expect(jwk['kid']).not.toBe(other['kid'])
    expect([jwk, other]).toMatchObject(signingKeysVariable.parse(JSON.stringify([jwk, other])))
    expect(jwk).toMatchObject({ alg: algorithm, use: 'sig', kid: await calculateJwkThumbprint(jwk) })
    const { d: _private, ...publicPart } = jwk
    const token = await new SignJWT({}).setProtectedHeader({ alg: algorithm }).sign(await importJWK(jwk, algorithm))
    await expect(jwtVerify(token, await importJWK(publicPart, algorithm))).resolves.toBeTruthy()
  })

  it('is printed once, in the form of the secret', async () => {
    const lines: string[] = []
    const tools = { run: vi.fn<RunWrangler>(), loadApiKeys: apiKeys, now: () => NOW, complain: vi.fn<(text: string) => void>() }
    expect(await runKey(['signing', '--alg', 'EdDSA'], { ...tools, print: (text) => lines.push(text) })).toBe(0)
    const [secret, ...others] = lines.join('\n').match(/\[\{.*\}\]/g) ?? []
    expect(others).toEqual([])
    expect(signingKeysVariable.parse(secret)).toMatchObject([{ kty: 'OKP', crv: 'Ed25519' }])
    expect(lines.join('\n')).toContain('wrangler secret put SIGNING_KEYS')
    expect(tools.run).not.toHaveBeenCalled()
  })
})

describe('npm run key, in a local database', { timeout: 300_000 }, () => {
  let state: string

  // What the test runner sets would make wrangler think that it is tested itself.
  const env = Object.fromEntries(
    Object.entries({ ...process.env, CI: '1' }).filter(([name]) => !/^(VITEST|NODE_ENV|TEST$|npm_)/.test(name)),
  ) as NodeJS.ProcessEnv
  const start = (file: string, args: readonly string[]) =>
    new Promise<{ code: number; out: string; err: string }>((resolve) => {
      execFile(process.execPath, [file, ...args], { cwd: projectRoot, env }, (error, out, err) =>
        resolve({ code: error === null ? 0 : Number(error.code), out, err }),
      )
    })
  const key = (...args: string[]) => start('scripts/run.mjs', ['key', ...args, '--local', '--persist-to', state])

  beforeAll(async () => {
    state = await mkdtemp(join(tmpdir(), 'edge-verify-key-'))
  })
  afterAll(() => rm(state, { recursive: true, force: true, maxRetries: 5 }))

  const storedRows = async () => {
    const folder = join(state, 'v3', 'd1')
    const files = (await readdir(folder, { recursive: true })).filter(
      (name) => name.endsWith('.sqlite') && !name.includes('metadata'),
    )
    const db = new DatabaseSync(join(folder, files[0]!), { readOnly: true })
    try {
      return db.prepare('SELECT * FROM api_key').all().map(toRow)
    } finally {
      db.close()
    }
  }

  it('says what is missing before there are migrations', async () => {
    const { code, out, err } = await key(...CREATE.filter((arg) => arg !== '--local'))
    expect([code, out]).toEqual([1, ''])
    expect(err).toMatch(/^This database has no table for keys yet/)
  })

  it('makes, lists, rotates and revokes', async () => {
    const migrate = ['d1', 'migrations', 'apply', 'DB', '--local', '--persist-to', state]
    expect(await start(join('node_modules', 'wrangler', 'bin', 'wrangler.js'), migrate)).toMatchObject({ code: 0 })

    const name = `it's; -- begin /* "x" ?`
    const made = await key('create', '--name', name, '--scopes', 'verifications:send,verifications:check')
    expect([made.code, made.err]).toEqual([0, ''])
    const [id, first] = [idIn(made.out), keyIn(made.out)]
    const [row] = await storedRows()
    expect(row).toMatchObject({ id, name, kind: 'secret', scopes: ['verifications:send', 'verifications:check'] })
    expect(await isGood(first, row!, Date.now())).toBe(true)

    const rotated = await key('rotate', id)
    expect([rotated.code, rotated.err]).toEqual([0, ''])
    const second = keyIn(rotated.out)
    const [after] = await storedRows()
    expect(await Promise.all([first, second].map((one) => isGood(one, after!, Date.now())))).toEqual([true, true])

    expect(await key('revoke', id)).toMatchObject({ code: 0 })
    const listed = await key('list')
    expect(listed.out).toMatch(new RegExp(`${id}  secret  …${second.slice(-4)}  revoked`))
    expect(await key('rotate', id)).toMatchObject({ code: 1, out: '' })
    const [end] = await storedRows()
    expect(await Promise.all([first, second].map((one) => isGood(one, end!, Date.now())))).toEqual([false, false])
  })

  it('wants no database for the usage', async () => {
    expect(await start('scripts/run.mjs', ['key', '--help'])).toMatchObject({ code: 0, out: `${USAGE}\n` })
    expect(await start('scripts/run.mjs', ['key', 'list'])).toMatchObject({ code: 2, out: '' })
  })
})

describe('docs/access.md', () => {
  it('shows how keys are rotated, and nowhere in the project stands one (R-TOK-07)', async () => {
    expect(await readFile('docs/access.md', 'utf8')).toMatch(/npm run key -- rotate/)
    const folders = ['docs', 'scripts', 'src', 'migrations']
    const names = (await Promise.all(folders.map((folder) => readdir(folder, { recursive: true })))).flatMap((found, index) =>
      found.filter((name) => /\.\w+$/.test(name)).map((name) => join(folders[index]!, name)),
    )
    const files = [...names, 'README.md', 'CHANGELOG.md', 'wrangler.toml', '.dev.vars.example', 'package.json']
    const texts = await Promise.all(files.map((name) => readFile(name, 'utf8')))
    const isSecret = /ev[sp]k_[0-9a-f]{48}|"d": ?"[\w-]{43}"/
    expect(files.length).toBeGreaterThan(200)
    expect(files.filter((_, index) => isSecret.test(texts[index]!))).toEqual([])
  })

  it('has each scope in its table, once and in order, and says which of them pages may have', async () => {
    const page = await readFile('docs/access.md', 'utf8')
    const table = [...page.matchAll(/^\| `([a-z_]+:[a-z]+)` \|(.*)\|(.*)\|$/gm)].map(([, scope, , pages]) => [
      scope,
      pages!.trim(),
    ])
    const expected = SCOPES.map((scope) => [scope, (BROWSER_SCOPES as readonly string[]).includes(scope) ? 'yes' : ''])
    expect(table).toEqual(expected)
  })
})
