import { rmSync } from 'node:fs'
import { mkdtemp, readdir, readFile, statfs } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { projectRoot } from '../wrangler.ts'
import type { Bundle } from './build-bundle.ts'
import { processorTime, residentMemory, workerdProcesses } from './processor-time.ts'

/** One Worker in a workerd of its own, reached without anything in between. */
export interface Platform {
  /** Without a slash at its end. */
  readonly url: string
  /** Microseconds so far, undefined where it cannot be told. */
  readonly processorTime: () => number | undefined
  /** MiB, undefined where it cannot be told. */
  readonly residentMemory: () => number | undefined
  /** Rows of a statement, from the Worker's D1, with what stands for each `?`. */
  readonly query: (sql: string, ...values: readonly string[]) => Promise<Record<string, number | string>[]>
  /** What the Worker logged as a warning or an error, the first few. */
  readonly complaints: readonly string[]
  readonly stop: () => Promise<void>
}

export interface WorkerSpec extends Pick<Bundle, 'script' | 'compatibilityDate' | 'compatibilityFlags'> {
  readonly variables: Readonly<Record<string, string>>
  /** Binding to class name. */
  readonly objects: Readonly<Record<string, string>>
  /** Further modules by name, for `script` to import. */
  readonly modules?: Readonly<Record<string, string>>
}

type MiniflareModule = typeof import('miniflare')
// The copy that wrangler comes with, and so the workerd that `wrangler dev` and the tests run.
const { convertV4MiniflareOptions, Miniflare, NoOpLog } = createRequire(import.meta.resolve('wrangler'))(
  'miniflare',
) as MiniflareModule

const COMPLAINTS_KEPT = 20
/** A full run was seen to take 560 MB, and grows with its rounds. */
const MEMORY_NEEDED_BYTES = 2 ** 31

/**
 * Starts a Worker with KV (`OTP_KV`), D1 (`DB`, migrated) and its objects on local simulators, whose files lie in memory
 * where the machine has such a place. Its direct socket has no proxy in front, as `wrangler dev` would.
 */
export async function startPlatform(spec: WorkerSpec): Promise<Platform> {
  const folder = await mkdtemp(join(await placeInMemory(), 'edge-verify-bench-'))
  const tidy = () => rmSync(folder, { recursive: true, force: true })
  process.once('exit', tidy) // also when somebody stops us half-way
  const others = workerdProcesses()
  const complaints: string[] = []
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      name: 'bench',
      modules: Object.entries({ 'index.js': spec.script, ...spec.modules }).map(([path, contents]) => ({
        type: 'ESModule',
        path,
        contents,
      })),
      compatibilityDate: spec.compatibilityDate,
      compatibilityFlags: [...spec.compatibilityFlags],
      bindings: { ...spec.variables },
      kvNamespaces: { OTP_KV: 'kv' },
      d1Databases: { DB: 'db' },
      durableObjects: Object.fromEntries(
        Object.entries(spec.objects).map(([binding, className]) => [binding, { className, useSQLite: true }]),
      ),
      unsafeDirectSockets: [{ host: '127.0.0.1', port: 0 }],
      host: '127.0.0.1',
      port: 0,
      cf: false,
      log: new NoOpLog(),
      logRequests: false,
      resourcePersistencePath: folder,
      handleStructuredLogs: ({ level, message }) => {
        if (/^(warn|error)/.test(level) && complaints.length < COMPLAINTS_KEPT) complaints.push(message)
      },
    }),
  )
  await miniflare.ready
  const pid = workerdProcesses().find((candidate) => !others.includes(candidate))
  const database = await miniflare.getD1Database('DB')
  for (const statement of await readMigrations()) await database.prepare(statement).run()

  return {
    url: (await miniflare.unsafeGetDirectURL()).origin,
    processorTime: () => processorTime(pid),
    residentMemory: () => residentMemory(pid),
    async query(sql, ...values) {
      const statement = database.prepare(sql)
      const bound = values.length > 0 ? statement.bind(...values) : statement
      return (await bound.all<Record<string, number | string>>()).results
    },
    complaints,
    async stop() {
      await miniflare.dispose()
      tidy()
      process.off('exit', tidy)
    },
  }
}

/** Where files lie in memory. Containers often have so little of it that an ordinary folder has to do. */
async function placeInMemory(): Promise<string> {
  const memory = await statfs('/dev/shm').catch(() => undefined)
  return memory && memory.bavail * memory.bsize >= MEMORY_NEEDED_BYTES ? '/dev/shm' : tmpdir()
}

async function readMigrations(): Promise<string[]> {
  const folder = join(projectRoot, 'migrations')
  const files = (await readdir(folder)).filter((name) => name.endsWith('.sql')).toSorted()
  const texts = await Promise.all(files.map((name) => readFile(join(folder, name), 'utf8')))
  return texts.flatMap((text) => text.split('--> statement-breakpoint')).filter((statement) => statement.trim() !== '')
}
