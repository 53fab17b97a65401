import { execFile } from 'node:child_process'
import { cp, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url).href)
const run = promisify(execFile)

const copies: string[] = []
afterEach(async () => {
  await Promise.all(copies.splice(0).map((copy) => rm(copy, { recursive: true, force: true })))
})

/** What `npm run db:generate` reads, copied to where it may write. */
async function copyOfDatabase(): Promise<string> {
  const copy = await mkdtemp(join(tmpdir(), 'edge-verify-drizzle-'))
  copies.push(copy)
  for (const name of ['drizzle.config.ts', 'package.json', 'tsconfig.json', 'src/db', 'migrations']) {
    await cp(join(root, name), join(copy, name), { recursive: true })
  }
  await symlink(join(root, 'node_modules'), join(copy, 'node_modules'), 'junction')
  return copy
}

/** Runs `drizzle-kit generate` there, by this very Node; fails where it fails. */
async function generate(copy: string): Promise<string> {
  const bin = join(root, 'node_modules', 'drizzle-kit', 'bin.cjs')
  const { stdout, stderr } = await run(process.execPath, [bin, 'generate'], { cwd: copy, timeout: 50_000 })
  return stdout + stderr
}

const migrationsOf = async (folder: string) => (await readdir(join(folder, 'migrations'), { recursive: true })).toSorted()

describe('drizzle-kit generate', () => {
  it('finds nothing to migrate: the schema and the migrations agree', async () => {
    const copy = await copyOfDatabase()

    expect(await generate(copy)).toContain('No schema changes, nothing to migrate')

    const names = await migrationsOf(root)
    expect(await migrationsOf(copy)).toEqual(names)
    const journal = join('migrations', 'meta', '_journal.json')
    expect(await readFile(join(copy, journal), 'utf8')).toBe(await readFile(join(root, journal), 'utf8'))
  })

  it('would find a column that no migration makes', async () => {
    const copy = await copyOfDatabase()
    const table = join(copy, 'src', 'db', 'verifications.ts')
    const source = await readFile(table, 'utf8')
    const marker = "    country: text('country').notNull(),\n"
    expect(source).toContain(marker)
    await writeFile(table, source.replace(marker, `${marker}    forgotten: text('forgotten'),\n`))

    await generate(copy)

    const known = await migrationsOf(root)
    const made = (await migrationsOf(copy)).filter((name) => name.endsWith('.sql') && !known.includes(name))
    expect(made).toHaveLength(1)
    expect(await readFile(join(copy, 'migrations', made[0]!), 'utf8')).toMatch(/ADD `forgotten` text/)
  })
})
