import { type SQL, and, eq, sql } from 'drizzle-orm'
import { ERASURE_TIMEOUT_MS, RESEAL_LEADS_PER_STEP, RESEAL_STEPS_PER_RUN } from '../config/limits'
import type { KeyRing } from '../core/key-ring'
import { withTimeout } from '../core/with-timeout'
import type { Database } from '../db/client'
import { leads } from '../db/schema'
import { type Place, type Walked, keepPlace, nextRows, readPlace } from '../db/walk'
import type { LeadDeps } from './deps'
import { openPersonal, sealPersonal } from './personal'

const KIND = 'reseal'
const WALKED: Walked = { table: leads, key: [leads.id] }

/** How much one run does at most. */
export interface ResealPace {
  /** Leads that a step looks at. */
  readonly leads: number
  readonly steps: number
}

const PACE: ResealPace = { leads: RESEAL_LEADS_PER_STEP, steps: RESEAL_STEPS_PER_RUN }

/**
 * While a key is being rotated out, encrypts with the current one what is still under the key before. A run looks at 10,000
 * leads, and the next one goes on behind them. The end of a round through all leads is logged (`leads.resealed`) with the
 * number of those that still need the key before: once that is 0, `PII_ENCRYPTION_KEY_PREVIOUS` can go. With a run an hour, a
 * round through a million leads takes four days. What cannot be opened is passed over, and counted in the log.
 * @returns leads that were encrypted anew
 * @throws where D1 fails: the next run goes on from there
 */
export async function resealLeads(
  { db, personalKeys: keys, log }: Pick<LeadDeps, 'db' | 'personalKeys' | 'log'>,
  pace: ResealPace = PACE,
): Promise<number> {
  const previous = await keys?.previousKeyId()
  if (!keys || previous === undefined) return 0
  const run = { resealed: 0, unreadable: 0 }
  let round = await readRound(db, previous)
  for (let steps = 1, isOver = false; steps <= pace.steps && !isOver; steps++) {
    const { range, last } = await nextRows(db, WALKED, round.place, pace.leads)
    const step = await withTimeout(resealRange(db, keys, and(range, eq(leads.personalKeyId, previous))), ERASURE_TIMEOUT_MS)
    run.resealed += step.resealed
    run.unreadable += step.unreadable
    const left = round.left + step.left
    isOver = last === undefined
    round = last ? { place: last, left } : BEGINNING
    await keepPlace(db, KIND, [previous, round.left, ...round.place])
    if (isOver) log('info', 'leads.resealed', { count: left })
  }
  if (run.unreadable > 0) {
    log('error', 'leads.unreadable', { count: run.unreadable, names: ['PII_ENCRYPTION_KEY_PREVIOUS'] })
  }
  return run.resealed
}

/** How far a round through all leads has come. */
interface Round {
  /** The last lead that was looked at. */
  readonly place: Place
  /** Leads up to there that still need the key before. */
  readonly left: number
}

const BEGINNING: Round = { place: [], left: 0 }

/** A round for another key tells nothing of this one. */
async function readRound(db: Database, previous: string): Promise<Round> {
  const [keyId, left, ...place] = await readPlace(db, KIND)
  return keyId === previous ? { place, left: Number(left) } : BEGINNING
}

async function resealRange(db: Database, keys: KeyRing, which: SQL | undefined) {
  const found = await db
    .select({ id: leads.id, personalSealed: leads.personalSealed, personalKeyId: leads.personalKeyId })
    .from(leads)
    .where(which)
  const opened = await Promise.all(found.map(async (lead) => ({ lead, personal: await openPersonal(keys, lead) })))
  const readable = opened.flatMap(({ lead, personal }) => (personal ? [{ lead, personal }] : []))
  const sealed = await Promise.all(
    readable.map(async ({ lead: { id, personalSealed: was }, personal }) => ({
      id,
      was,
      ...(await sealPersonal(keys, id, personal)),
    })),
  )
  const resealed = sealed.length === 0 ? 0 : (await replaceSealed(db, sealed)).meta.changes
  return { resealed, unreadable: found.length - readable.length, left: found.length - resealed }
}

/** What was sealed anew or erased since it was read is newer than this: it stays as it is. */
function replaceSealed(db: Database, sealed: readonly object[]) {
  const told = (name: string) => sql`told.value ->> ${sql.raw(`'${name}'`)}`
  return db
    .update(leads)
    .set({ personalSealed: told('personalSealed'), personalKeyId: told('personalKeyId') })
    .from(sql`json_each(${JSON.stringify(sealed)}) told`)
    .where(sql`${leads.id} = ${told('id')} and ${leads.personalSealed} = ${told('was')}`)
}
