import { join } from 'node:path'
import { createTestHarness } from 'wrangler'
import { variablesSchema } from '../../../src/config/variables'

const CONFIG = join(import.meta.dirname, '../../../wrangler.toml')

// A developer's own .dev.vars would be taken too, and must not decide how a test ends. Empty is absent.
const NOTHING_ELSE = Object.fromEntries(Object.keys(variablesSchema.shape).map((name) => [name, '']))

/**
 * The service as it is deployed, bundle and assets, in mock mode on a free port of this machine.
 * @returns its origin, its log, and the way to stop it
 */
export async function startService() {
  const harness = createTestHarness({
    workers: [
      {
        configPath: CONFIG,
        secrets: {
          ...NOTHING_ELSE,
          ENVIRONMENT: 'development',
          PIONEER_FLAG_MOCK_OTP_ENABLED: 'true',
          OTP_PEPPER: 'a pepper for tests only, 32 and more characters',
        },
      },
    ],
  })
  const { url } = await harness.listen()
  await harness.getWorker().applyD1Migrations('DB')
  return { origin: url.origin, logs: () => harness.getLogs(), stop: () => harness.close() }
}

export type RunningService = Awaited<ReturnType<typeof startService>>
