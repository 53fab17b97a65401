import { type ParseArgsConfig, parseArgs } from 'node:util'

/** Which database is meant, as options of wrangler: `--local` or `--remote`, and what else says where it is. */
export type Where = readonly string[]

export type KeyCommand =
  | { readonly verb: 'help' }
  /** `body` is that of `POST /v1/api-keys`. */
  | { readonly verb: 'create'; readonly where: Where; readonly body: Readonly<Record<string, unknown>> }
  | { readonly verb: 'list'; readonly where: Where }
  /** `body` is that of `POST /v1/api-keys/{id}/rotate`. */
  | { readonly verb: 'rotate'; readonly where: Where; readonly id: string; readonly body: Readonly<Record<string, unknown>> }
  | { readonly verb: 'revoke'; readonly where: Where; readonly id: string }
  | { readonly verb: 'signing'; readonly algorithm: SigningAlgorithm }

export const SIGNING_ALGORITHMS = ['ES256', 'EdDSA'] as const
export type SigningAlgorithm = (typeof SIGNING_ALGORITHMS)[number]

export const USAGE = `npm run key -- create --name <name> --scopes <scope,…> --local|--remote
                     [--publishable --origins <origin,…>] [--purposes <purpose,…>] [--expires <2027-01-31>]
npm run key -- list --local|--remote
npm run key -- rotate <id> --local|--remote [--overlap-seconds <86400>]
npm run key -- revoke <id> --local|--remote
npm run key -- signing [--alg ES256|EdDSA]

--local is the database of \`npm run dev\`, --remote that of the deployment. Wrangler's --env, --config, --persist-to,
--env-file and --profile say which one of several. What keys can be for: docs/access.md.`

/** The fields of a body by the options that they come from, to say what is wrong in the words of who typed it. */
export const OPTION_OF: Readonly<Record<string, string>> = {
  name: '--name',
  kind: '--publishable',
  scopes: '--scopes',
  purposes: '--purposes',
  origins: '--origins',
  expires_at: '--expires',
  overlap_seconds: '--overlap-seconds',
}

const TEXT = { type: 'string' } as const
const FLAG = { type: 'boolean' } as const
const HELP = { help: { type: 'boolean', short: 'h' } } as const
const DATABASE = {
  ...HELP,
  local: FLAG,
  remote: FLAG,
  env: { type: 'string', short: 'e' },
  config: { type: 'string', short: 'c' },
  'persist-to': TEXT,
  'env-file': TEXT,
  profile: TEXT,
} as const
const OPTIONS = {
  create: { ...DATABASE, name: TEXT, scopes: TEXT, publishable: FLAG, origins: TEXT, purposes: TEXT, expires: TEXT },
  list: DATABASE,
  rotate: { ...DATABASE, 'overlap-seconds': TEXT },
  revoke: DATABASE,
  signing: { ...HELP, alg: TEXT },
} as const satisfies Record<string, ParseArgsConfig['options']>

type Verb = keyof typeof OPTIONS
type Values = Readonly<Record<string, string | boolean | undefined>>

/** What the command line asks for, or a sentence about what is wrong with it. */
export function parseCommand(args: readonly string[]): KeyCommand | { readonly problem: string } {
  const [verb, ...rest] = args
  if (verb === undefined || ['help', '--help', '-h'].includes(verb)) return { verb: 'help' }
  if (!Object.hasOwn(OPTIONS, verb)) return { problem: `There is no command ${verb}.` }
  try {
    const options: NonNullable<ParseArgsConfig['options']> = OPTIONS[verb as Verb]
    const { values, positionals } = parseArgs({ args: rest, options, allowPositionals: true })
    return values['help'] ? { verb: 'help' } : toCommand(verb as Verb, values as Values, positionals)
  } catch (error) {
    return { problem: (error as Error).message }
  }
}

function toCommand(verb: Verb, values: Values, positionals: readonly string[]): KeyCommand | { readonly problem: string } {
  const wantsId = verb === 'rotate' || verb === 'revoke'
  const [id, ...more] = wantsId ? positionals : [undefined, ...positionals]
  if (more.length > 0)
    return { problem: `What is ${more[0]}? A value with blanks wants quotes, and lists have commas without blanks.` }
  if (wantsId && id === undefined)
    return { problem: `Which key? Its id is missing: npm run key -- ${verb} <id>. \`list\` has them.` }
  if (verb === 'signing') return toSigning(values)
  const where = whereOf(values)
  if ('problem' in where) return where
  switch (verb) {
    case 'create':
      return { verb, where, body: createBody(values) }
    case 'list':
      return { verb, where }
    case 'rotate':
      return { verb, where, id: id!, body: without({ overlap_seconds: toNumber(values['overlap-seconds']) }) }
    case 'revoke':
      return { verb, where, id: id! }
  }
}

function toSigning({ alg = 'ES256' }: Values): KeyCommand | { readonly problem: string } {
  const algorithm = SIGNING_ALGORITHMS.find((one) => one.toLowerCase() === String(alg).toLowerCase())
  if (algorithm === undefined) return { problem: `--alg must be ${SIGNING_ALGORITHMS.join(' or ')}.` }
  return { verb: 'signing', algorithm }
}

/** One has to be named: a key in another database than one thinks is a puzzle. */
function whereOf({ local, remote, ...values }: Values): Where | { readonly problem: string } {
  if (local === remote) {
    return { problem: 'In which database? Say --local (of npm run dev) or --remote (of the deployment), one of them.' }
  }
  if (remote && values['persist-to'] !== undefined) return { problem: '--persist-to is about --local only.' }
  const names = ['env', 'config', 'persist-to', 'env-file', 'profile']
  const others = names.flatMap((name) => (values[name] === undefined ? [] : [`--${name}=${String(values[name])}`]))
  return [local ? '--local' : '--remote', ...others]
}

function createBody({ name, scopes, publishable, purposes, origins, expires }: Values): Record<string, unknown> {
  return without({
    name,
    kind: publishable ? 'publishable' : 'secret',
    scopes: toList(scopes),
    purposes: toList(purposes),
    origins: toList(origins),
    expires_at: toTime(expires),
  })
}

function toList(text: string | boolean | undefined): string[] | undefined {
  return text === undefined
    ? undefined
    : String(text)
        .split(',')
        .map((part) => part.trim())
}

/** A day is its beginning, in UTC. */
function toTime(text: string | boolean | undefined): unknown {
  return typeof text === 'string' && /^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : text
}

/** What is no number stays what it is, to be refused as that. */
function toNumber(text: string | boolean | undefined): unknown {
  return typeof text === 'string' && /^-?\d+$/.test(text) ? Number(text) : text
}

function without(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}
