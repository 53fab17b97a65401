import { describe, expect, it } from 'vitest'
import { decideSecrets, lacksAdminKey } from '../../scripts/deploy/missing-secrets.ts'
import { readReport } from '../../scripts/deploy/report.ts'
import { runDeploy } from '../../scripts/deploy/run-deploy.ts'
import { newSecret } from '../../scripts/dev/dev-vars.ts'
import type { WranglerOptions, WranglerResult } from '../../scripts/wrangler.ts'

const SECRETS = (...names: string[]) =>
  JSON.stringify(
    names.map((name) => ({ name, type: 'secret_text' })),
    null,
    '  ',
  )

interface World {
  /** What the commands that begin so end with; all others end with 0 and print nothing. */
  results?: Record<string, Partial<WranglerResult>>
  report?: { workerName?: string; address?: string }
}

/** Runs a deployment against a wrangler that only writes down what it was asked. */
async function deploy(args: string[], { results = {}, report = {} }: World = {}) {
  const calls: { command: string; options: WranglerOptions | undefined }[] = []
  const printed: string[] = []
  let made = 0
  const exitCode = await runDeploy(args, {
    run: (command, options) => {
      calls.push({ command: command.join(' '), options })
      const result = Object.entries(results).find(([start]) => command.join(' ').startsWith(start))?.[1]
      return Promise.resolve({ code: 0, stdout: '', stderr: '', ...result })
    },
    report: () => Promise.resolve({ workerName: report.workerName, address: report.address }),
    newSecret: () => `secret value ${(made += 1)}`,
    print: (text) => printed.push(text),
  })
  return { exitCode, calls, commands: calls.map(({ command }) => command), output: printed.join('\n') }
}

const listing = (...names: string[]): NonNullable<World['results']> => ({ 'secret list': { stdout: SECRETS(...names) } })

describe('the order', () => {
  it('is deploy, migrate, list the secrets, make those that are missing', async () => {
    const { exitCode, commands, output } = await deploy([], {
      results: listing(),
      report: { workerName: 'edge-verify', address: 'https://edge-verify.example.workers.dev' },
    })
    expect(exitCode).toBe(0)
    expect(commands).toEqual([
      'deploy',
      'd1 migrations apply DB --remote',
      'secret list --name edge-verify',
      'secret bulk --name edge-verify',
    ])
    expect(output).toContain('npm run smoke -- --url https://edge-verify.example.workers.dev')
  })

  it.each([
    ['deploy', ['deploy'], 7],
    ['d1 migrations', ['deploy', 'd1 migrations apply DB --remote'], 3],
    ['secret bulk', ['deploy', 'd1 migrations apply DB --remote', 'secret list', 'secret bulk'], 130],
  ])('stops at a failing %s with its exit code', async (step, commands, code) => {
    const run = await deploy([], { results: { ...listing(), [step]: { code } } })
    expect(run.exitCode).toBe(code)
    expect(run.commands).toEqual(commands)
    expect(run.output).not.toContain('npm run smoke')
  })

  it.each(['--dry-run', '--dryRun', '--dry-run=true', '--help', '-h'])('is only deploy with %s', async (flag) => {
    const { exitCode, commands } = await deploy([flag, '--outdir', 'x'], { results: listing() })
    expect(exitCode).toBe(0)
    expect(commands).toEqual([`deploy ${flag} --outdir x`])
  })

  it('leaves the terminal to every step but the list of secrets', async () => {
    const { calls } = await deploy([], { results: listing() })
    expect(calls.map(({ options }) => options?.capture ?? false)).toEqual([false, false, true, false])
  })
})

describe('arguments', () => {
  it('reach deploy as they are, and the other commands where they mean the same', async () => {
    const { commands } = await deploy(['--env', 'staging', '-c=other.toml', '--message', 'a release', '--keep-vars'], {
      results: listing(),
      report: { workerName: 'edge-verify-staging' },
    })
    expect(commands).toEqual([
      'deploy --env staging -c=other.toml --message a release --keep-vars',
      'd1 migrations apply DB --remote --env staging -c=other.toml',
      'secret list -c=other.toml --env staging',
      'secret bulk -c=other.toml --env staging',
    ])
  })

  it('name one Worker, the one that deploy took', async () => {
    const both = await deploy(['--name', 'mine', '--env', 'staging'], { results: listing() })
    expect(both.commands.slice(2)).toEqual(['secret list --name mine', 'secret bulk --name mine'])
    const renamedByTheBuild = await deploy([], { results: listing(), report: { workerName: 'connected' } })
    expect(renamedByTheBuild.commands.slice(2)).toEqual(['secret list --name connected', 'secret bulk --name connected'])
  })

  it('keep a temporary account temporary', async () => {
    const { commands } = await deploy(['--temporary'], { results: listing() })
    expect(commands.every((command) => command.endsWith(' --temporary'))).toBe(true)
  })
})

describe('secrets', () => {
  it('go to wrangler through its standard input, each with a value of its own, and are never printed', async () => {
    const { calls, output } = await deploy([], { results: listing('GUPSHUP_API_KEY') })
    const bulk = calls.at(-1)
    expect(JSON.parse(bulk?.options?.input ?? '')).toEqual({ OTP_PEPPER: 'secret value 1', PHONE_HASH_KEY: 'secret value 2' })
    expect(calls.map(({ command }) => command).join('\n')).not.toContain('secret value')
    expect(output).not.toContain('secret value')
    expect(output).toContain('OTP_PEPPER, PHONE_HASH_KEY')
  })

  it('that exist are not touched', async () => {
    const all = await deploy([], { results: listing('OTP_PEPPER', 'PHONE_HASH_KEY') })
    expect(all.commands).not.toContain('secret bulk')
    const pepper = await deploy([], { results: listing('PHONE_HASH_KEY') })
    expect(JSON.parse(pepper.calls.at(-1)?.options?.input ?? '')).toEqual({ OTP_PEPPER: 'secret value 1' })
  })

  it('are left alone where the pepper keys the phone numbers, since a new key would forget every limit', async () => {
    const { exitCode, commands, output } = await deploy([], { results: listing('OTP_PEPPER') })
    expect(exitCode).toBe(0)
    expect(commands).not.toContain('secret bulk')
    expect(output).toContain('PHONE_HASH_KEY is not set')
  })

  it.each<[string, Partial<WranglerResult>]>([
    ['an error', { code: 1, stdout: '[]', stderr: 'Authentication error [code: 10000]' }],
    ['no JSON', { stdout: 'Update available' }],
    ['nothing', { stdout: '' }],
    ['something else', { stdout: '{"errors": []}' }],
    ['names that are none', { stdout: '[{"title": "OTP_PEPPER"}]' }],
  ])('are left alone when their list is %s, and the way by hand is shown', async (_, result) => {
    const { exitCode, commands, output } = await deploy([], { results: { 'secret list': result } })
    expect(exitCode).toBe(0)
    expect(commands).toHaveLength(3)
    expect(output).toContain('npx wrangler secret put OTP_PEPPER')
    expect(output).toContain('npx wrangler secret put PHONE_HASH_KEY')
    expect(output).toContain(result.stderr ?? '')
  })

  it('do not have the key of the operator among them: what to do next is told, and no value of it', async () => {
    const { exitCode, calls, output } = await deploy(['--env', 'staging'], { results: listing('OTP_PEPPER', 'PHONE_HASH_KEY') })
    expect(exitCode).toBe(0)
    expect(calls.map(({ options }) => options?.input).filter((input) => input !== undefined)).toEqual([])
    expect(output).toContain('ADMIN_API_KEY is not set')
    expect(output).toMatch(/npm run key -- create .* --remote --env staging$/m)
    expect(output).toContain('npx wrangler secret put ADMIN_API_KEY --env staging')
    expect(output).toContain('npm run smoke')
    expect(output).not.toMatch(/[0-9a-f]{64}|secret value/)
  })

  it('say nothing of the key of the operator where it is set, or where nobody knows', async () => {
    const set = await deploy([], { results: listing('OTP_PEPPER', 'PHONE_HASH_KEY', 'ADMIN_API_KEY') })
    expect(set.output).not.toContain('ADMIN_API_KEY')
    const unknown = await deploy([], { results: { 'secret list': { code: 1, stdout: '[]' } } })
    expect(unknown.output).not.toContain('ADMIN_API_KEY')
    expect([SECRETS('A'), SECRETS('ADMIN_API_KEY_PREVIOUS'), SECRETS('ADMIN_API_KEY'), 'no JSON'].map(lacksAdminKey)).toEqual([
      true,
      true,
      false,
      false,
    ])
  })

  it('are 256 random bits in hex', () => {
    const values = Array.from({ length: 20 }, newSecret)
    expect(new Set(values).size).toBe(20)
    for (const value of values) expect(value).toMatch(/^[0-9a-f]{64}$/)
  })

  it('are decided by name, whatever else is there', () => {
    expect(decideSecrets(SECRETS('A', 'PHONE_HASH_KEY', 'OTP_PEPPER'))).toEqual({ action: 'nothing' })
    expect(decideSecrets(SECRETS('OTP_PEPPER_PREVIOUS'))).toEqual({ action: 'create', names: ['OTP_PEPPER', 'PHONE_HASH_KEY'] })
  })
})

describe("wrangler's report", () => {
  const deployLine = (targets: string[]) =>
    JSON.stringify({ type: 'deploy', version: 1, worker_name: 'edge-verify', targets, timestamp: '2026-11-21T06:30:00Z' })

  it.each([
    [['https://edge-verify.example.workers.dev', 'schedule: */5 * * * *'], 'https://edge-verify.example.workers.dev'],
    [['otp.example.com (custom domain - zone name: example.com)', 'schedule: */5 * * * *'], 'https://otp.example.com'],
    [['schedule: */5 * * * *'], undefined],
    [['example.com/otp/* (zone name: example.com)'], undefined],
  ])('of %j has the address %s', (targets, address) => {
    const lines = `{"type":"wrangler-session","version":1}\n${deployLine(targets)}\n`
    expect(readReport(lines)).toEqual({ workerName: 'edge-verify', address })
  })

  it('is the last one where a file has several, and empty where there is none', () => {
    const lines = [deployLine(['https://old.example.workers.dev']), deployLine(['https://new.example.workers.dev'])].join('\n')
    expect(readReport(lines).address).toBe('https://new.example.workers.dev')
    expect(readReport('not json\n')).toEqual({ workerName: undefined, address: undefined })
  })
})
