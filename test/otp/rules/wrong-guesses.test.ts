import { describe, expect, it } from 'vitest'
import { DAY_MS, EMPTY_GATE_STATE } from '../../../src/otp/gate-state'
import { guessesOpenAt, withWrongGuess, withoutOneWrong } from '../../../src/otp/rules/wrong-guesses'
import { PureGate, T0 } from '../../support/pure-gate'

const PAGE = { isPublic: true }
const OTHERS = {}

describe('wrong guesses', () => {
  it.each([
    ['of a page', PAGE, OTHERS],
    ['of others', OTHERS, PAGE],
  ])('%s count for their kind alone, for a day', (_, ofThese, ofThose) => {
    const state = withWrongGuess(withWrongGuess(EMPTY_GATE_STATE, ofThese, T0), ofThese, T0 + 1)

    expect(guessesOpenAt(state, ofThese, 2, T0 + 2)).toBe(T0 + DAY_MS)
    expect(guessesOpenAt(state, ofThose, 2, T0 + 2)).toBe(0)
    expect(guessesOpenAt(state, ofThese, 2, T0 + DAY_MS)).toBe(0)
    expect(guessesOpenAt(withoutOneWrong(state, ofThese), ofThese, 2, T0 + 2)).toBe(0)
    expect(withoutOneWrong(withWrongGuess(state, ofThose, T0), ofThose)).toMatchObject({
      wrongGuesses: ofThese === OTHERS ? [T0, T0 + 1] : [],
    })
  })

  it('of a page lock its own code, and leave the budget of the number to the others', () => {
    const gate = new PureGate()
    gate.send({ isPublic: true, owner: 'key_page' })
    const atPage = { target: { purpose: 'login', bindingHash: '', owner: 'key_page' } }

    for (let guess = 0; guess < 5; guess++) gate.guess(false, atPage)

    expect(gate.guess(true, atPage).status).toBe('too_many_guesses')
    expect(gate.state.wrongGuesses).toEqual([])
    expect(gate.state.publicGuesses).toHaveLength(5)
  })

  it('of a page go on as such, whoever has the code sent again', () => {
    const gate = new PureGate()
    const { verificationId } = gate.send({ isPublic: true })
    gate.wait(120_000)

    gate.send({ resendOf: verificationId })
    gate.guess(false)

    expect(gate.verification(verificationId)).toMatchObject({ sends: 2, isPublic: true })
    expect(gate.state.wrongGuesses).toEqual([])
  })
})
