import type { LoanType } from '../lead'
import type { Personal } from '../personal'

/** What a lender is asked for. */
export interface Application {
  /** Ours, a UUID: the same in every attempt, so that the lender can tell a repetition from a second application. */
  readonly id: string
  readonly loanType: LoanType
  /** Whole units of the currency. */
  readonly loanAmount: number
  readonly loanTenureYears: number
  readonly personal: Personal
}

/** An application that the lender has. */
export interface TakenApplication {
  /** The lender's id of it, as people are told. */
  readonly applicationId: string
  readonly customerId: string | null
  readonly relationId: string | null
  /** In the lender's words, on one line; null where it has none yet. */
  readonly status: string | null
  /** The lender's answer, without personal data. */
  readonly response: unknown
}

/** Why the lender did not say what it was asked. */
export type LenderFailure =
  | 'provider_auth'
  | 'rate_limited'
  | 'provider_unavailable'
  | 'timeout'
  | 'connection_lost'
  | 'unreadable_reply'
  /** Nobody was asked: who it is of cannot be read, since the key that sealed it is gone. */
  | 'unreadable_lead'
  | 'unknown'

/** What came of handing an application in. Failure is normal here, so it is a value and never thrown. */
export type SubmitOutcome =
  | { readonly status: 'accepted'; readonly application: TakenApplication }
  /** The lender does not want it as it is: to repeat it makes no sense. */
  | { readonly status: 'refused'; readonly reason: string; readonly response: unknown }
  /** Nothing was made: it can be repeated. */
  | { readonly status: 'failed'; readonly reason: LenderFailure; readonly httpStatus: number | null }
  /** It may have been made: the lender is to be asked before it is repeated. */
  | { readonly status: 'unknown'; readonly reason: LenderFailure; readonly httpStatus: number | null }

/** What the lender says of an application that may have been made. */
export type FindOutcome =
  | { readonly status: 'found'; readonly application: TakenApplication }
  | { readonly status: 'not_found' }
  | { readonly status: 'unknown'; readonly reason: LenderFailure; readonly httpStatus: number | null }

/** What the lender says of the state of one. */
export type StatusOutcome =
  | { readonly status: 'found'; readonly text: string }
  | { readonly status: 'not_found' }
  | { readonly status: 'unknown'; readonly reason: LenderFailure; readonly httpStatus: number | null }

/** The adapter of a lender: a value made by a factory from its own slice of the configuration. It never throws for the lender's reasons. */
export interface Lender {
  submit(application: Application): Promise<SubmitOutcome>
  /** Asks for an application by our id of it. */
  find(application: Application): Promise<FindOutcome>
  /** @param asked the lender's id, and who the application is of */
  statusOf(asked: { readonly applicationId: string; readonly personal: Personal }): Promise<StatusOutcome>
}
