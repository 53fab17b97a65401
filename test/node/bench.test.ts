import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { build } from 'esbuild'
import { describe, expect, it } from 'vitest'
import { costlyCallers, dearCallers } from '../../scripts/bench/access.ts'
import { nextAddress, PAGE, PAGE_KEY, putKeys, SERVER_KEY } from '../../scripts/bench/callers.ts'
import type { RequestCounts } from '../../scripts/bench/contest-report.ts'
import { COUNTS_SCRIPT } from '../../scripts/bench/counts.ts'
import { costlyRules } from '../../scripts/bench/limits.ts'
import { parseOptions, SECTIONS } from '../../scripts/bench/options.ts'
import { nthPhone, nthPhoneNearby } from '../../scripts/bench/phones.ts'
import { COUNTING_SCRIPT } from '../../scripts/bench/rows.ts'
import { JOBS_SCRIPT } from '../../scripts/bench/run-jobs.ts'
import {
  LEAD_SETTINGS,
  leadSettings,
  type LeadSetting,
  OBJECTS,
  operatedSettings,
  paymentSettings,
  type Settings,
  verificationSettings,
} from '../../scripts/bench/settings.ts'
import { VARIANTS, variantScript } from '../../scripts/bench/variants.ts'
import { projectRoot } from '../../scripts/wrangler.ts'
import { hashOfApiKey, hintOf } from '../../src/access/api-key'
import { SCOPES } from '../../src/access/scopes'
import { loadConfig } from '../../src/config/load-config'
import { parsePhone } from '../../src/phone/parse-phone'

const VENDOR = { apiUrl: 'http://127.0.0.1:1/wa', msg91Url: 'http://127.0.0.1:1', lenderUrl: 'http://127.0.0.1:1' }

describe('the services that are measured', () => {
  it.each<readonly [string, Settings]>([
    ['verifications', verificationSettings(VENDOR)],
    ['receipts and lists', operatedSettings()],
    ['payments', paymentSettings(VENDOR)],
    ...(Object.keys(LEAD_SETTINGS) as LeadSetting[]).map((setting) => [setting, leadSettings(VENDOR, setting)] as const),
  ])('%s have settings that are good in production', (_name, settings) => {
    expect(settings['ENVIRONMENT']).toBe('production')
    const result = loadConfig(settings)

    expect(result.ok ? [] : result.problems).toEqual([])
    expect(result.ok && result.config.access.required).toBe(true)
  })

  it('have the objects of a deployment', () => {
    const text = readFileSync(join(projectRoot, 'wrangler.toml'), 'utf8')
    const bindings = Array.from(text.matchAll(/^name = "(\w+)"\nclass_name = "(\w+)"$/gm), ([, name, className]) => [
      name,
      className,
    ])

    expect(Object.fromEntries(bindings)).toEqual(OBJECTS)
  })

  it.each<readonly [string, string]>([
    ['counts', COUNTS_SCRIPT],
    ['rows', COUNTING_SCRIPT],
    ['jobs', JOBS_SCRIPT],
    ...VARIANTS.map((variant) => [variant.name, variantScript(variant)] as const),
  ])('and each script around one has their classes: %s', async (_name, script) => {
    const { metafile } = await build({
      stdin: { contents: script, loader: 'js' },
      bundle: true,
      format: 'esm',
      external: ['./service.js', 'cloudflare:*'],
      metafile: true,
      write: false,
    })
    const { exports } = Object.values(metafile.outputs)[0]!

    expect(exports.toSorted()).toEqual(['default', ...Object.values(OBJECTS)].toSorted())
  })
})

describe('those who ask', () => {
  it('have keys of ours, which D1 knows by their hashes', async () => {
    const database = migrated()
    await putKeys({
      query: async (sql: string, ...values: string[]) => database.prepare(sql).all(...values),
    } as unknown as Parameters<typeof putKeys>[0])
    const rows = database.prepare('SELECT * FROM api_key ORDER BY kind DESC').all()

    expect(rows).toHaveLength(2)
    for (const [index, { key, kind, scopes }] of [SERVER_KEY, PAGE_KEY].entries()) {
      const row = { ...rows[index] }
      expect(row).toMatchObject({ kind, hash: await hashOfApiKey(key), hint: hintOf(key), expires_at: null, revoked_at: null })
      expect(JSON.parse(String(row['scopes']))).toEqual(scopes)
      expect(SCOPES).toEqual(expect.arrayContaining([...scopes]))
    }
    expect(rows.map(({ origins }) => origins)).toEqual([null, JSON.stringify([PAGE])])
  })

  it('have an address each, and numbers that are good, of ranges that no batch uses up', () => {
    const addresses = Array.from({ length: 1_000 }, nextAddress)
    expect(new Set(addresses).size).toBe(addresses.length)

    const batch = Array.from({ length: 9_000 }, (_, nth) => nthPhone(nth))
    expect(new Set(batch).size).toBe(batch.length)
    expect(new Set(batch.map((phone) => phone.slice(0, -4))).size).toBe(batch.length)
    const nearby = Array.from({ length: 100 }, (_, nth) => nthPhoneNearby(nth))
    expect(new Set(nearby.map((phone) => phone.slice(0, -4))).size).toBe(5)
    expect(new Set([...batch, ...nearby]).size).toBe(batch.length + nearby.length)
    for (const phone of [...batch.filter((_, nth) => nth % 97 === 0), ...nearby]) {
      expect(parsePhone(phone, { defaultRegion: 'IN', allowedCountries: undefined }), phone).toMatchObject({
        ok: true,
        phone: { e164: phone },
      })
    }
  })
})

describe('what makes the benchmark fail', () => {
  const phases = (times: Readonly<Record<string, number>>) => ({
    phases: Object.entries(times).map(([contender, time]) => ({
      contender,
      step: 'send',
      phases: [{ requests: 10, seconds: 1, latencies: [], processorTime: 10 * time }],
    })),
  })

  it('authentication that adds more than 15 % processor time to a send', () => {
    const others = { nobody: 1_000, 'nobody, once more': 1_100 }

    expect(dearCallers(phases({ ...others, 'secret key': 1_264, 'publishable key': 900 }))).toEqual([])
    expect(dearCallers(phases({ ...others, 'secret key': 1_266, 'publishable key': 2_000 }))).toEqual([
      'secret key: a send takes 1.15 times the processor time of one without a credential, more than 1.15',
      'publishable key: a send takes 1.82 times the processor time of one without a credential, more than 1.15',
    ])
  })

  it('nothing, where processor time cannot be told', () => {
    const untold = phases({ nobody: 1, 'nobody, once more': 1, 'secret key': 1, 'publishable key': 1 }).phases.map((one) => ({
      ...one,
      phases: one.phases.map((phase) => ({ ...phase, processorTime: undefined })),
    }))

    expect(dearCallers({ phases: untold })).toEqual([])
  })

  const counts = (contender: string, step: string, changes: Partial<RequestCounts> = {}): RequestCounts => {
    const none = { calls: 0, ownRows: 0 }
    const objects = { gate: { calls: 2, ownRows: 3 }, limiter: none, record: none }
    return { contender, step, objects, roundTrips: 0, firstRoundTrips: 1, fetches: 1, firstFetches: 1, ...changes }
  }

  it('a warm request that asks D1, or the identity provider, for who asks', () => {
    const nobody = counts('nobody', 'send')

    expect(costlyCallers({ counts: [nobody, counts('secret key', 'send', { firstRoundTrips: 3 })] })).toEqual([])
    expect(costlyCallers({ counts: [nobody, counts('secret key', 'send', { roundTrips: 0.2 })] })).toHaveLength(1)
    expect(costlyCallers({ counts: [nobody, counts('JWT, ES256', 'send', { fetches: 2 })] })).toHaveLength(1)
  })

  it('a rule that is not asked for a send, that is asked twice, or that writes more than its state and its alarm', () => {
    const limiter = (step: string, calls: number, ownRows: number) => {
      const { objects, ...rest } = counts('all four', step)
      return { counts: [{ ...rest, objects: { ...objects, limiter: { calls, ownRows } } }] }
    }

    expect(costlyRules(limiter('send', 4, 8))).toEqual([])
    expect(costlyRules(limiter('check', 4, 4))).toEqual([])
    expect(costlyRules(limiter('send', 3, 6))).toHaveLength(1)
    expect(costlyRules(limiter('send', 8, 8))).toHaveLength(1)
    expect(costlyRules(limiter('send', 4, 9))).toHaveLength(1)
    expect(costlyRules(limiter('check', 4, 5))).toHaveLength(1)
  })
})

describe('the command line', () => {
  it('measures everything, or what is named', () => {
    expect(parseOptions([])).toMatchObject({ sections: SECTIONS })
    expect(parseOptions(['limits', 'access', '--quick'])).toMatchObject({ sections: ['access', 'limits'], quick: true })
    expect(parseOptions(['acess'])).toEqual({ problem: expect.stringContaining('There is no "acess"') as string })
  })
})

function migrated(): DatabaseSync {
  const database = new DatabaseSync(':memory:')
  const folder = join(projectRoot, 'migrations')
  for (const name of readdirSync(folder).toSorted()) {
    if (name.endsWith('.sql')) database.exec(readFileSync(join(folder, name), 'utf8'))
  }
  return database
}
