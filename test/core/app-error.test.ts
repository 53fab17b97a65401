import { describe, expect, it } from 'vitest'
import { AppError, refuse } from '../../src/core/app-error'
import { errorName } from '../../src/core/log'

describe('refuse', () => {
  it('carries the code and the details that belong to it', () => {
    const error = refuse('cooldown_active', { retryAfterSeconds: 42 })

    expect(error).toBeInstanceOf(AppError)
    expect(error.refusal).toEqual({ code: 'cooldown_active', details: { retryAfterSeconds: 42 } })
  })

  it('has the code alone as its message, so that a log of it tells no detail', () => {
    const error = refuse('code_incorrect', { guessesLeft: 2 })

    expect(error.message).toBe('code_incorrect')
    expect(String(error)).toBe('AppError: code_incorrect')
  })

  it('keeps the cause where there is one, and has none otherwise', () => {
    const cause = new TypeError('connection lost')

    expect(refuse('dependency_unavailable', { dependency: 'kv' }, cause).cause).toBe(cause)
    expect('cause' in refuse('internal', {})).toBe(false)
  })

  it('compiles only with the details of its code', () => {
    // @ts-expect-error: a cooldown without the seconds to wait
    expect(refuse('cooldown_active', {}).refusal.details).toEqual({})
    // @ts-expect-error: no such code
    expect(refuse('no_such_code', {}).message).toBe('no_such_code')
  })
})

describe('errorName', () => {
  it.for([
    [refuse('internal', {}), 'AppError'],
    [new TypeError('SELECT * FROM verifications'), 'TypeError'],
    ['+917888888888', 'string'],
    [undefined, 'undefined'],
    [null, 'object'],
  ] as const)('tells the class of what was thrown and nothing of what it says', ([thrown, name]) => {
    expect(errorName(thrown)).toBe(name)
  })
})
