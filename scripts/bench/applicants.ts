import { nthPhone } from './phones.ts'

/** Somebody who asks for a loan, as brief 001 has it. */
export interface Applicant {
  readonly first_name: string
  readonly last_name: string
  readonly gender: string
  /** E.164. */
  readonly mobile_number: string
  readonly email: string
  readonly pan_number: string
  /** `1990-06-15`. */
  readonly dob: string
  readonly pin_code: string
}

const FIRST_NAMES = ['Aarav', 'Ananya', 'Bhavesh', 'Chitra', 'Deepak', 'Esha', 'Farhan', 'Gauri', 'Harish', 'Ishita']
const LAST_NAMES = ['Agarwal', 'Bose', 'Chatterjee', 'Deshmukh', 'Fernandes', 'Gupta', 'Iyer', 'Kulkarni', 'Menon', 'Nair']
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'
const DAYS = 28

/** Who no other is: number, PAN and address are of this one alone. @param nth under 26 ** 4 */
export function nthApplicant(nth: number, mobile_number = nthPhone(nth)): Applicant {
  const [first_name, last_name] = [FIRST_NAMES, LAST_NAMES].map((names, place) => names[Math.floor(nth / 10 ** place) % 10]!) as [
    string,
    string,
  ]
  const two = (value: number) => String(value + 1).padStart(2, '0')
  const pan = Array.from({ length: 4 }, (_, place) => LETTERS[Math.floor(nth / 26 ** place) % 26]!).join('')
  return {
    first_name,
    last_name,
    gender: nth % 2 === 0 ? 'Male' : 'Female',
    mobile_number,
    email: `${first_name}.${last_name}.${nth}@example.com`.toLowerCase(),
    pan_number: `${pan}P${1_000 + (nth % 9_000)}K`,
    dob: `${1960 + (nth % 40)}-${two(nth % 12)}-${two(nth % DAYS)}`,
    pin_code: String(110_001 + (nth % 700_000)),
  }
}

/**
 * A number for which the lender's stand-in has a special answer.
 * @param nth under 10,000
 * @param scenario the last four digits
 */
export function nthSpecialPhone(nth: number, scenario: string): string {
  return `+9198${String(nth).padStart(4, '0')}${scenario}`
}

/** What an applicant sends to `POST /api_v1/lead_create`. */
export function toLeadBody(applicant: Applicant) {
  return { ...applicant, loan_type: 'home_loan', loan_amount: 5_000_000, loan_tenure: 20 }
}
