import { eq } from 'drizzle-orm'
import { refuse } from '../core/app-error'
import { communicationTemplates } from '../db/schema'
import { fromDatabase } from '../messaging/communications/from-database'
import type { WantedTemplate } from '../messaging/templates/template'
import type { Caller } from '../otp/deps'
import type { PaymentDeps } from './deps'

/** Brief 000's template, by its own name and by the number of its row; our own text stands in until it is stored. */
const BRIEF_KEYS = ['1', 'OTP_SEND']

/**
 * The template that a key of brief 000 means: by its id, else by the number of a row of `communication_template`.
 * @returns undefined for the brief's own, where it is not stored
 * @throws `template_not_found`, `dependency_unavailable`
 */
export async function findTemplate(
  { db, templates }: Pick<PaymentDeps, 'db' | 'templates'>,
  caller: Pick<Caller, 'defer'>,
  key: string,
  wanted: Omit<WantedTemplate, 'templateId'>,
): Promise<string | undefined> {
  const find = (templateId: string) => templates.choose({ ...wanted, templateId }, caller.defer)
  if (await find(key)) return key
  const ofRow = /^[1-9]\d{0,9}$/.test(key) ? await templateOfRow(db, Number(key)) : undefined
  const numbered = ofRow === undefined ? undefined : await find(ofRow)
  // A number says nothing of what a text is for: one that is for logins is not what a client of brief 000 means.
  if (numbered && (numbered.purpose === null || numbered.purpose === wanted.purpose)) return ofRow
  for (const briefs of BRIEF_KEYS.includes(key) ? BRIEF_KEYS : []) {
    if (await find(briefs)) return briefs
  }
  if (BRIEF_KEYS.includes(key)) return undefined
  throw refuse('template_not_found', {})
}

async function templateOfRow(db: PaymentDeps['db'], id: number): Promise<string | undefined> {
  const { templateId } = communicationTemplates
  const row = await fromDatabase(
    db.select({ templateId }).from(communicationTemplates).where(eq(communicationTemplates.id, id)).get(),
  )
  return row?.templateId
}
