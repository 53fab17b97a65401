import { randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseEnv } from 'node:util'

const SECRETS = ['OTP_PEPPER', 'PHONE_HASH_KEY', 'PII_ENCRYPTION_KEY']

// Behind a # in the example, since a deploy button asks for every line of it that is in force, and deploys its value.
const LOCAL_SETTINGS = {
  ENVIRONMENT: 'development',
  PIONEER_FLAG_MOCK_OTP_ENABLED: 'true',
  // Brief 000 prints requests with the code 123456, while the codes of payments have four digits by default.
  MSG91_OTP_LENGTH: '6',
}

/** 256 random bits in hex: the form that a new secret of the service has. */
export function newSecret(): string {
  return randomBytes(32).toString('hex')
}

/**
 * The text of a first `.dev.vars`: the example with fresh secrets where it has none, in development, in mock mode and with
 * codes of six digits unless it says otherwise.
 * @param secret called once for each secret that the example leaves empty or out
 */
export function fillDevVars(example: string, secret: () => string): string {
  const withSecrets = SECRETS.reduce((text, name) => setIfEmpty(text, name, secret), example)
  return Object.entries(LOCAL_SETTINGS).reduce((text, [name, value]) => setIfEmpty(text, name, () => value), withSecrets)
}

/** Puts the value on the line of `name`: the empty one, the one behind a `#`, or a new one at the end. */
function setIfEmpty(text: string, name: string, value: () => string): string {
  const empty = new RegExp(`^${name}=[ \\t]*(["']?)\\1[ \\t]*(?=\\r?$)`, 'm')
  if (empty.test(text)) return text.replace(empty, () => `${name}=${value()}`)
  if (new RegExp(`^${name}=`, 'm').test(text)) return text
  const outOfForce = new RegExp(`^#[ \\t]*${name}=.*?(?=\\r?$)`, 'm')
  if (outOfForce.test(text)) return text.replace(outOfForce, () => `${name}=${value()}`)
  const separator = text === '' || text.endsWith('\n') ? '' : '\n'
  return `${text}${separator}${name}=${value()}\n`
}

/**
 * Writes `.dev.vars` next to its example, readable for its owner only. One that exists is left as it is.
 * @returns whether it was written
 * @throws when there is no example
 */
export async function writeDevVars(file: string, exampleFile: string): Promise<boolean> {
  const text = fillDevVars(await readFile(exampleFile, 'utf8'), newSecret)
  try {
    await writeFile(file, text, { mode: 0o600, flag: 'wx' })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

/** What the service reads of its settings that the scripts around it go by. */
export interface LocalSettings {
  /** Undefined: there is none, and the service refuses to work. */
  readonly phoneHashKey: string | undefined
  /** Without `PII_ENCRYPTION_KEY` there can be no leads. */
  readonly hasPersonalKey: boolean
  /** Digits. */
  readonly paymentCodeLength: number
}

/**
 * The settings that `wrangler dev` gives to the service: of the file that was named, else of `.dev.vars.<environment>`, else
 * of `.dev.vars`. A file that is not there has none.
 * @param named with `--env-file`
 */
export async function readLocalSettings(
  folder: string,
  { environment, named }: { readonly environment?: string | undefined; readonly named?: string | undefined } = {},
): Promise<LocalSettings> {
  const candidates = named === undefined ? [...(environment ? [`.dev.vars.${environment}`] : []), '.dev.vars'] : [named]
  const texts = await Promise.all(candidates.map((name) => readIfThere(join(folder, name))))
  const settings = parseEnv(texts.find((text) => text !== undefined) ?? '')
  // An empty value counts as absent, as for the service.
  const value = (name: string) => settings[name]?.trim() || undefined
  return {
    phoneHashKey: value('PHONE_HASH_KEY') ?? value('OTP_PEPPER'),
    hasPersonalKey: value('PII_ENCRYPTION_KEY') !== undefined,
    paymentCodeLength: Number(value('MSG91_OTP_LENGTH') ?? value('OTP_LENGTH') ?? 4),
  }
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
