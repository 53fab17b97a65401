import type { RunWrangler } from '../wrangler.ts'
import type { Refused, StoredKey } from './api-keys.ts'
import { askDatabase } from './database.ts'
import type { ApiKeys } from './load-api-keys.ts'
import { type KeyCommand, OPTION_OF, USAGE, type Where, parseCommand } from './options.ts'
import { newSigningKey } from './signing-key.ts'
import { REMOTE_HINT, createdText, listText, revokedText, rotatedText, signingText, unsureText } from './texts.ts'

export interface KeyTools {
  readonly run: RunWrangler
  readonly loadApiKeys: () => Promise<ApiKeys>
  /** Milliseconds since the epoch. */
  readonly now: () => number
  readonly print: (text: string) => void
  readonly complain: (text: string) => void
}

/** A sentence for who typed the command, and the exit code: 2 for what was typed, 1 for what came of it. */
class Failure extends Error {
  readonly code: 1 | 2

  constructor(message: string, code: 1 | 2) {
    super(message)
    this.code = code
  }
}

/**
 * Makes, shows, rotates and revokes the keys of a database, without the service: also before it has an `ADMIN_API_KEY`.
 * @returns the exit code
 */
export async function runKey(args: readonly string[], tools: KeyTools): Promise<0 | 1 | 2> {
  try {
    const command = parseCommand(args)
    if ('problem' in command) throw new Failure(`${command.problem}\n\n${USAGE}`, 2)
    tools.print(await carryOut(command, tools))
    return 0
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    tools.complain(error.message)
    return error.code
  }
}

/** @returns what to print */
async function carryOut(command: KeyCommand, tools: KeyTools): Promise<string> {
  switch (command.verb) {
    case 'help':
      return USAGE
    case 'signing':
      return signingText(await newSigningKey(command.algorithm))
    case 'create':
      return create(command, tools)
    case 'list':
      return list(command, tools)
    case 'rotate':
      return rotate(command, tools)
    case 'revoke':
      return revoke(command, tools)
  }
}

type Command<Verb extends KeyCommand['verb']> = Extract<KeyCommand, { readonly verb: Verb }>

async function create({ where, body }: Command<'create'>, tools: KeyTools): Promise<string> {
  const apiKeys = await tools.loadApiKeys()
  const { key, sql } = requireGood(await apiKeys.drawKey(body, tools.now()))
  const [row] = await change(sql, where, tools)
  return createdText(key, row!)
}

async function list({ where }: Command<'list'>, tools: KeyTools): Promise<string> {
  const apiKeys = await tools.loadApiKeys()
  const now = tools.now()
  return listText(await ask(apiKeys.listingSql(), where, tools), (row) => apiKeys.statusOfStored(row, now))
}

async function rotate({ id, where, body }: Command<'rotate'>, tools: KeyTools): Promise<string> {
  const apiKeys = await tools.loadApiKeys()
  const [known] = await ask(apiKeys.findingSql(id), where, tools)
  if (!known) throw unknownKey(id)
  const now = tools.now()
  const { key, sql } = requireGood(await apiKeys.drawNextKey(known, body, now))
  const [row] = await change(sql, where, tools)
  if (!row) throw new Failure(`${id} is not active any more, and stays so. Make a new key.`, 1)
  return rotatedText(key, row)
}

async function revoke({ id, where }: Command<'revoke'>, tools: KeyTools): Promise<string> {
  const apiKeys = await tools.loadApiKeys()
  const [row] = await ask(apiKeys.revokingSql(id, tools.now()), where, tools)
  if (!row) throw unknownKey(id)
  return revokedText(row)
}

/** Runs a statement that a key depends on. */
async function change(sql: string, where: Where, tools: KeyTools): Promise<readonly StoredKey[]> {
  return ask(sql, where, tools, unsureText(where))
}

async function ask(sql: string, where: Where, { run }: KeyTools, ifUnsure?: string): Promise<readonly StoredKey[]> {
  const answer = await askDatabase<StoredKey>(sql, where, run)
  if ('rows' in answer) return answer.rows
  const hints = [answer.isUntouched ? undefined : ifUnsure, where.includes('--remote') ? REMOTE_HINT : undefined]
  throw new Failure([answer.problem, ...hints.filter((hint) => hint !== undefined)].join('\n'), 1)
}

function requireGood<Drawn extends object>(drawn: Drawn | Refused): Drawn {
  if (!('issues' in drawn)) return drawn
  const lines = drawn.issues.map(({ path, message }) => {
    const [field = '', place] = path.split('.')
    const which = place === undefined ? '' : ` (number ${Number(place) + 1})`
    return `${OPTION_OF[field] ?? field}${which} ${message}.`
  })
  throw new Failure(lines.join('\n'), 2)
}

function unknownKey(id: string): Failure {
  return new Failure(`There is no key ${id} in this database. \`list\` has those that there are.`, 1)
}
