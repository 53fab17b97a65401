import { DAY_MS, type GateState } from '../gate-state'
import { windowsOpenAt } from './send-window'

/** Whose guesses: those of a page, where anybody can guess, are counted apart, so that they shut out nobody else. */
export interface Guessed {
  readonly isPublic?: boolean
}

/** When the next guess is allowed by those of the last 24 hours that were wrong, or 0 when it is now. */
export function guessesOpenAt(state: GateState, of: Guessed, limit: number, now: number): number {
  return windowsOpenAt(wrongGuessesIn(state, of), [{ limit, windowMs: DAY_MS }], now)
}

/** The state with one more. */
export function withWrongGuess(state: GateState, of: Guessed, now: number): GateState {
  return withGuesses(state, of, [...wrongGuessesIn(state, of).filter((at) => at > now - DAY_MS), now])
}

/** A right one was counted as wrong while it was being weighed; which entry goes does not matter, they differ by milliseconds. */
export function withoutOneWrong(state: GateState, of: Guessed): GateState {
  return withGuesses(state, of, wrongGuessesIn(state, of).slice(0, -1))
}

function wrongGuessesIn({ wrongGuesses, publicGuesses = [] }: GateState, { isPublic }: Guessed): readonly number[] {
  return isPublic === true ? publicGuesses : wrongGuesses
}

function withGuesses(state: GateState, { isPublic }: Guessed, guesses: readonly number[]): GateState {
  return isPublic === true ? { ...state, publicGuesses: guesses } : { ...state, wrongGuesses: guesses }
}
