import { describe, expect, it } from 'vitest'
import { NOTICE_ATTEMPTS, NOTICE_PAUSE_MS } from '../../../src/config/limits'
import { nextNoticeAt } from '../../../src/leads/notices/after-notice'
import { FAILURE_REASONS } from '../../../src/messaging/failure-reason'

const NOW = Date.UTC(2026, 10, 21)
const MINUTE_MS = 60_000

/** What passes, or is mended: then the news are still worth telling. */
const FOR_NOW = [
  'unreachable',
  'template_rejected',
  'content_blocked',
  'insufficient_funds',
  'provider_auth',
  'config_error',
  'rate_limited',
  'provider_unavailable',
  'unknown',
] as const
const FOR_GOOD = ['invalid_recipient', 'opted_out', 'recipient_rate_limited', 'bad_request'] as const

describe('when a message to a customer is sent again', () => {
  it('is known for every reason of a refusal', () => {
    expect([...FOR_NOW, ...FOR_GOOD].toSorted()).toEqual(Object.keys(FAILURE_REASONS).toSorted())
  })

  it.each(FOR_NOW)('refused as %s: after pauses that grow, six times at most', (reason) => {
    const pauses = [1, 2, 3, 4, 5].map((attempts) => nextNoticeAt({ status: 'rejected', reason }, attempts, NOW)! - NOW)
    expect(pauses).toEqual([10, 20, 30, 40, 50].map((minutes) => minutes * MINUTE_MS))
    expect([NOTICE_PAUSE_MS, NOTICE_ATTEMPTS]).toEqual([10 * MINUTE_MS, 6])
    for (const attempts of [6, 7, 100]) expect(nextNoticeAt({ status: 'rejected', reason }, attempts, NOW)).toBeUndefined()
  })

  it.each(FOR_GOOD)('refused as %s: never', (reason) =>
    expect(nextNoticeAt({ status: 'rejected', reason }, 1, NOW)).toBeUndefined(),
  )

  it('taken: never', () => expect(nextNoticeAt({ status: 'accepted', reason: null }, 1, NOW)).toBeUndefined())

  it.each(['timeout', 'connection_lost', 'unreadable_reply'] as const)(
    'unknown (%s): never, since it may have arrived',
    (reason) => expect(nextNoticeAt({ status: 'unknown', reason }, 1, NOW)).toBeUndefined(),
  )

  it('unknown, whatever the reason: never', () => {
    for (const reason of FOR_NOW) expect(nextNoticeAt({ status: 'unknown', reason }, 1, NOW)).toBeUndefined()
    expect(nextNoticeAt({ status: 'unknown', reason: null }, 1, NOW)).toBeUndefined()
    expect(nextNoticeAt({ status: 'rejected', reason: null }, 1, NOW)).toBeUndefined()
    expect(nextNoticeAt({ status: 'rejected', reason: 'timeout' }, 1, NOW)).toBeUndefined()
  })
})
