import { optionValue, pickOptions } from '../wrangler.ts'

const CONFIG = ['--config', '-c', '--env-file', '--profile']
const ENVIRONMENT = ['--env', '-e']

/** Whether wrangler is only asked to show something, so that nothing must follow its `deploy`. */
export function isRehearsal(args: readonly string[]): boolean {
  return args.some((arg) => /^(--dry-?run(=true)?|--help|-h)$/i.test(arg))
}

export function deployCommand(args: readonly string[]): string[] {
  return ['deploy', ...args]
}

/** By the binding's name: a deployment may call its database something else. */
export function migrateCommand(args: readonly string[]): string[] {
  return ['d1', 'migrations', 'apply', 'DB', '--remote', ...pickOptions(args, [...CONFIG, ...ENVIRONMENT]), ...temporary(args)]
}

/**
 * A command about the secrets of the Worker that was just deployed.
 * @param workerName as wrangler reported it: a git-connected build may deploy under another name than `wrangler.toml` has
 */
export function secretCommand(verb: 'list' | 'bulk', args: readonly string[], workerName: string | undefined): string[] {
  const name = optionValue(args, ['--name']) ?? (optionValue(args, ENVIRONMENT) === undefined ? workerName : undefined)
  // Given both, these commands join the two names, which `deploy` does not.
  const worker = name === undefined ? pickOptions(args, ENVIRONMENT) : ['--name', name]
  return ['secret', verb, ...pickOptions(args, CONFIG), ...worker, ...temporary(args)]
}

/** What says which deployment is meant, for a command that a person is told to run next. */
export function sameDeployment(args: readonly string[]): string {
  return pickOptions(args, [...CONFIG, ...ENVIRONMENT])
    .map((option) => ` ${option}`)
    .join('')
}

function temporary(args: readonly string[]): string[] {
  return args.filter((arg) => arg === '--temporary')
}
