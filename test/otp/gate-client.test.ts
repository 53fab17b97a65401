import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { GATE_CALL_TIMEOUT_MS } from '../../src/config/limits'
import { AppError } from '../../src/core/app-error'
import type { Log } from '../../src/core/log'
import { callGate, createGates } from '../../src/otp/gate-client'

const log = vi.fn<Log>()
beforeEach(() => log.mockReset())
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

/** Fails with these in turn, then answers. The marks are the ones that the platform sets on its errors. */
function failing(...marks: Record<string, boolean>[]) {
  let calls = 0
  return vi.fn<() => Promise<string>>(() => {
    const mark = marks[calls++]
    return mark ? Promise.reject(Object.assign(new Error('a secret of the platform'), mark)) : Promise.resolve('answer')
  })
}

const UNAVAILABLE = { refusal: { code: 'dependency_unavailable', details: { dependency: 'gate' } } }

describe('calling a gate', () => {
  it('that answers is one call and no log line', async () => {
    const attempt = failing()
    expect(await callGate(attempt, log)).toBe('answer')
    expect(attempt).toHaveBeenCalledTimes(1)
    expect(log).not.toHaveBeenCalled()
  })

  it.each([
    ['retryable', [{ retryable: true }]],
    ['retryable twice', [{ retryable: true }, { retryable: true }]],
    ['reset', [{ durableObjectReset: true }]],
    ['reset, then retryable', [{ durableObjectReset: true, remote: true }, { retryable: true }]],
  ])('that fails as %s is repeated, and answers', async (_name, marks) => {
    const attempt = failing(...marks)
    expect(await callGate(attempt, log)).toBe('answer')
    expect(attempt).toHaveBeenCalledTimes(marks.length + 1)
    expect(log).toHaveBeenCalledTimes(marks.length)
  })

  it.each([{ retryable: true }, { durableObjectReset: true }])(
    'that keeps failing as %j is given up after three',
    async (mark) => {
      const attempt = failing(mark, mark, mark, mark, mark)
      await expect(callGate(attempt, log)).rejects.toMatchObject(UNAVAILABLE)
      expect(attempt).toHaveBeenCalledTimes(3)
    },
  )

  it.each([
    {},
    { remote: true },
    { retryable: false },
    { overloaded: true },
    { overloaded: true, retryable: true },
    { overloaded: true, durableObjectReset: true },
  ])('that fails as %j is never repeated', async (mark) => {
    const attempt = failing(mark)
    await expect(callGate(attempt, log)).rejects.toMatchObject(UNAVAILABLE)
    expect(attempt).toHaveBeenCalledTimes(1)
  })

  it('that turns overloaded meanwhile is let alone', async () => {
    const attempt = failing({ retryable: true }, { retryable: true, overloaded: true })
    await expect(callGate(attempt, log)).rejects.toMatchObject(UNAVAILABLE)
    expect(attempt).toHaveBeenCalledTimes(2)
  })

  it.each([
    ['a text', 'boom'],
    ['a number', 7],
    ['a plain object', {}],
    ['an empty text', ''],
  ])('that throws %s is unavailable all the same', async (_name, thrown) => {
    const attempt = vi.fn<() => Promise<never>>(() => Promise.reject(thrown))
    const error = await callGate(attempt, log).catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(AppError)
    expect(error).toMatchObject(UNAVAILABLE)
    expect(attempt).toHaveBeenCalledTimes(1)
  })

  it.each([undefined, null])('that throws %s is unavailable all the same', async (thrown) => {
    await expect(callGate(() => Promise.reject(thrown), log)).rejects.toMatchObject(UNAVAILABLE)
  })

  it('that throws before there is a promise is no different', async () => {
    const attempt = vi.fn<() => Promise<never>>(() => {
      throw Object.assign(new Error('no stub'), { retryable: true })
    })
    await expect(callGate(attempt, log)).rejects.toMatchObject(UNAVAILABLE)
    expect(attempt).toHaveBeenCalledTimes(3)
  })

  it('logs the class of an error and never its message', async () => {
    await callGate(failing({ retryable: true }), log)
    expect(log.mock.calls).toEqual([['warn', 'gate.call_failed', { dependency: 'gate', attempt: 1, error_name: 'Error' }]])
  })

  it('keeps the cause for the debugger', async () => {
    const error = await callGate(failing({ remote: true }), log).catch((caught: unknown) => caught)
    expect((error as AppError).cause).toMatchObject({ message: 'a secret of the platform' })
    expect((error as AppError).message).toBe('dependency_unavailable')
  })
})

describe('a gate that hangs', () => {
  it('is given up after three seconds, and not asked again', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const attempt = vi.fn<() => Promise<never>>(() => new Promise<never>(() => {}))
    let outcome: unknown = 'waiting'
    const call = callGate(attempt, log).catch((error: unknown) => (outcome = error))

    await vi.advanceTimersByTimeAsync(GATE_CALL_TIMEOUT_MS - 1)
    expect(outcome).toBe('waiting')
    await vi.advanceTimersByTimeAsync(1)
    await call

    expect(outcome).toMatchObject(UNAVAILABLE)
    expect(GATE_CALL_TIMEOUT_MS).toBe(3_000)
    expect(attempt).toHaveBeenCalledTimes(1)
    expect(log.mock.calls[0]?.[2]).toMatchObject({ error_name: 'TimeoutError' })
  })

  it('leaves no timer behind when it answers', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    await callGate(failing(), log)
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('the client of a number', () => {
  it('takes a fresh stub for each attempt: a broken one stays broken', async () => {
    const stubs: { ping: () => Promise<string> }[] = []
    const namespace = {
      idFromName: (name: string) => env.PHONE_GATE.idFromName(name),
      get: () => {
        const isFirst = stubs.length === 0
        const broken = Object.assign(new Error('broken stub'), { retryable: true })
        const stub = { ping: () => (isFirst ? Promise.reject(broken) : Promise.resolve('pong')) }
        stubs.push(stub)
        return stub
      },
    }
    const gates = createGates(namespace as never, (e164) => Promise.resolve(`hash of ${e164}`), log)
    const { gate } = await gates.forPhone('+917888888888')

    expect(await gate.call((remote) => remote.ping())).toBe('pong')
    expect(stubs).toHaveLength(2)
    expect(stubs[0]).not.toBe(stubs[1])
  })

  it('reaches the real object', async () => {
    const gates = createGates(env.PHONE_GATE, () => Promise.resolve('some hash'), log)
    const { gate } = await gates.forPhone('+917888888888')
    expect(await gate.call((remote) => remote.ping())).toBe('pong')
    expect(gate.gateId).toBe(env.PHONE_GATE.idFromName('some hash').toString())
  })
})
