import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { cloudflareTest, readD1Migrations } from '@cloudflare/vitest-pool-workers'
import { defineProject } from 'vitest/config'

const root = fileURLToPath(new URL('..', import.meta.url).href)

/** Every variable that the service reads; a test holds the file and the schema equal. */
const variables = Array.from(
  readFileSync(`${root}.dev.vars.example`, 'utf8').matchAll(/^(?:# )?([A-Z][A-Z0-9_]*)=/gm),
  ([, name]) => name,
)

// Everything that runs in the Worker: in workerd, with real KV, D1 and Durable Objects. Nothing leaves the machine.
export default defineProject(async () => ({
  root,
  plugins: [
    cloudflareTest({
      wrangler: { configPath: `${root}wrangler.toml` },
      miniflare: {
        bindings: {
          TEST_MIGRATIONS: await readD1Migrations(`${root}migrations`),
          // A developer's .dev.vars is read as well: nothing in it may decide what a test sees. Empty is absent.
          ...Object.fromEntries(variables.map((name) => [name, ''])),
          ENVIRONMENT: 'development',
          // As random as production asks for: some tests are in production.
          OTP_PEPPER: 'd4f1c3a97be04a6f8c52e1907b63fd08',
          PHONE_HASH_KEY: '0b7e29d6c81f4530a9e46d72f5c1b8e3',
          PII_ENCRYPTION_KEY: '92ac5f07e3d84b16bd708e59c46a1f2d',
          GUPSHUP_API_KEY: 'test-gupshup-api-key',
          GUPSHUP_SOURCE: '917834811114',
          GUPSHUP_TEMPLATE_ID: 'c6aecef6-bcb0-4fb1-8100-28c094e3bc6b',
          GUPSHUP_SRC_NAME: 'HomiAi',
          GUPSHUP_API_URL: 'http://gupshup.test/wa/api/v1/template/msg',
          BASIC_APPLICATION_API_URL: 'http://lender.test',
          BASIC_APPLICATION_USER_ID: '11111111-1111-4111-8111-111111111111',
          BASIC_APPLICATION_API_KEY: 'test-lender-api-key',
        },
        outboundService: () => new Response('No test may reach the network', { status: 599 }) as never,
      },
    }),
  ],
  test: {
    name: 'workerd',
    // The kept result of import.meta.glob does not learn of new files: the architecture test reads them all.
    fsModuleCache: false,
    include: ['test/**/*.test.ts'],
    exclude: ['test/node/**'],
    setupFiles: ['test/support/setup.ts'],
  },
}))
