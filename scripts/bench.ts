import { writeFile } from 'node:fs/promises'
import { cpus, loadavg } from 'node:os'
import { buildBundle, type Bundle, type BundleFigures } from './bench/build-bundle.ts'
import { type BenchOptions, parseOptions, type Section, USAGE } from './bench/options.ts'
import { measureParts, renderParts } from './bench/parts.ts'
import { canMeasure } from './bench/processor-time.ts'
import { MEASURES } from './bench/sections.ts'

// `npm run bench`: the built service under load, on local simulators. docs/performance.md says what the figures mean.

const GZIP_LIMIT_KIB = 250
const START_UP_LIMIT_MS = 40

async function main(options: BenchOptions): Promise<number> {
  const load = loadavg().map((value) => value.toFixed(2))
  console.log(`${cpus().length} processors (${cpus()[0]?.model}), load average at the start ${load.join(', ')}`)
  if (!canMeasure) console.log('Processor time can only be measured on Linux: there are no CPU figures here.')
  const bundle = await buildBundle()
  console.log(describeBundle(bundle.figures))
  return options.parts ? runParts(options, bundle) : runSections(options, bundle)
}

async function runSections(options: BenchOptions, bundle: Bundle): Promise<number> {
  if (options.quick) console.log('Too few requests for figures to quote: this only shows that everything works.')
  const results: Partial<Record<Section, object>> = {}
  const findings: string[] = []
  for (const section of options.sections) {
    const outcome = await MEASURES[section](bundle, options, showProgress)
    console.log(`\n${outcome.text}\n`)
    for (const complaint of outcome.complaints) console.log(`The service logged: ${complaint}`)
    results[section] = outcome.results
    findings.push(...outcome.findings.map((finding) => `${section}: ${finding}`))
  }
  await writeJson(options, { bundle: bundle.figures, ...results, findings })
  if (findings.length === 0) return 0
  console.error('FAILED: what was found afterwards contradicts the requests, or a request cost too much.')
  for (const finding of findings) console.error(`- ${finding}`)
  return 1
}

async function runParts(options: BenchOptions, bundle: Bundle): Promise<number> {
  const parts = await measureParts(bundle, options.rounds, options.quick, showProgress)
  console.log(`\n${renderParts(parts)}`)
  await writeJson(options, { bundle: bundle.figures, parts })
  return 0
}

function describeBundle({ bytes, gzipBytes, startUpMs }: BundleFigures): string {
  const [size, gzip] = [bytes, gzipBytes].map((count) => (count / 1024).toFixed(1))
  const startUp = startUpMs === undefined ? 'not measured' : `${startUpMs.toFixed(1)} ms`
  return `Bundle ${size} KiB, gzip ${gzip} KiB (limit ${GZIP_LIMIT_KIB}); start-up ${startUp} (limit ${START_UP_LIMIT_MS})`
}

async function writeJson({ json }: BenchOptions, results: object): Promise<void> {
  if (json !== undefined) await writeFile(json, `${JSON.stringify({ at: new Date().toISOString(), ...results }, null, 2)}\n`)
}

function showProgress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001B[K${text}`)
}

const options = parseOptions(process.argv.slice(2))
if ('problem' in options) {
  console.error(`${options.problem}\n\n${USAGE}`)
  process.exitCode = 2
} else {
  process.exitCode = await main(options)
}
