import { createInterface } from 'node:readline/promises'
import { parseOptions, USAGE } from './smoke/options.ts'
import { runSmoke } from './smoke/run-smoke.ts'

// `npm run smoke -- --url <address>`: is this deployment, or this local service, alive and well?

async function askCode(): Promise<string | undefined> {
  if (!process.stdin.isTTY || !process.stdout.isTTY) return undefined
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  try {
    const code = (await terminal.question('  The code that arrived: ')).trim()
    return /^\d{4,10}$/.test(code) ? code : undefined
  } finally {
    terminal.close()
  }
}

const options = parseOptions(process.argv.slice(2))
if ('problem' in options) {
  console.error(`${options.problem}\n\n${USAGE}`)
  process.exitCode = 2
} else {
  process.exitCode = await runSmoke(options, { print: console.log, askCode })
}
