import type { KeyRing } from '../core/key-ring'
import type { LeadRow } from './lead'

export const GENDERS = ['Male', 'Female', 'Other'] as const
export type Gender = (typeof GENDERS)[number]

/** Who a lead is of. It is kept encrypted, and nowhere else. */
export interface Personal {
  /** E.164. */
  readonly phone: string
  readonly firstName: string
  readonly lastName: string
  readonly gender: Gender | null
  readonly email: string
  /** `ABCDE1234F`. */
  readonly pan: string
  /** `1990-06-15`. */
  readonly dateOfBirth: string
  readonly pinCode: string
}

type SealedColumns = Pick<LeadRow, 'id' | 'personalSealed' | 'personalKeyId'>

/** The columns that keep a lead's personal data. */
export async function sealPersonal(keys: KeyRing, leadId: string, personal: Personal): Promise<Omit<SealedColumns, 'id'>> {
  const { sealed, keyId } = await keys.seal(JSON.stringify(personal), leadId)
  return { personalSealed: sealed, personalKeyId: keyId }
}

/** A lead's personal data; undefined where the key that it was sealed with is gone. */
export async function openPersonal(keys: KeyRing, lead: SealedColumns): Promise<Personal | undefined> {
  const text = await keys.open({ sealed: lead.personalSealed, keyId: lead.personalKeyId }, lead.id)
  return text === undefined ? undefined : (JSON.parse(text) as Personal)
}

/** `ABCDE1234F` as its owner knows it again: `******234F`. */
export function maskPan(pan: string): string {
  return '*'.repeat(6) + pan.slice(6)
}
