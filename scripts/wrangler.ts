import { type ChildProcess, spawn, type StdioOptions } from 'node:child_process'
import { constants } from 'node:os'
import { fileURLToPath } from 'node:url'

/** The folder with `wrangler.toml`. Every command runs in it, wherever npm was called. */
export const projectRoot = fileURLToPath(new URL('..', import.meta.url).href)

/** What a run of wrangler ended with. The two texts are empty unless it was asked to `capture`. */
export interface WranglerResult {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export interface WranglerOptions {
  /** Text for wrangler's standard input: the way for values that must not show in a process list. */
  readonly input?: string
  /** Collects what wrangler prints instead of showing it. It then cannot ask questions. */
  readonly capture?: boolean
  /** Variables on top of the environment. */
  readonly env?: Readonly<Record<string, string>>
}

/** Runs wrangler to its end. Resolves whatever it ends with, rejects only when it cannot be started. */
export type RunWrangler = (args: readonly string[], options?: WranglerOptions) => Promise<WranglerResult>

// Nothing is reported to anybody, and no start of a command needs the network. A value in the environment wins.
const QUIET = {
  CLOUDFLARE_CF_FETCH_ENABLED: 'false',
  WRANGLER_HIDE_BANNER: 'true',
  WRANGLER_SEND_ERROR_REPORTS: 'false',
  WRANGLER_SEND_METRICS: 'false',
  WRANGLER_WRITE_LOGS: 'false',
}

const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * Starts wrangler with this very Node and without a shell, so that it is the same on Windows. While it runs, signals to
 * this process go to it: it stops its workerd processes itself, which it could not if we left first.
 */
export function startWrangler(
  args: readonly string[],
  stdio: StdioOptions,
  env: Readonly<Record<string, string>> = {},
): ChildProcess {
  const script = fileURLToPath(new URL('../bin/wrangler.js', import.meta.resolve('wrangler')).href)
  const child = spawn(process.execPath, [script, ...args], { cwd: projectRoot, env: { ...QUIET, ...process.env, ...env }, stdio })
  const stop = (signal: NodeJS.Signals) => {
    // A Windows console has already told every process in it, and killing there would cut short the orderly end.
    if (process.platform !== 'win32') child.kill(signal)
  }
  for (const signal of STOP_SIGNALS) process.on(signal, stop)
  const forget = whenAbandoned(() => child.kill('SIGTERM'))
  child.once('close', () => {
    forget()
    for (const signal of STOP_SIGNALS) process.off(signal, stop)
  })
  return child
}

/**
 * Calls back when npm is gone. npm puts a shell between itself and us that does not pass a signal on, so that for us
 * the end of `npm run` by a signal is only that our parent is another one. Returns the way to stop watching.
 */
function whenAbandoned(callback: () => void): () => void {
  if (process.env['npm_command'] === undefined || process.platform === 'win32') return () => {}
  const parent = process.ppid
  const watch = setInterval(() => {
    if (process.ppid !== parent) callback()
  }, 500).unref()
  return () => clearInterval(watch)
}

/** Waits for the end of a process. The code for an end by a signal is the shell's: 128 and the signal's number. */
export function exitCodeOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve(code ?? 128 + constants.signals[signal ?? 'SIGTERM']))
  })
}

export const runWrangler: RunWrangler = async (args, { input, capture = false, env } = {}) => {
  const output = capture ? 'pipe' : 'inherit'
  const stdin = input === undefined ? (capture ? 'ignore' : 'inherit') : 'pipe'
  const child = startWrangler(args, [stdin, output, output], env)
  const printed = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => (printed[name] += text))
  }
  // A wrangler that leaves before it has read its input ends with its own error, which says more than a broken pipe.
  child.stdin?.on('error', () => {})
  child.stdin?.end(input)
  return { code: await exitCodeOf(child), ...printed }
}

/**
 * The options out of `args` that another command of wrangler must be given too, such as `--env staging`, in the spelling
 * that they came in: `--env staging`, `--env=staging`, `-e staging`.
 */
export function pickOptions(args: readonly string[], names: readonly string[]): string[] {
  return args.flatMap((arg, index) => {
    if (names.some((name) => arg.startsWith(`${name}=`))) return [arg]
    const value = args[index + 1]
    return names.includes(arg) && value !== undefined ? [arg, value] : []
  })
}

/** The value of an option in `args`, the last one where it comes twice, undefined where it does not come. */
export function optionValue(args: readonly string[], names: readonly string[]): string | undefined {
  const picked = pickOptions(args, names)
  const last = picked.at(-1)
  return last !== undefined && names.some((name) => last.startsWith(`${name}=`)) ? last.slice(last.indexOf('=') + 1) : last
}
