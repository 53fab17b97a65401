import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readReport } from './deploy/report.ts'
import { runDeploy } from './deploy/run-deploy.ts'
import { newSecret } from './dev/dev-vars.ts'
import { runWrangler } from './wrangler.ts'

// `npm run deploy`, from a terminal and from a git-connected build, where nobody answers questions.

const folder = await mkdtemp(join(tmpdir(), 'edge-verify-deploy-'))
const { WRANGLER_OUTPUT_FILE_PATH: wanted, WRANGLER_OUTPUT_FILE_DIRECTORY: wantedFolder } = process.env
// Whoever runs this may want the report in a place of its own. In a folder it has a name that nobody knows before.
const reportFile = wanted ?? (wantedFolder === undefined ? join(folder, 'report.ndjson') : undefined)

try {
  process.exitCode = await runDeploy(process.argv.slice(2), {
    run: (args, options) =>
      runWrangler(args, { ...options, env: reportFile === undefined ? {} : { WRANGLER_OUTPUT_FILE_PATH: reportFile } }),
    report: async () => readReport(reportFile === undefined ? '' : await readFile(reportFile, 'utf8').catch(() => '')),
    newSecret,
    print: console.log,
  })
} finally {
  await rm(folder, { recursive: true, force: true })
}
