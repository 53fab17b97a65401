import type { RunWrangler, WranglerResult } from '../wrangler.ts'
import { deployCommand, isRehearsal, migrateCommand, sameDeployment, secretCommand } from './commands.ts'
import { decideSecrets, lacksAdminKey } from './missing-secrets.ts'
import type { DeployReport } from './report.ts'

export interface DeployTools {
  readonly run: RunWrangler
  /** What wrangler reported about the deployment that it has just made. */
  readonly report: () => Promise<DeployReport>
  readonly newSecret: () => string
  readonly print: (text: string) => void
}

/**
 * Deploys, migrates the database, and makes the secrets that are missing.
 *
 * The deployment comes before its migrations, because the first one creates the database that they are for. What happens
 * in between is not lost: the way to an answer never touches D1, and the audit waits in the gates until D1 takes it.
 * Migrations only ever add, so the Worker of before runs on the new tables just as well.
 *
 * @returns the exit code: that of the first step that failed
 */
export async function runDeploy(args: readonly string[], tools: DeployTools): Promise<number> {
  const { run, print } = tools
  const deployed = await run(deployCommand(args))
  if (isRehearsal(args)) return deployed.code
  if (deployed.code !== 0) {
    print(TOKEN_HINT)
    return deployed.code
  }

  const migrated = await run(migrateCommand(args))
  if (migrated.code !== 0) {
    print(`The Worker is deployed, its database is not migrated. Run the same command again when that is mended.\n${TOKEN_HINT}`)
    return migrated.code
  }

  const report = await tools.report()
  const listed = await run(secretCommand('list', args, report.workerName), { capture: true })
  const code = await createMissingSecrets(args, report.workerName, listed, tools)
  if (code !== 0) return code
  if (listed.code === 0 && lacksAdminKey(listed.stdout)) print(firstKeys(args))
  print(nextStep(report.address))
  return 0
}

async function createMissingSecrets(
  args: readonly string[],
  workerName: string | undefined,
  listed: WranglerResult,
  { run, newSecret, print }: DeployTools,
): Promise<number> {
  const decision = listed.code === 0 ? decideSecrets(listed.stdout) : ({ action: 'unknown' } as const)
  switch (decision.action) {
    case 'nothing':
      return 0
    case 'keep-shared-key':
      print(
        'PHONE_HASH_KEY is not set: OTP_PEPPER keys the phone numbers too. Before the pepper is ever changed, set it to today’s pepper.',
      )
      return 0
    case 'unknown':
      print(`The secrets could not be listed, so none was touched.\n${listed.stderr}\n${BY_HAND}`)
      return 0
    case 'create': {
      // In one request, so that a failure between the two cannot leave a pepper that keys the phone numbers as well.
      const input = JSON.stringify(Object.fromEntries(decision.names.map((name) => [name, newSecret()])))
      const created = await run(secretCommand('bulk', args, workerName), { input })
      print(created.code === 0 ? `Made new random secrets: ${decision.names.join(', ')}.` : BY_HAND)
      return created.code
    }
  }
}

// The token of a git-connected build is not always allowed to use D1, and wrangler then speaks of ids.
const TOKEN_HINT =
  'If this is about DB, database_id or authentication: the API token needs the permission "D1: Edit" (docs/deploy.md).'

const BY_HAND = `If OTP_PEPPER and PHONE_HASH_KEY are not set yet, set each of them once, to a value of its own:

  node -p "crypto.randomBytes(32).toString('hex')"
  npx wrangler secret put OTP_PEPPER
  npx wrangler secret put PHONE_HASH_KEY
`

/** It is not made here: somebody has to know it, and what is printed stays in the log of a build. */
function firstKeys(args: readonly string[]): string {
  return `
ADMIN_API_KEY is not set. In production nobody is let in without a key. For a caller, from here:

  npm run key -- create --name "my app" --scopes verifications:send,verifications:check --remote${sameDeployment(args)}

For the operator, who then manages keys and all else over HTTP (docs/operations.md), a value that you keep:

  node -p "crypto.randomBytes(32).toString('hex')"
  npx wrangler secret put ADMIN_API_KEY${sameDeployment(args)}`
}

function nextStep(address: string | undefined): string {
  return `\nDeployed. The first thing to run:\n\n  npm run smoke -- --url ${address ?? 'https://<the address of the Worker>'}\n`
}
