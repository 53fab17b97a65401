import { eq, or, sql } from 'drizzle-orm'
import type { SQLiteColumn } from 'drizzle-orm/sqlite-core'
import type { Database } from '../db/client'
import { type Erasing, countOf } from '../db/erasing'
import { loanContactChanges, loanContacts } from '../db/schema'

/**
 * Takes a person's number from the contacts of loans and from their history. The contacts stay, without a number and as
 * another version, so that a code which is under way fits none of them any more. All contacts are read for it: an index by
 * number would be paid with every import, and a person is erased on few days.
 */
export function eraseContactsOf(db: Database, phoneHash: string): Erasing {
  const isTheirs = eq(loanContacts.phoneHash, phoneHash)
  const { fromPhoneHash, fromPhoneMasked, toPhoneHash, toPhoneMasked } = loanContactChanges
  const unlessTheirs = (hash: SQLiteColumn, column: SQLiteColumn) => sql`iif(${hash} = ${phoneHash}, null, ${column})`
  return {
    count: countOf(loanContacts, isTheirs),
    statements: [
      db
        .update(loanContacts)
        .set({
          phoneHash: null,
          phoneMasked: null,
          phoneSealed: null,
          country: null,
          version: sql`${loanContacts.version} + 1`,
        })
        .where(isTheirs),
      db
        .update(loanContactChanges)
        .set({
          fromPhoneHash: unlessTheirs(fromPhoneHash, fromPhoneHash),
          fromPhoneMasked: unlessTheirs(fromPhoneHash, fromPhoneMasked),
          toPhoneHash: unlessTheirs(toPhoneHash, toPhoneHash),
          toPhoneMasked: unlessTheirs(toPhoneHash, toPhoneMasked),
        })
        .where(or(eq(fromPhoneHash, phoneHash), eq(toPhoneHash, phoneHash))),
    ],
  }
}
