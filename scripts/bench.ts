import { writeFile } from 'node:fs/promises'
import { cpus, loadavg } from 'node:os'
import { buildBundle, type Bundle, type BundleFigures } from './bench/build-bundle.ts'
import { contradictions } from './bench/evidence.ts'
import { type BenchOptions, parseOptions, USAGE } from './bench/options.ts'
import { measureParts, renderParts } from './bench/parts.ts'
import { FULL_PLAN, QUICK_PLAN } from './bench/plan.ts'
import { canMeasure } from './bench/processor-time.ts'
import { renderTables, summarise } from './bench/report.ts'
import { runBenchmark } from './bench/run.ts'

// `npm run bench`: the built service under load, on local simulators. docs/performance.md says what the figures mean.

const GZIP_LIMIT_KIB = 250
const START_UP_LIMIT_MS = 40

async function main(options: BenchOptions): Promise<number> {
  const load = loadavg().map((value) => value.toFixed(2))
  console.log(`${cpus().length} processors (${cpus()[0]?.model}), load average at the start ${load.join(', ')}`)
  if (!canMeasure) console.log('Processor time can only be measured on Linux: there are no CPU figures here.')
  const bundle = await buildBundle()
  console.log(describeBundle(bundle.figures))
  return options.parts ? runParts(options, bundle) : run(options, bundle)
}

async function run(options: BenchOptions, bundle: Bundle): Promise<number> {
  const result = await runBenchmark(bundle, options.quick ? QUICK_PLAN : FULL_PLAN, options.rounds, showProgress)
  const summaries = summarise(result.samples)
  if (options.quick) console.log('Too few requests for figures to quote: this only shows that everything works.')
  console.log(`\n${renderTables(summaries)}\n`)
  const overlaps = summaries.reduce((total, one) => total + one.overlaps, 0)
  if (overlaps > 0)
    console.log(`In ${overlaps} batches the audit began to travel before the last check: their figures are a bit high.`)
  for (const complaint of result.complaints) console.log(`The service logged: ${complaint}`)

  const findings = contradictions(result.evidence, result.verifications)
  await writeJson(options, { bundle: bundle.figures, summaries, evidence: result.evidence, findings })
  if (findings.length > 0) {
    console.error(`FAILED: D1 or the vendor disagree with the traffic of ${result.verifications} verifications.`)
    for (const finding of findings) console.error(`- ${finding}`)
    return 1
  }
  const rows = Object.values(result.evidence.events).reduce((total, count) => total + count, 0)
  console.log(
    `${result.verifications} verifications: ${rows} audit events and ${result.verifications} approved records in D1, ` +
      `one message each at the vendor. Memory of workerd at the end: ${result.memory?.toFixed(0) ?? '–'} MiB.`,
  )
  return 0
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
