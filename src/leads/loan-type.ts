import { LOAN_TYPES, type LoanType } from './lead'

const BY_NAME = new Map<string, LoanType>(
  (Object.keys(LOAN_TYPES) as LoanType[]).flatMap((code) => [
    [spelled(code), code],
    [spelled(LOAN_TYPES[code]), code],
  ]),
)

/**
 * The loan that is meant by its code or its name, in any case and with any separators: `home_loan`, `Home Loan`, `HL`.
 * Undefined where there is none: nothing is taken for a home loan that is not one.
 */
export function toLoanType(text: string): LoanType | undefined {
  return BY_NAME.get(spelled(text))
}

function spelled(text: string): string {
  return text.toLowerCase().replaceAll(/[\s_.-]+/g, '')
}
