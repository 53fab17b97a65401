import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { unstable_readConfig } from 'wrangler'
import { projectRoot, runWrangler } from '../wrangler.ts'

const OUT = join(projectRoot, 'dist/bench')
const CONFIG = join(OUT, 'wrangler.json')

export interface Bundle {
  readonly script: string
  readonly compatibilityDate: string
  readonly compatibilityFlags: readonly string[]
  readonly figures: BundleFigures
}

export interface BundleFigures {
  readonly bytes: number
  readonly gzipBytes: number
  /** Milliseconds until the script has run, by wrangler, the lowest of several times; undefined where it could not tell. */
  readonly startUpMs: number | undefined
}

const START_UPS = 5

/**
 * The service as wrangler bundles it for a deployment, minified. Pages and OpenAPI document are left out: they are served
 * as assets, and no line of them is in the script.
 * @throws when it cannot be built
 */
export async function buildBundle(): Promise<Bundle> {
  const config = await writeConfig()
  const build = await runWrangler(['deploy', '--dry-run', '--config', CONFIG, '--outdir', OUT], { capture: true })
  if (build.code !== 0) throw new Error(`the bundle could not be built:\n${build.stdout}${build.stderr}`)
  const script = await readFile(join(OUT, 'index.js'), 'utf8')
  return {
    script,
    compatibilityDate: config.compatibility_date ?? '',
    compatibilityFlags: config.compatibility_flags,
    figures: { bytes: Buffer.byteLength(script), gzipBytes: gzipSync(script).length, startUpMs: await measureStartUps() },
  }
}

/** The part of `wrangler.toml` that shapes the script, without the command that makes the assets. */
async function writeConfig() {
  const config = unstable_readConfig({ config: join(projectRoot, 'wrangler.toml') }, { hideWarnings: true })
  const { name, main, compatibility_date, compatibility_flags, minify, alias, define, rules } = config
  await mkdir(OUT, { recursive: true })
  const shaping = { name, main, compatibility_date, compatibility_flags, minify, alias, define, rules, send_metrics: false }
  await writeFile(CONFIG, JSON.stringify(shaping, null, 2))
  return config
}

/** The lowest: whatever else the machine does can only add to it. */
async function measureStartUps(): Promise<number | undefined> {
  const times: number[] = []
  for (let i = 0; i < START_UPS; i++) {
    const time = await measureStartUp()
    if (time !== undefined) times.push(time)
  }
  return times.length === 0 ? undefined : Math.min(...times)
}

async function measureStartUp(): Promise<number | undefined> {
  const profile = join(OUT, 'startup.cpuprofile')
  const check = await runWrangler(['check', 'startup', '--config', CONFIG, '--outfile', profile], { capture: true })
  const active = /Active: ([\d.]+) ms/.exec(check.stdout)?.[1]
  return active === undefined ? undefined : Number(active)
}
