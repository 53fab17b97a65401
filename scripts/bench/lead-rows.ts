import { createCipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto'
import type { Applicant } from './applicants.ts'
import { PII_KEY } from './settings.ts'

/** A row of D1's `lead`, by the names of its columns. Times in milliseconds since the epoch. */
export interface LeadRow {
  readonly id: string
  readonly version: number
  readonly surface: string
  readonly request_id: string
  readonly phone_hash: string
  readonly phone_masked: string
  readonly country: string
  readonly personal_sealed: string
  readonly personal_key_id: string
  readonly loan_type: string
  readonly loan_amount: number
  readonly loan_tenure_years: number
  readonly request_hash: string | null
  readonly submission: string
  readonly lender_request_id: string
  readonly attempts: number
  readonly in_doubt: 0 | 1
  readonly next_attempt_at: number | null
  readonly waiting_since: number
  readonly failure: string | null
  readonly application_id: string | null
  readonly customer_id: string | null
  readonly relation_id: string | null
  readonly status: string | null
  readonly status_at: number | null
  readonly lender_response: string | null
  readonly created_at: number
  readonly updated_at: number
}

/** What the keys of personal data are derived for (`src/compose.ts`). */
const USE = 'lead'
const KEY_BYTES = 32
const IV_BYTES = 12
const KEY_ID_CHARACTERS = 12

const key = Buffer.from(hkdfSync('sha256', PII_KEY, '', USE, KEY_BYTES))
const keyId = createHmac('sha256', PII_KEY).update(`key id of ${USE}`).digest('base64url').slice(0, KEY_ID_CHARACTERS)

/** The columns of a lead that say who it is of, as the service seals them (`src/core/seal.ts`, `src/core/key-ring.ts`). */
export function sealApplicant(leadId: string, applicant: Applicant): Pick<LeadRow, 'personal_sealed' | 'personal_key_id'> {
  const iv = randomBytes(IV_BYTES)
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(leadId))
  const text = JSON.stringify({
    phone: applicant.mobile_number,
    firstName: applicant.first_name,
    lastName: applicant.last_name,
    gender: applicant.gender,
    email: applicant.email,
    pan: applicant.pan_number,
    dateOfBirth: applicant.dob,
    pinCode: applicant.pin_code,
  })
  const sealed = Buffer.concat([iv, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()])
  return { personal_sealed: `v1.${sealed.toString('base64url')}`, personal_key_id: keyId }
}

/** As the lender numbers an application. */
export function applicationIdOf(nth: number): string {
  return `B${nth.toString(36).toUpperCase().padStart(6, '0')}`
}
