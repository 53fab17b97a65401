import { loadApiKeys } from './key/load-api-keys.ts'
import { runKey } from './key/run-key.ts'
import { runWrangler } from './wrangler.ts'

// `npm run key -- …`: API keys and signing keys from a terminal, also before the service has an ADMIN_API_KEY.

process.exitCode = await runKey(process.argv.slice(2), {
  run: runWrangler,
  loadApiKeys,
  now: Date.now,
  print: console.log,
  complain: console.error,
})
