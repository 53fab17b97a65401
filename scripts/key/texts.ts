import type { StoredKey } from './api-keys.ts'
import type { Where } from './options.ts'

/** What is said of a new key: the only time that it is shown. */
export function createdText(key: string, row: StoredKey): string {
  const about = `${kindText(row)} It is for ${listOf(row.scopes)}${row.expires_at === null ? '' : `, until ${timeText(row.expires_at)}`}.`
  const use =
    row.kind === 'publishable'
      ? `It may stand in pages of ${listOf(row.origins ?? '[]')}, and works from nowhere else.`
      : 'Keep it where the server that sends it has its secrets: with it anybody is that server.'
  return `Made ${row.id}, "${row.name}". ${about} Its key, which is shown this once:

  ${key}

${use}
It goes into each request, as Authorization: Bearer <the key> or X-API-Key: <the key>.`
}

export function rotatedText(key: string, row: StoredKey): string {
  const before =
    row.previous_until === null
      ? 'The one before has ended: here at once, and within a minute everywhere.'
      : `The one before works until ${timeText(row.previous_until)}: put the new one in its place by then. Rotating again until then ends it at once.`
  return `Rotated ${row.id}, "${row.name}". Its new key, which is shown this once:

  ${key}

${before}`
}

export function revokedText(row: StoredKey): string {
  return `Revoked ${row.id}, "${row.name}". Its key stops working within a minute, everywhere and for ever.`
}

/** @param statusOf what has become of a key by now */
export function listText(rows: readonly StoredKey[], statusOf: (row: StoredKey) => string): string {
  if (rows.length === 0) return 'There are no keys in this database. `npm run key -- create …` makes one.'
  const lines = rows.map((row) => [
    row.id,
    row.kind,
    `…${row.hint}`,
    statusOf(row),
    timeText(row.created_at),
    row.expires_at === null ? '-' : timeText(row.expires_at),
    row.name,
    listOf(row.scopes),
  ])
  return toTable([['id', 'kind', 'key', 'status', 'created', 'expires', 'name', 'scopes'], ...lines])
}

/** How to go on with a new signing key. The steps of a rotation are in docs/operations.md. */
export function signingText(jwk: object): string {
  return `A new private key for SIGNING_KEYS, which is shown this once:

  [${JSON.stringify(jwk)}]

Set it as a secret; what is asked for is the line above, with its brackets:

  npx wrangler secret put SIGNING_KEYS

On this machine it is a line of .dev.vars: SIGNING_KEYS='[…]'. Where there are keys already, docs/operations.md says in which order
a new one comes among them.`
}

export const REMOTE_HINT =
  'For the database of the deployment wrangler has to be logged in (npx wrangler login, or CLOUDFLARE_API_TOKEN with "D1: Edit").'

/** Where there may be a key now that nobody has seen. */
export function unsureText(where: Where): string {
  return `If the statement was run all the same, there is a key now that nobody knows. \`npm run key -- list ${where.join(' ')}\` shows it; revoke it then.`
}

function kindText({ kind }: StoredKey): string {
  return kind === 'publishable' ? 'A publishable key, for pages.' : 'A secret key, for servers.'
}

function listOf(json: string): string {
  return (JSON.parse(json) as string[]).join(', ')
}

function timeText(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`
}

function toTable(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
