import { describe, expect, it } from 'vitest'
import type { LogFields, LogLevel } from '../../../src/core/log'
import { createCircuitBreaker } from '../../../src/messaging/circuit-breaker'
import { deliver } from '../../../src/messaging/deliver'
import type { FailureReason } from '../../../src/messaging/failure-reason'
import type { Channel, OtpMessage } from '../../../src/messaging/message'
import type { Provider, SendOutcome } from '../../../src/messaging/provider'
import type { VendorHttp } from '../../../src/messaging/providers/http'

/** What a vendor can do other than take the message. Each adapter says which number brings it about, and what follows. */
export type Situation =
  | 'answers 400'
  | 'answers 401'
  | 'answers 429'
  | 'answers 500 with JSON'
  | 'answers 503 with HTML'
  | 'answers 2xx with a failure inside'
  | 'answers 200 with text that is not JSON'
  | 'answers 200 with an empty body'
  | 'answers with a redirect'
  | 'does not answer'
  | 'resets the connection'

export interface Expectation {
  readonly to: string
  /** The id of an accepted one is compared where it is given. */
  readonly outcome: SendOutcome | { readonly status: 'accepted' }
}

export interface ContractSubject {
  readonly name: string
  readonly channel: Channel
  readonly create: (http: VendorHttp) => Provider
  readonly accepted: Expectation
  /** What must never leave the adapter except in its request. */
  readonly secrets: readonly string[]
  /** Absent for a provider that calls nobody. */
  readonly vendor?: {
    /** The stand-in, fresh for each case. */
    readonly create: () => { handle(request: Request): Promise<Response> }
    readonly situations: Readonly<Record<Situation, Expectation>>
    /** Answers that only this vendor gives. */
    readonly others?: Readonly<Record<string, Expectation>>
  }
}

export const CODE = '482913'
const TIMEOUT_MS = 40

export function otpMessage(to: string, channel: Channel): OtpMessage {
  return {
    kind: 'otp',
    to,
    channel,
    purpose: 'login',
    locale: 'en',
    code: CODE,
    expiresInSeconds: 180,
    communicationId: '0199f0b0-0000-7000-8000-000000000001',
    text: `${CODE} is your code. Valid for 3 minutes.`,
    variables: { expires_in_minutes: '3' },
    dltTemplateId: null,
    vendorTemplates: {},
  }
}

/** The promises of `Provider`, held over one adapter and its vendor. */
export function describeProviderContract(subject: ContractSubject): void {
  const setUp = () => {
    const vendor = subject.vendor?.create()
    const calls: string[] = []
    const fetch = async (url: string, init: RequestInit) => {
      calls.push(url)
      if (!vendor) throw new Error('this provider must not call anybody')
      return vendor.handle(new Request(url, init))
    }
    return { provider: subject.create({ fetch, timeoutMs: TIMEOUT_MS }), calls }
  }

  describe(`${subject.name} as a provider`, () => {
    const cases = { 'takes the message': subject.accepted, ...subject.vendor?.situations, ...subject.vendor?.others }
    for (const [situation, { to, outcome }] of Object.entries(cases)) {
      it(`gives "${describeOutcome(outcome)}" when the vendor ${situation}`, async () => {
        const { provider, calls } = setUp()

        const result = await provider.send(otpMessage(to, subject.channel))

        if (outcome.status === 'accepted') expect(result).toMatchObject(outcome)
        else expect(result).toStrictEqual(outcome)
        expect(calls).toHaveLength(subject.vendor ? 1 : 0)
      })

      it(`tells no secret and no code when the vendor ${situation}`, async () => {
        const { provider, calls } = setUp()
        const lines: [LogLevel, string, LogFields?][] = []
        const log = (...line: [LogLevel, string, LogFields?]) => void lines.push(line)

        const hops = [{ provider, channel: subject.channel }]
        const options = { maxProviders: 1, breaker: createCircuitBreaker(log), clock: Date.now, log }
        const delivery = await deliver(hops, async (channel) => otpMessage(to, channel), options)

        const outside = JSON.stringify({ delivery, lines, calls })
        for (const secret of [...subject.secrets, CODE]) expect(outside).not.toContain(secret)
        expect(lines).toHaveLength(1)
        expect(JSON.stringify(lines)).not.toContain(to.replace('+', ''))
      })
    }

    it('serves its channel', () => {
      expect(setUp().provider.channels).toContain(subject.channel)
    })

    it('resolves when fetch throws before anything is sent', async () => {
      const fetch = () => {
        throw new TypeError(`cannot fetch with ${subject.secrets.join()} ${CODE}`)
      }
      const provider = subject.create({ fetch, timeoutMs: TIMEOUT_MS })

      const result = await provider.send(otpMessage(subject.accepted.to, subject.channel))

      expect(result.status).toBe(subject.vendor ? 'unknown' : 'accepted')
      expect(JSON.stringify(result)).not.toContain(CODE)
    })
  })
}

function describeOutcome(outcome: Expectation['outcome']): string {
  return 'reason' in outcome ? `${outcome.status} ${outcome.reason}` : outcome.status
}

/** A refusal with a reason of the taxonomy. */
export function rejected(reason: FailureReason, httpStatus: number, providerCode?: string): SendOutcome {
  return { status: 'rejected', reason, httpStatus, ...(providerCode !== undefined && { providerCode }) }
}
