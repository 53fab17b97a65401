import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { projectRoot, runWrangler } from './wrangler.ts'

// `npm run build`: the bundle as a deployment would upload it, in dist/worker, with its size and its time to start.

const OUT = 'dist/worker'

// Every cold start parses all of it. Far above what the service needs, so only a mistake gets there.
const GZIP_LIMIT_KIB = 250

async function main(): Promise<number> {
  const build = await runWrangler(['deploy', '--dry-run', '--outdir', OUT], { capture: true })
  if (build.code !== 0) {
    console.error(build.stdout + build.stderr)
    return build.code
  }
  if (build.stderr !== '') console.error(build.stderr)

  const script = await readFile(join(projectRoot, OUT, 'index.js'))
  const gzipKib = gzipSync(script).length / 1024
  console.log(`${OUT}/index.js: ${(script.length / 1024).toFixed(1)} KiB, gzip ${gzipKib.toFixed(1)} KiB`)
  await printStartUp()

  if (gzipKib <= GZIP_LIMIT_KIB) return 0
  console.error(`The bundle is larger than ${GZIP_LIMIT_KIB} KiB gzip.`)
  return 1
}

/** Shows how long the script runs before its first request. Only shown: a shared machine's milliseconds prove nothing. */
async function printStartUp(): Promise<void> {
  const check = await runWrangler(['check', 'startup', '--outfile', `${OUT}/startup.cpuprofile`], { capture: true })
  const active = /Active: ([\d.]+ ms)/.exec(check.stdout)?.[1]
  console.log(active === undefined ? 'start-up: not measured here' : `start-up: ${active} active, on this machine`)
}

process.exitCode = await main()
