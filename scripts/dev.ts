import { dirname, join, resolve } from 'node:path'
import { type LocalSettings, newSecret, readLocalSettings, writeDevVars } from './dev/dev-vars.ts'
import { loadSampleSql, putSampleLoan } from './dev/put-sample-loan.ts'
import { announceWhenReady } from './dev/welcome.ts'
import { exitCodeOf, optionValue, pickOptions, projectRoot, runWrangler, startWrangler } from './wrangler.ts'

// `npm run dev`: the whole service on this machine, without a login, an account or the network.

const args = process.argv.slice(2)

async function main(): Promise<number> {
  if (await writeDevVars(join(projectRoot, '.dev.vars'), join(projectRoot, '.dev.vars.example'))) {
    console.log('Wrote .dev.vars from .dev.vars.example, with new random secrets.')
  }

  const sameDatabase = pickOptions(args, ['--persist-to', '--config', '-c', '--env', '-e'])
  // In a terminal it would ask before each migration; CI is its way to be told yes.
  const migrations = await runWrangler(['d1', 'migrations', 'apply', 'DB', '--local', ...sameDatabase], {
    capture: true,
    env: { CI: '1' },
  })
  if (migrations.code !== 0) {
    console.error(`${migrations.stdout}${migrations.stderr}\nThe migrations could not be applied to the local database.`)
    return migrations.code
  }
  const settings = await readSettings()
  const hasSample = await putSample(settings, sameDatabase)
  if (!settings.hasPersonalKey) {
    // One that was written before there were leads. It is its owner's, so it is not changed.
    console.log(`No leads: PII_ENCRYPTION_KEY is not set. Add this line to .dev.vars: PII_ENCRYPTION_KEY=${newSecret()}`)
  }

  // Wrangler's own key bar redraws the bottom of the screen, over what others print: without it Ctrl-C is all there is.
  const dev = startWrangler(['dev', '--show-interactive-dev-session=false', ...args], ['inherit', 'inherit', 'inherit', 'ipc'])
  announceWhenReady(dev, args, {
    paymentCodeLength: hasSample ? settings.paymentCodeLength : undefined,
    hasLeads: settings.hasPersonalKey,
  })
  return exitCodeOf(dev)
}

/** Wrangler looks for the files beside its configuration. */
function readSettings(): Promise<LocalSettings> {
  const config = optionValue(args, ['--config', '-c'])
  const folder = config === undefined ? projectRoot : dirname(resolve(projectRoot, config))
  return readLocalSettings(folder, {
    environment: optionValue(args, ['--env', '-e']),
    named: optionValue(args, ['--env-file']),
  })
}

/** Loan 123 of brief 000, in the local database only. @returns whether it is there */
async function putSample({ phoneHashKey }: LocalSettings, sameDatabase: readonly string[]): Promise<boolean> {
  if (phoneHashKey === undefined) {
    console.log('No sample loan: neither PHONE_HASH_KEY nor OTP_PEPPER is set, and one of them keys its phone numbers.')
    return false
  }
  const result = await putSampleLoan(await loadSampleSql(phoneHashKey, Date.now()), sameDatabase, runWrangler)
  if (result === 'other_loan') {
    console.log(
      'No sample loan: the local database has another loan 123, or one of another PHONE_HASH_KEY. It was left as it is; delete .wrangler/ to begin anew.',
    )
  } else if (result !== 'there') {
    console.error(`${result.problem}\nNo sample loan: it could not be written to the local database.`)
  }
  return result === 'there'
}

process.exitCode = await main()
