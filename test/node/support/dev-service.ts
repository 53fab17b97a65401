import { execFileSync, spawn } from 'node:child_process'
import { cp, mkdtemp, rm, symlink } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const checkout = fileURLToPath(new URL('../../..', import.meta.url).href)

const FILES = ['.dev.vars.example', 'migrations', 'package.json', 'scripts', 'src', 'tsconfig.json', 'wrangler.toml']

/** The project as somebody has it who has just installed it, in a folder of its own. */
export async function freshCheckout(): Promise<{ folder: string; remove: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'edge-verify-dev-'))
  await Promise.all(FILES.map((name) => cp(join(checkout, name), join(folder, name), { recursive: true })))
  await symlink(join(checkout, 'node_modules'), join(folder, 'node_modules'), 'junction')
  return { folder, remove: () => rm(folder, { recursive: true, force: true, maxRetries: 5 }) }
}

/** A port of this machine that nobody has. */
export async function freePort(): Promise<number> {
  const server = createServer()
  const port = await new Promise<number>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port))
  })
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** Whether somebody can listen on the port. */
export async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  const free = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => resolve(true))
  })
  if (free) await new Promise((resolve) => server.close(resolve))
  return free
}

export interface RunningDev {
  /** npm's process, and the group of everything below it. */
  readonly pid: number
  /** Everything that was printed so far. */
  readonly output: () => string
  /** Waits until the text has been printed; fails with the whole output when it ends before. */
  readonly printed: (text: string) => Promise<void>
  readonly ended: Promise<number | null>
  /** Ends whatever is left of it, for tests that found something left. */
  readonly kill: () => void
}

/** `npm run dev`, in a process group of its own: the way a terminal starts it. */
export function startDev(folder: string, args: readonly string[]): RunningDev {
  const npm = spawn('npm', ['run', 'dev', '--', ...args], {
    cwd: folder,
    // What the test runner sets would make wrangler think that it is tested itself.
    env: Object.fromEntries(
      Object.entries(process.env).filter(([name]) => !/^(VITEST|NODE_ENV|TEST$|npm_)/.test(name)),
    ) as NodeJS.ProcessEnv,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  const { pid } = npm
  if (pid === undefined) throw new Error('npm cannot be started')
  let text = ''
  let over = false
  for (const stream of [npm.stdout, npm.stderr]) stream.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
  const ended = new Promise<number | null>((resolve, reject) => {
    npm.once('error', reject)
    npm.once('exit', (code) => resolve(code))
  })
  void ended.finally(() => (over = true))
  return {
    pid,
    ended,
    kill: () => {
      try {
        process.kill(-pid, 'SIGKILL')
      } catch {
        // Nobody is left, as it should be.
      }
    },
    output: () => text,
    printed: async (wanted) => {
      while (!text.includes(wanted)) {
        if (over) throw new Error(`npm run dev ended before it printed "${wanted}":\n${text}`)
        await pause(100)
      }
    },
  }
}

interface ProcessRow {
  readonly pid: number
  readonly parent: number
  readonly group: number
  readonly state: string
}

function processes(): ProcessRow[] {
  const rows = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,pgid=,stat='], { encoding: 'utf8' }).trim().split('\n')
  return rows.map((row) => {
    const [pid, parent, group, state = ''] = row.trim().split(/\s+/)
    return { pid: Number(pid), parent: Number(parent), group: Number(group), state }
  })
}

/** Every process that descends from `pid` now. */
export function descendants(pid: number): number[] {
  const rows = processes()
  const below = (parent: number): number[] =>
    rows.filter((row) => row.parent === parent).flatMap((row) => [row.pid, ...below(row.pid)])
  return below(pid)
}

/** Those of them that still run. A zombie does not: it only waits for its new parent to count it. */
export function stillRunning(pids: readonly number[]): number[] {
  const rows = processes()
  return rows.filter(({ pid, state }) => pids.includes(pid) && !state.startsWith('Z')).map(({ pid }) => pid)
}
