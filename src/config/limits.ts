/** The numbers that decide, with their units. Each can be set by the variable named beside it. */
export interface Limits {
  /** Between two sends to one number. `SEND_COOLDOWN_SECONDS` */
  readonly cooldownSeconds: number
  /** Sends to one number in any 10 minutes. `SEND_LIMIT_10_MINUTES` */
  readonly sendsPer10Minutes: number
  /** Sends to one number in any 24 hours. `SEND_LIMIT_24_HOURS` */
  readonly sendsPer24Hours: number
  /** Guesses for one verification, shared by its resends. `GUESS_LIMIT` */
  readonly guessesPerVerification: number
  /** Wrong guesses for one number in any 24 hours, over all purposes. `WRONG_GUESS_LIMIT_24_HOURS` */
  readonly wrongGuessesPer24Hours: number
  /** For one call to a vendor. `PROVIDER_TIMEOUT_MS` */
  readonly providerTimeoutMs: number
  /** The largest request body that is read. `BODY_LIMIT_BYTES` */
  readonly bodyLimitBytes: number
}

export const DEFAULT_LIMITS: Limits = {
  // Long enough for a message to arrive, so that people do not pay for impatience; the figure of all five briefs.
  cooldownSeconds: 60,
  // Three tries cover a mistyped number and a lost message; brief 002 has the same figure.
  sendsPer10Minutes: 3,
  // A person who needs more than ten codes a day needs help, not an eleventh message.
  sendsPer24Hours: 10,
  // NIST SP 800-63B and PSD2 RTS article 4 both stop at five.
  guessesPerVerification: 5,
  // Keeps the chance to guess a 6-digit code at 25 in a million a day, however many codes are asked for.
  wrongGuessesPer24Hours: 25,
  // Vendors answer in under a second; beyond eight the person has given up on the page.
  providerTimeoutMs: 8_000,
  // The largest legal body is under 2 KiB; the rest is room for unknown fields of old clients.
  bodyLimitBytes: 16 * 1024,
}

/** Codes shorter than this many digits get the two stricter limits below. */
export const SHORT_CODE_BELOW_DIGITS = 6

/** Guesses for one verification with a short code: 3 in 10,000 is as far as a 4-digit code goes. */
export const SHORT_CODE_GUESSES_PER_VERIFICATION = 3

/** Wrong guesses for one number in 24 hours while its codes are short: 1 in 1,000 for 4 digits. */
export const SHORT_CODE_WRONG_GUESSES_PER_24_HOURS = 10

/** At most this many providers are tried for one request, with the same code. */
export const PROVIDERS_PER_REQUEST = 2

/** A check does not wait longer than this for KV: the gate's own copy decides then. Milliseconds. */
export const CODE_STORE_READ_TIMEOUT_MS = 150

/** One attempt to reach a gate, after which the request fails closed. Milliseconds. */
export const GATE_CALL_TIMEOUT_MS = 3_000

/** One attempt to reach a limiter, after which a rule that is enforced refuses. Milliseconds. */
export const LIMITER_CALL_TIMEOUT_MS = 3_000

/** For each probe of `/ready`, and a read of D1 that somebody waits for. Milliseconds. */
export const DEPENDENCY_TIMEOUT_MS = 2_000

/** KV refuses an `expirationTtl` under this. Seconds. */
export const KV_MIN_TTL_SECONDS = 60

/** Digits that WhatsApp's authentication templates carry, by Meta's rule for the category. */
export const LONGEST_WHATSAPP_CODE = 8

/** Digits that MSG91's OTP call takes. */
export const LONGEST_MSG91_CODE = 9

/** The largest report of a vendor that is read: Meta's documented maximum. Bytes. */
export const WEBHOOK_BODY_LIMIT_BYTES = 3 * 1024 * 1024

/** Failures in a row of a provider, all of the kind that will not pass with the next message, before it is left out. */
export const PROVIDER_FAILURES_BEFORE_PAUSE = 3

/** How long a failing provider is left out before one message probes it again. Milliseconds. */
export const PROVIDER_PAUSE_MS = 30_000

/** Templates are read again from D1 when they are older than this; a change takes as long to be seen everywhere. Milliseconds. */
export const TEMPLATES_FRESH_MS = 60_000

/** A send does not wait longer than this for the templates: the built-in text goes out then. Milliseconds. */
export const TEMPLATES_TIMEOUT_MS = 1_000

/**
 * When a report on a message that D1 does not have yet is looked at again, each after the one before. The audit takes four
 * seconds to D1; of the 30 that work may go on after an answer, most are left for a replacement. Milliseconds.
 */
export const UNMATCHED_RECEIPT_PAUSES_MS = [5_000, 5_000]

/** Lost messages of one report that are replaced at a time. */
export const REPLACEMENTS_AT_A_TIME = 5

/** How long a code that was right lets the change through that it was asked for. Milliseconds. */
export const UPDATE_WINDOW_MS = 10 * 60 * 1000

/** For how long a number counts as proved, for leads. Milliseconds. */
export const PROOF_LIFETIME_MS = 15 * 60 * 1000

/** For how long the same request is the same lead: whoever asks for the same again after that wants it anew. Milliseconds. */
export const SAME_LEAD_MS = 30 * 24 * 60 * 60 * 1000

/** The first pause before a lead is submitted again; each is twice the one before. Milliseconds. */
export const FIRST_SUBMISSION_PAUSE_MS = 60_000

/** The longest pause: a lender that is back has what waited within an hour. Milliseconds. */
export const LONGEST_SUBMISSION_PAUSE_MS = 60 * 60 * 1000

/** After this a lead is not submitted by itself any more. Milliseconds. */
export const SUBMISSION_GIVE_UP_MS = 48 * 60 * 60 * 1000

/** An attempt that says nothing for this long is dead: a look-up and a submission of 25 seconds each, and some. Milliseconds. */
export const SUBMISSION_LEASE_MS = 90_000

/** Leads that one run of the scheduled job submits, and how many at a time: an isolate has six connections. */
export const SUBMISSIONS_PER_RUN = 60
export const SUBMISSIONS_AT_A_TIME = 4

/** Lenders that fail this often in a row are left alone until the next run. */
export const SUBMISSION_FAILURES_BEFORE_STOP = 8

/** Messages to customers that one run of the scheduled job sends. */
export const NOTICES_PER_RUN = 60

/** A message that is being sent for this long is of a Worker that died. Milliseconds. */
export const NOTICE_LEASE_MS = 120_000

/** Between two tries to tell a customer, where the first was refused for now. Milliseconds. */
export const NOTICE_PAUSE_MS = 10 * 60 * 1000

/** Tries to tell a customer, all of them refused: then it is too late for the news. */
export const NOTICE_ATTEMPTS = 6

/** Loans of one import. */
export const LOANS_PER_IMPORT = 1_000

/** Repayments of one import, over all its loans: D1 writes them in one transaction. */
export const REPAYMENTS_PER_IMPORT = 25_000

/** For D1 to write an import, which is one transaction: it stops at 30 seconds itself. Milliseconds. */
export const IMPORT_TIMEOUT_MS = 25_000

/** Repayments of one loan: weekly ones for ten years. They are read at once. */
export const REPAYMENTS_PER_LOAN = 600

/** The largest body with one loan that is read: all the repayments that one can have. Bytes. */
export const LOAN_BODY_LIMIT_BYTES = 256 * 1024

/** The largest body of an import that is read. Bytes. */
export const IMPORT_BODY_LIMIT_BYTES = 4 * 1024 * 1024

/** For D1 to erase a person, or one step of what is past its time: it stops at 30 seconds itself. Milliseconds. */
export const ERASURE_TIMEOUT_MS = 25_000

/** Rows that one step of the search for what is past its time looks at, or erases: D1 does nothing else for half a second. */
export const RETENTION_ROWS_PER_STEP = 10_000

/** Steps of one run, for each kind: the calls to D1 stay far from the thousand that a Worker may make. */
export const RETENTION_STEPS_PER_RUN = 10

/** Leads that one step of re-encryption looks at: their personal data crosses the wire twice, in half a megabyte. */
export const RESEAL_LEADS_PER_STEP = 500

/** Steps of one run: two seconds of computing at most. */
export const RESEAL_STEPS_PER_RUN = 20

/** What an isolate knows of an API key is asked for again, beside the requests, when it is older than this. Milliseconds. */
export const API_KEY_FRESH_MS = 20_000

/** And not believed any more when it is older than this: so long does a revoked key go on working, at most. Milliseconds. */
export const API_KEY_BELIEVED_MS = 50_000

/** That there is no such API key is believed for this long: one that was just created has to work. Milliseconds. */
export const API_KEY_UNKNOWN_MS = 5_000

/** API keys that an isolate knows at a time; those asked for longest ago are forgotten. */
export const API_KEYS_KNOWN = 1_000

/** Origins that could not be read, or are being read, are not asked for again for this long. Milliseconds. */
export const ORIGINS_PAUSE_MS = 5_000

/** For an answer of Turnstile: a send does not wait longer to learn whether a person asks for it. Milliseconds. */
export const TURNSTILE_TIMEOUT_MS = 2_000

/** How long a key's last secret works on after a rotation, where the caller names no time. Seconds: a day. */
export const KEY_OVERLAP_SECONDS = 24 * 60 * 60

/** The longest that can be named: who needs more does not mean to rotate. Seconds: 30 days. */
export const KEY_OVERLAP_MAX_SECONDS = 30 * 24 * 60 * 60

/** A key that is to expire does so within ten years, leap days and all. Milliseconds. */
export const KEY_LIFETIME_MAX_MS = 3_653 * 24 * 60 * 60 * 1000

/** The clocks of identity providers may be off by this. Seconds. */
export const TOKEN_CLOCK_TOLERANCE_SECONDS = 60

/** For an answer of the identity provider with its keys. Milliseconds. */
export const JWKS_TIMEOUT_MS = 3_000

/** The keys of the identity provider are asked for again when they are older than this. Milliseconds: ten minutes. */
export const JWKS_FRESH_MS = 10 * 60_000

/** And are good for this long while it does not answer. Milliseconds: an hour. */
export const JWKS_BELIEVED_MS = 60 * 60_000

/** A key that is not among them has them asked for again, once in this time at most. Milliseconds. */
export const JWKS_COOLDOWN_MS = 30_000

/** While there are none to go by, the identity provider is left alone for this long after it failed. Milliseconds. */
export const JWKS_RETRY_MS = 5_000

/** For how long a request with an `Idempotency-Key` is answered as the first time. Milliseconds: a day. */
export const IDEMPOTENCY_RETENTION_MS = 24 * 60 * 60 * 1000

/** After this a request that has not been answered never will be: a submission to the lender takes 50 seconds, and some. Milliseconds. */
export const IDEMPOTENCY_LEASE_MS = 90_000

/** One attempt to reach the object of an `Idempotency-Key`, after which the request fails closed. Milliseconds. */
export const IDEMPOTENCY_CALL_TIMEOUT_MS = 3_000

/** The largest answer that is kept: a loan with all the repayments that it can have is a third of it. Bytes. */
export const IDEMPOTENT_ANSWER_LIMIT_BYTES = 1024 * 1024
