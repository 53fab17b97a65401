import { describe, expect, it, vi } from 'vitest'
import { PROVIDER_FAILURES_BEFORE_PAUSE, PROVIDER_PAUSE_MS } from '../../src/config/limits'
import { createCircuitBreaker } from '../../src/messaging/circuit-breaker'
import { FAILURE_REASONS } from '../../src/messaging/failure-reason'
import type { AttemptReason, ProviderId } from '../../src/messaging/provider'

const NOW = 1_000_000
const hop = (id: ProviderId) => ({ provider: { id } })
const HOPS = [hop('twilio'), hop('msg91')]

function setUp() {
  const log = vi.fn()
  const breaker = createCircuitBreaker(log)
  const admitted = (now: number, hops = HOPS) => breaker.admitted(hops, now).map(({ provider }) => provider.id)
  const fails = (reason: AttemptReason, now = NOW, id: ProviderId = 'twilio') => {
    breaker.begin(id, now)
    breaker.end(id, { status: reason === 'timeout' ? 'unknown' : 'rejected', reason }, now)
  }
  const accepts = (now = NOW, id: ProviderId = 'twilio') => {
    breaker.begin(id, now)
    breaker.end(id, { status: 'accepted', reason: null }, now)
  }
  const trip = (now = NOW) => {
    for (let n = 0; n < PROVIDER_FAILURES_BEFORE_PAUSE; n++) fails('provider_unavailable', now)
  }
  return { breaker, log, admitted, fails, accepts, trip }
}

describe('a provider that keeps failing', () => {
  it('is left out after so many failures in a row, and not one before', () => {
    const { admitted, fails } = setUp()

    for (let n = 1; n < PROVIDER_FAILURES_BEFORE_PAUSE; n++) fails('provider_unavailable')
    expect(admitted(NOW)).toEqual(['twilio', 'msg91'])
    fails('timeout')
    expect(admitted(NOW)).toEqual(['msg91'])
    expect(admitted(NOW + PROVIDER_PAUSE_MS - 1)).toEqual(['msg91'])
  })

  it('is probed after the pause, by one message at a time', () => {
    const { breaker, admitted, trip } = setUp()
    trip()
    const after = NOW + PROVIDER_PAUSE_MS

    expect(admitted(after)).toEqual(['twilio', 'msg91'])
    breaker.begin('twilio', after)
    expect(admitted(after + 1)).toEqual(['msg91'])
  })

  it('is back when the probe is taken', () => {
    const { admitted, trip, accepts, fails } = setUp()
    trip()

    accepts(NOW + PROVIDER_PAUSE_MS)

    expect(admitted(NOW + PROVIDER_PAUSE_MS)).toEqual(['twilio', 'msg91'])
    fails('timeout', NOW + PROVIDER_PAUSE_MS)
    expect(admitted(NOW + PROVIDER_PAUSE_MS)).toEqual(['twilio', 'msg91'])
  })

  it('is left out again at once when the probe fails', () => {
    const { admitted, trip, fails } = setUp()
    trip()

    fails('provider_unavailable', NOW + PROVIDER_PAUSE_MS)

    expect(admitted(NOW + 2 * PROVIDER_PAUSE_MS - 1)).toEqual(['msg91'])
    expect(admitted(NOW + 2 * PROVIDER_PAUSE_MS)).toEqual(['twilio', 'msg91'])
  })

  it('is used all the same where there is no other', () => {
    const { admitted, trip } = setUp()
    trip()

    expect(admitted(NOW, [hop('twilio')])).toEqual(['twilio'])
  })

  it('says nothing of another provider', () => {
    const { admitted, trip, fails } = setUp()
    trip()
    fails('timeout', NOW, 'msg91')

    expect(admitted(NOW)).toEqual(['msg91'])
  })

  it('is told once, and once more when it is back', () => {
    const { log, trip, fails, accepts } = setUp()
    trip()
    fails('timeout', NOW + PROVIDER_PAUSE_MS)
    accepts(NOW + 2 * PROVIDER_PAUSE_MS)
    accepts(NOW + 2 * PROVIDER_PAUSE_MS)

    expect(log.mock.calls).toEqual([
      ['error', 'provider.paused', { provider: 'twilio', reason: 'provider_unavailable', wait_ms: PROVIDER_PAUSE_MS }],
      ['info', 'provider.resumed', { provider: 'twilio' }],
    ])
  })
})

const FAULTS = ['provider_auth', 'config_error', 'insufficient_funds', 'provider_unavailable', 'rate_limited']

describe.each(Object.keys(FAILURE_REASONS) as AttemptReason[])('a refusal for %s', (reason) => {
  it(`${FAULTS.includes(reason) ? 'counts' : 'does not count'} against the provider`, () => {
    const { admitted, fails } = setUp()

    for (let n = 0; n < 2 * PROVIDER_FAILURES_BEFORE_PAUSE; n++) fails(reason)

    expect(admitted(NOW).includes('twilio')).toBe(!FAULTS.includes(reason))
  })

  it(FAULTS.includes(reason) ? 'does not show that it works' : 'shows that it works', () => {
    const { admitted, fails } = setUp()
    for (let n = 1; n < PROVIDER_FAILURES_BEFORE_PAUSE; n++) fails('timeout')

    fails(reason)
    fails('timeout')

    expect(admitted(NOW).includes('twilio')).toBe(!FAULTS.includes(reason))
  })
})
