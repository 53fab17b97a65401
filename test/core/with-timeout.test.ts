import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { TimeoutError, withTimeout } from '../../src/core/with-timeout'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

describe('withTimeout', () => {
  it("gives the work's value and leaves no timer behind", async () => {
    await expect(withTimeout(Promise.resolve('done'), 1000)).resolves.toBe('done')
    expect(vi.getTimerCount()).toBe(0)
  })

  it("throws the work's own error and leaves no timer behind", async () => {
    await expect(withTimeout(Promise.reject(new RangeError('broken')), 1000)).rejects.toThrow(new RangeError('broken'))
    expect(vi.getTimerCount()).toBe(0)
  })

  it('throws a TimeoutError when the time is up, and not before', async () => {
    let outcome: unknown
    const waiting = withTimeout(new Promise(() => {}), 150).catch((error: unknown) => {
      outcome = error
    })

    await vi.advanceTimersByTimeAsync(149)
    expect(outcome).toBeUndefined()
    await vi.advanceTimersByTimeAsync(1)
    await waiting

    expect(outcome).toBeInstanceOf(TimeoutError)
    expect(outcome).toMatchObject({ name: 'TimeoutError', message: 'no answer in 150 ms' })
  })

  it('gives a value that comes just in time', async () => {
    const work = new Promise((resolve) => setTimeout(resolve, 149, 'just in time'))
    const result = withTimeout(work, 150)

    await vi.advanceTimersByTimeAsync(149)

    await expect(result).resolves.toBe('just in time')
  })

  it('lets the work go on, and its late failure goes nowhere', async () => {
    const unhandled = vi.fn()
    globalThis.addEventListener('unhandledrejection', unhandled)
    const work = new Promise((_resolve, reject) => setTimeout(reject, 300, new Error('late')))
    const result = expect(withTimeout(work, 150)).rejects.toBeInstanceOf(TimeoutError)

    await vi.advanceTimersByTimeAsync(300)
    await result
    await vi.advanceTimersByTimeAsync(1)

    expect(unhandled).not.toHaveBeenCalled()
    globalThis.removeEventListener('unhandledrejection', unhandled)
  })
})
