import { msg91Receipts } from '../../test/support/vendors/msg91.ts'
import { type Client, createClient, expectAnswer } from './client.ts'
import { confirm, waitForAudit } from './confirmations.ts'
import { type Counts, takeCounts } from './counts.ts'
import { fillTable, messageId } from './message-rows.ts'
import { importLoans, type Payer } from './payers.ts'
import type { Platform } from './platform.ts'
import { ADMIN_KEY, WEBHOOKS } from './settings.ts'
import type { Vendor } from './vendor.ts'

/** One story, read from its beginning to its end. */
export interface StoryCounts {
  readonly verifications: number
  readonly entries: number
  /** One for each call: a page. */
  readonly pages: readonly Counts[]
}

interface StoryBody {
  readonly complete: boolean
  readonly entries: readonly { readonly type: string; readonly verification_id: string }[]
  readonly next_cursor: string | null
}

type Row = Readonly<Record<string, number | string | null>>

/** For each entry: its event, and what belongs to it of message, attempts, reports and verification. More is a scan. */
const ROWS_PER_ENTRY = 12
/** The repayment, the tables of statuses and modes, the contacts, and the page after this one. */
const ROWS_PER_PAGE = 60
const HOUR_MS = 60 * 60 * 1000

/** What happens between the request and the change, each once. */
const USUAL_STORY = [
  'code.requested',
  'attempt',
  'code.sent',
  'receipt',
  'guess.wrong',
  'guess.right',
  'change.accepted',
  'status.changed',
]

/**
 * Tells the story of a repayment that one code confirmed, after a report of the vendor and a wrong guess; and again once
 * the repayment has had `copies` such confirmations before.
 * @param approved how many approved verifications D1 has already
 */
export async function countStories(
  { counting, vendor }: { readonly counting: Platform; readonly vendor: Vendor },
  payer: Payer,
  { copies, approved }: { readonly copies: number; readonly approved: number },
): Promise<{ readonly stories: readonly StoryCounts[]; readonly findings: readonly string[] }> {
  const client = createClient(counting.url, 1)
  await importLoans(counting, [payer])
  let step = 0
  await confirm({ service: counting, vendor }, { way: 'combined', connections: 1, payers: [payer] }, async () => {
    step += 1
    if (step === 1) await guessWrong(client, payer)
  })
  await waitForAudit(counting, approved + 1)
  await report(counting, client, payer)
  const findings: string[] = []
  const usual = await readStory(counting, client, payer, 1, findings)
  await copyStory(counting, payer, copies)
  const long = await readStory(counting, client, payer, 1 + copies, findings)
  client.close()
  return { stories: [usual, long], findings }
}

async function guessWrong(client: Client, { loanId, repaymentId }: Payer): Promise<void> {
  // Right for one code of a million.
  const body = { loan_id: loanId, repayment_id: repaymentId, otp_code: '000000', contact_type: 'applicant' }
  expectAnswer(await client.post('/api/v1/otp/verify-otp-payment', body), { success: false }, 400)
}

/** The vendor's report that the message arrived. */
async function report(counting: Platform, client: Client, payer: Payer): Promise<void> {
  const [message] = await counting.query(
    `SELECT c.provider_message_id AS id FROM communication c JOIN verifications v ON v.id = c.verification_id WHERE v.subject = ?`,
    subjectOf(payer),
  )
  const sent = { requestId: String(message?.['id']), destination: payer.phone.slice(1) }
  const where = { baseUrl: WEBHOOKS.publicUrl, secret: WEBHOOKS.msg91Secret }
  for (const { url, method, headers, body } of await msg91Receipts(sent, where)) {
    const { status, text } = await client.send({ method, path: new URL(url).pathname, headers, body })
    if (status !== 200) throw new Error(`unexpected answer to a report: ${status} ${text.slice(0, 300)}`)
  }
}

async function readStory(
  counting: Platform,
  client: Client,
  { loanId, repaymentId }: Payer,
  verifications: number,
  findings: string[],
): Promise<StoryCounts> {
  const path = `/v1/loans/${loanId}/repayments/${repaymentId}/story`
  const pages: Counts[] = []
  const entries: StoryBody['entries'][number][] = []
  let cursor: string | null = ''
  while (cursor !== null && pages.length <= verifications) {
    await takeCounts(counting)
    const query: string = cursor && `?cursor=${cursor}`
    const answer = await client.send({ method: 'GET', path: path + query, headers: { authorization: `Bearer ${ADMIN_KEY}` } })
    expectAnswer(answer, { complete: true })
    const body = JSON.parse(answer.text) as StoryBody
    pages.push(await takeCounts(counting))
    entries.push(...body.entries)
    cursor = body.next_cursor
    const [last, most] = [pages.at(-1)!.worker.rowsRead, ROWS_PER_PAGE + ROWS_PER_ENTRY * body.entries.length]
    if (last > most) findings.push(`a page of ${body.entries.length} entries read ${last} rows of D1, more than ${most}`)
  }
  for (const type of USUAL_STORY) {
    const told = entries.filter((entry) => entry.type === type)
    const ids = new Set(told.map(({ verification_id }) => verification_id))
    if (told.length !== verifications || ids.size !== verifications) {
      findings.push(`the story of ${verifications} verifications has ${told.length} of "${type}", about ${ids.size} of them`)
    }
  }
  return { verifications, entries: entries.length, pages }
}

/** All rows that the newest confirmation left in D1, so many times more, each an hour before the other. */
async function copyStory(counting: Platform, payer: Payer, copies: number): Promise<void> {
  const rowsOf = async (sql: string, ...values: readonly string[]) => (await counting.query(sql, ...values)) as Row[]
  const [verification] = await rowsOf('SELECT * FROM verifications WHERE subject = ?', subjectOf(payer))
  const id = String(verification?.['id'])
  const messages = await rowsOf('SELECT * FROM communication WHERE verification_id = ?', id)
  const messageIds = messages.map((message) => String(message['id']))
  const vendorIds = messages.map((message) => String(message['provider_message_id']))
  const tables: Readonly<Record<string, readonly Row[]>> = {
    verifications: [verification!],
    audit_events: await rowsOf('SELECT * FROM audit_events WHERE verification_id = ?', id),
    communication: messages,
    communication_log: await rowsOf('SELECT * FROM communication_log WHERE communication_id = ?', messageIds[0]!),
    communication_receipt: await rowsOf('SELECT * FROM communication_receipt WHERE provider_message_id = ?', vendorIds[0]!),
    repayment_change: await rowsOf('SELECT * FROM repayment_change WHERE verification_id = ?', id),
  }
  const at = Number(verification?.['created_at'])
  for (const [table, rows] of Object.entries(tables)) {
    const copied = Array.from({ length: copies }, (_, index) => {
      const nth = index + 1
      const renamed = [
        // The end is random: what comes before names the gate.
        [id, id.slice(0, -4) + nth.toString(16).padStart(4, '0')],
        [messageIds[0]!, messageId(at - nth * HOUR_MS, nth)],
        [vendorIds[0]!, nth.toString(16).padStart(24, '0')],
      ] as const
      return rows.map((row) => rename(shift(row, nth), renamed))
    })
    await fillTable(counting, table, copied.flat())
  }
}

/** As the service calls a repayment in its audit (`src/payments/loan.ts`). */
function subjectOf({ loanId, repaymentId }: Payer): string {
  return `repayment:${loanId}/${repaymentId}`
}

/** Hours earlier, as another change of the repayment. */
function shift(row: Row, hours: number): Row {
  const earlier = ([name, value]: readonly [string, Row[string]]) =>
    typeof value === 'number' && /(^|_)at$/.test(name) ? value - hours * HOUR_MS : value
  const shifted = Object.fromEntries(Object.entries(row).map((entry) => [entry[0], earlier(entry)]))
  return 'repayment_id' in row ? { ...shifted, version: Number(row['version']) + hours } : shifted
}

function rename(row: Row, names: readonly (readonly [from: string, to: string])[]): Row {
  const text = names.reduce((renamed, [from, to]) => renamed.replaceAll(from, to), JSON.stringify(row))
  return JSON.parse(text) as Row
}
