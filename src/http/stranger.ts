import type { Context } from 'hono'
import { type ErrorCode, type Refusal, refuse } from '../core/app-error'
import type { CheckedVerification } from '../otp/check-verification'
import type { HttpEnv } from './http-env'

// What people are told whom nobody knows: everybody can read a publishable key in its page.

/** What can be wrong with a code, or with what it is said to be for. */
const ABOUT_CODES: ReadonlySet<ErrorCode> = new Set([
  'code_incorrect',
  'code_expired',
  'verification_not_found',
  'verification_not_pending',
  'too_many_guesses',
])

/**
 * A refusal as whoever asks may hear it. A stranger is told of a code that does not do by one answer, whatever is wrong
 * with it: else they would learn whether a number has asked for one, and when to guess (NIST SP 800-63B, ASVS 6.3.8). Of a
 * verification that is over they hear as of one that never was.
 */
export function asToldTo(c: Context<HttpEnv>, refusal: Refusal): Refusal {
  if (c.get('principal')?.kind !== 'browser') return refusal
  const isCheck = c.get('scopes')?.includes('verifications:check') === true
  if (isCheck && ABOUT_CODES.has(refusal.code)) return { code: 'code_not_accepted', details: {} }
  return refusal.code === 'verification_not_pending' ? { code: 'verification_not_found', details: {} } : refusal
}

/**
 * The outcome of a check, for a surface that tells of a wrong code in a success: not to a stranger, to whom it is refused
 * like all other codes that do not do.
 * @throws `code_incorrect`
 */
export function asCheckedFor<Checked extends CheckedVerification>(c: Context<HttpEnv>, checked: Checked): Checked {
  if (c.get('principal')?.kind === 'browser' && !checked.valid) {
    throw refuse('code_incorrect', { guessesLeft: checked.guessesLeft })
  }
  return checked
}
