import { codeOnly, withoutComments } from './source-text'

/** Sources by path from the root of the repository, such as `src/otp/gate.ts`. */
export type Sources = Readonly<Record<string, string>>

const LEAVES = ['config', 'db', 'phone', 'core']
const BELOW_LIMITS = ['access', 'messaging', 'audit', ...LEAVES]
const BELOW_OTP = ['limits', ...BELOW_LIMITS]
const USE_CASES = ['idempotency', 'privacy', 'payments', 'leads', 'tokens', 'otp', ...BELOW_OTP]

/** What each folder of `src` may import besides its own files. The order is that of the ranks: imports only go down. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  'index.ts': ['app.ts', 'compose.ts', 'jobs.ts', 'surfaces', 'http', ...USE_CASES],
  'app.ts': ['surfaces', 'http', ...USE_CASES],
  'compose.ts': ['http', ...USE_CASES],
  'jobs.ts': ['http', ...USE_CASES],
  surfaces: ['http', ...USE_CASES],
  http: USE_CASES,
  privacy: ['payments', 'leads', 'tokens', 'otp', ...BELOW_OTP],
  payments: ['otp', ...BELOW_OTP],
  leads: ['otp', ...BELOW_OTP],
  tokens: ['otp', ...BELOW_OTP],
  otp: BELOW_OTP,
  limits: BELOW_LIMITS,
  messaging: ['audit', ...LEAVES],
  audit: LEAVES,
  access: ['messaging', 'audit', ...LEAVES],
  idempotency: LEAVES,
  db: ['core'],
  phone: ['core'],
  config: ['core'],
  core: [],
}

/** What several surfaces have in common. It may import none of them. */
const SHARED_BY_SURFACES = 'phone-otp'

/** Packages that are known only here. */
const PACKAGE_HOMES: Readonly<Record<string, readonly string[]>> = {
  hono: ['http', 'surfaces', 'app.ts', 'compose.ts', 'index.ts'],
  '@hono': ['http', 'surfaces', 'app.ts', 'compose.ts', 'index.ts'],
  'drizzle-orm': ['db', 'access', 'audit', 'messaging', 'limits', 'otp', 'leads', 'payments', 'privacy'],
  jose: ['access', 'tokens'],
}

const MAX_LINES = 250

/** Every breach of the rules of the sources, as sentences that begin with the file. Empty when there is none. */
export function findBreaches(sources: Sources): string[] {
  const files = Object.entries(sources).map(([path, source]) => readFile(path, source, sources))
  return [...files.flatMap(breachesOf), ...cyclesIn(files)]
}

interface SourceFile {
  readonly path: string
  readonly folder: string
  readonly lines: number
  /** Comments and texts are blanks. */
  readonly code: string
  readonly packages: readonly string[]
  /** `name` is as written; `path` is undefined where there is no such file. */
  readonly ownImports: readonly { readonly name: string; readonly path: string | undefined }[]
  readonly zodImports: readonly string[]
}

function readFile(path: string, source: string, sources: Sources): SourceFile {
  const uncommented = withoutComments(source)
  const names = [...new Set(importedNames(uncommented))]
  return {
    path,
    folder: folderOf(path),
    lines: source.replace(/\n$/, '').split('\n').length,
    code: codeOnly(source),
    packages: names.filter((name) => !name.startsWith('.')),
    ownImports: names.filter((name) => name.startsWith('.')).map((name) => ({ name, path: resolve(path, name, sources) })),
    zodImports: uncommented.split('\n').filter((line) => /['"]zod(?:\/.*)?['"]/.test(line)),
  }
}

function folderOf(path: string): string {
  return path.split('/')[1] ?? path
}

/** Static, type, side-effect and dynamic imports, and what is exported again. */
function importedNames(uncommented: string): string[] {
  const patterns = [/\bfrom\s*(?:'([^'\n]+)'|"([^"\n]+)")/g, /\bimport\s*\(?\s*(?:'([^'\n]+)'|"([^"\n]+)")/g]
  return patterns.flatMap((pattern) => Array.from(uncommented.matchAll(pattern), ([, single, double]) => single ?? double!))
}

function resolve(from: string, name: string, sources: Sources): string | undefined {
  const parts = from.split('/').slice(0, -1)
  for (const part of name.split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '.') parts.push(part)
  }
  const path = parts.join('/')
  return [path, `${path}.ts`, `${path}/index.ts`].find((candidate) => candidate in sources)
}

function breachesOf(file: SourceFile): string[] {
  return [
    ...rankBreaches(file),
    ...packageBreaches(file),
    ...file.zodImports
      .filter((line) => !/^import (?:type )?\* as z from 'zod'$/.test(line.trim()))
      .map(() => `imports zod otherwise than by: import * as z from 'zod'`),
    ...(file.lines > MAX_LINES ? [`has ${file.lines} lines, more than ${MAX_LINES}`] : []),
    ...(/(?<!Promise\.)\bany\b/.test(file.code) ? ['has an any'] : []),
    ...(/\bMath\s*\.\s*random\b/.test(file.code) ? ['uses Math.random'] : []),
    ...(/\bconsole\b/.test(file.code) && file.path !== 'src/core/log.ts' ? ['uses the console outside core/log.ts'] : []),
    ...(/(?:^|[/-])(?:utils?|helpers?)(?:\.ts|\/)/.test(file.path) ? ['has a name that says nothing'] : []),
  ].map((breach) => `${file.path} ${breach}`)
}

function rankBreaches(file: SourceFile): string[] {
  const allowed = MAY_IMPORT[file.folder]
  if (!allowed) return [`is in ${file.folder}, which has no rank`]
  return file.ownImports.flatMap(({ name, path }) => {
    if (path === undefined) return [`imports ${name}, which is no file of src`]
    const folder = folderOf(path)
    if (folder === 'surfaces' && file.folder === 'surfaces') return surfaceBreaches(file.path, path)
    return folder === file.folder || allowed.includes(folder) ? [] : [`imports ${path}, which is not below it`]
  })
}

function surfaceBreaches(from: string, to: string): string[] {
  const [fromSurface, toSurface] = [from, to].map((path) => path.split('/')[2])
  return fromSurface === toSurface || toSurface === SHARED_BY_SURFACES ? [] : [`imports ${to}, which is another surface`]
}

function packageBreaches(file: SourceFile): string[] {
  return file.packages
    .filter((name) => PACKAGE_HOMES[name.split('/')[0]!]?.includes(file.folder) === false)
    .map((name) => `imports ${name}, which ${file.folder} must not know`)
}

/** One sentence for each group of files that reach each other, type imports included. */
function cyclesIn(files: readonly SourceFile[]): string[] {
  const targets = new Map(files.map((file) => [file.path, file.ownImports.flatMap(({ path }) => path ?? [])]))
  const done = new Set<string>()
  const cycles: string[] = []

  function visit(path: string, trail: readonly string[]): void {
    if (trail.includes(path)) {
      cycles.push(`${[...trail.slice(trail.indexOf(path)), path].join(' -> ')} is an import cycle`)
      return
    }
    if (done.has(path)) return
    for (const target of targets.get(path) ?? []) visit(target, [...trail, path])
    done.add(path)
  }

  for (const path of targets.keys()) visit(path, [])
  return cycles
}
