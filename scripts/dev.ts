import { join } from 'node:path'
import { writeDevVars } from './dev/dev-vars.ts'
import { announceWhenReady } from './dev/welcome.ts'
import { exitCodeOf, pickOptions, projectRoot, runWrangler, startWrangler } from './wrangler.ts'

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

  // Wrangler's own key bar redraws the bottom of the screen, over what others print: without it Ctrl-C is all there is.
  const dev = startWrangler(['dev', '--show-interactive-dev-session=false', ...args], ['inherit', 'inherit', 'inherit', 'ipc'])
  announceWhenReady(dev, args)
  return exitCodeOf(dev)
}

process.exitCode = await main()
