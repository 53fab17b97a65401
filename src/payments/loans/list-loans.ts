import { gt } from 'drizzle-orm'
import type { Database } from '../../db/client'
import { loans } from '../../db/schema'
import { fromDatabase } from '../../messaging/communications/from-database'
import type { LoanRow } from '../loan'

/**
 * A page of the loans, by id.
 * @param after the id that the page before ended with
 * @returns with the `after` of the next page, where there is one
 * @throws `dependency_unavailable`
 */
export async function listLoans(
  db: Database,
  { after, limit }: { readonly after: string | undefined; readonly limit: number },
): Promise<{ readonly page: readonly LoanRow[]; readonly next: string | undefined }> {
  const behind = after === undefined ? undefined : gt(loans.id, after)
  const read = db
    .select()
    .from(loans)
    .where(behind)
    .orderBy(loans.id)
    .limit(limit + 1)
  const rows = await fromDatabase(read.all())
  const page = rows.slice(0, limit)
  return { page, next: rows.length > limit ? page.at(-1)!.id : undefined }
}
