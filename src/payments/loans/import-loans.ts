import { refuse } from '../../core/app-error'
import { fromDatabase } from '../../messaging/communications/from-database'
import type { Issue } from '../decide-change'
import type { LoanDeps } from './deps'
import type { LoanDraft } from './draft'
import { insertLoans, selectKnown } from './insert-loans'
import { selectReferences } from '../read-references'
import { toRows } from './to-rows'
import { type WeighedLoan, weighLoan } from './weigh-loan'

/** One loan of an import, or what is wrong with its form. */
export type ImportRow =
  | { readonly id: string; readonly draft: LoanDraft }
  /** `id` is null where there is none that can be read. */
  | { readonly id: string | null; readonly issues: readonly Issue[] }

/**
 * Creates many loans, all or none of them. Every row is looked at before anything is written, so that all mistakes are told
 * at once.
 * @returns how many repayments came with them
 * @throws `import_refused`, `dependency_unavailable`
 */
export async function importLoans(deps: LoanDeps, rows: readonly ImportRow[]): Promise<number> {
  const { config, clock } = deps.verification
  const ids = rows.flatMap(({ id }) => id ?? [])
  const [known, statuses, modes] = await fromDatabase(deps.db.batch([selectKnown(deps.db, ids), ...selectReferences(deps.db)]))
  const rules = { phone: config.phone, payee: deps.profiles.payment.appName, references: { statuses, modes } }
  const weighed = rows.map((row): WeighedLoan => ('draft' in row ? weighLoan(row.draft, rules) : { ok: false, ...row }))
  const existing = existingIn(known.map(({ id }) => id))
  const repeated = repeatedIn(rows)
  refuseRows(rows, (row, index) => {
    const loan = weighed[index]!
    return [...repeated(row, index), ...existing(row), ...(loan.ok ? [] : loan.issues)]
  })

  const facts = weighed.flatMap((loan) => (loan.ok ? loan.facts : []))
  const createdAt = clock()
  const all = await Promise.all(facts.map((loan) => toRows(deps, loan, createdAt)))
  // Created by somebody else since they were looked up.
  refuseRows(rows, existingIn(await insertLoans(deps.db, all)))
  return facts.reduce((sum, loan) => sum + loan.repayments.length, 0)
}

/** @throws `import_refused` where a row has issues */
function refuseRows(rows: readonly ImportRow[], issuesOf: (row: ImportRow, index: number) => readonly Issue[]): void {
  const refused = rows.flatMap((row, index) => {
    const issues = issuesOf(row, index)
    return issues.length > 0 ? [{ row: index, id: row.id, issues }] : []
  })
  if (refused.length > 0) throw refuse('import_refused', { rows: refused })
}

function existingIn(ids: readonly string[]) {
  const existing = new Set<string | null>(ids)
  return ({ id }: ImportRow): Issue[] => (existing.has(id) ? [{ path: 'id', message: 'exists already' }] : [])
}

function repeatedIn(rows: readonly ImportRow[]) {
  const firstOf = new Map(rows.map(({ id }, index) => [id, index] as const).toReversed())
  return ({ id }: ImportRow, index: number): Issue[] => {
    const first = firstOf.get(id)!
    return id === null || first === index ? [] : [{ path: 'id', message: `is that of row ${first}, too` }]
  }
}
