import * as z from 'zod'
import type { TurnstileConfig } from '../config/access'
import { TURNSTILE_TIMEOUT_MS } from '../config/limits'
import { refuse } from '../core/app-error'
import type { Log } from '../core/log'
import { once } from '../core/once'
import { type Fetch, type VendorReply, callVendor } from '../messaging/providers/http'

/** What came of a challenge. */
export type ChallengeOutcome =
  | 'passed'
  /** Cloudflare did not make this token, or has seen it before, or it is too old. */
  | 'refused'
  /** The widget was there for something else. */
  | 'other_action'
  /** It was on another page. */
  | 'other_hostname'

export interface Challenge {
  /** As the widget gave it to the page. */
  readonly token: string
  /** The host of the page that sends it. */
  readonly hostname: string
  /** The client's network address, where it is known. */
  readonly address: string | undefined
}

export interface Turnstile {
  /**
   * Has a person solved this challenge, on that page, to have a code sent? A token is good once.
   * @throws `dependency_unavailable` where Cloudflare does not say
   */
  check(challenge: Challenge): Promise<ChallengeOutcome>
}

/** What the widget has to carry as its action, so that no token of another form of the page is good here. */
export const CHALLENGE_ACTION = 'send'

/** Of a token, by Cloudflare's word. */
const LONGEST_TOKEN = 2_048

/** The codes of Cloudflare that tell of our settings, and not of who asks. */
const SECRET_IS_WRONG = ['missing-input-secret', 'invalid-input-secret']
/** The code of a fault at Cloudflare, which may be gone the next time. */
const MAY_BE_RETRIED = 'internal-error'

const answerSchema = once(() =>
  z.object({
    success: z.boolean(),
    'error-codes': z.array(z.string()).catch([]),
    hostname: z.string().optional(),
    action: z.string().optional(),
  }),
)
type Answer = z.infer<ReturnType<typeof answerSchema>>

/** Cloudflare Turnstile: asks whether the token that a page brings is a good one. */
export function createTurnstile(
  { secretKey, apiUrl }: TurnstileConfig,
  { fetch, log }: { readonly fetch: Fetch; readonly log: Log },
): Turnstile {
  async function ask(fields: Readonly<Record<string, string>>): Promise<VendorReply> {
    const headers = { 'Content-Type': 'application/json' }
    const init = { method: 'POST', headers, body: JSON.stringify(fields) }
    return callVendor({ fetch, timeoutMs: TURNSTILE_TIMEOUT_MS, url: `${apiUrl}/turnstile/v0/siteverify`, init })
  }

  function unavailable(reason: string) {
    log('error', 'turnstile.unavailable', { dependency: 'turnstile', reason })
    return refuse('dependency_unavailable', { dependency: 'turnstile' })
  }

  return {
    async check({ token, hostname, address }) {
      if (token.length > LONGEST_TOKEN) return 'refused'
      const fields = {
        secret: secretKey,
        response: token,
        ...(address !== undefined && { remoteip: address }),
        // By it Cloudflare knows a repetition, which is no second use of the token.
        idempotency_key: crypto.randomUUID(),
      }
      const first = await ask(fields)
      // Who was too slow once has used up the time that there is.
      const answer = answerIn(first) ?? (first.kind === 'timeout' ? undefined : answerIn(await ask(fields)))
      if (!answer) throw unavailable('no_answer')
      if (answer.success) return outcomeOf(answer, hostname)
      if (answer['error-codes'].some((code) => SECRET_IS_WRONG.includes(code))) throw unavailable('wrong_secret')
      return 'refused'
    },
  }
}

/** What Cloudflare says of the token; undefined where it says nothing of it. */
function answerIn(reply: VendorReply): Answer | undefined {
  if (reply.kind !== 'replied' || reply.httpStatus >= 500) return undefined
  const { data } = answerSchema().safeParse(reply.json)
  if (!data || data['error-codes'].includes(MAY_BE_RETRIED)) return undefined
  // A success that comes as an error is none.
  return data.success && reply.httpStatus >= 300 ? undefined : data
}

function outcomeOf(answer: Answer, hostname: string): ChallengeOutcome {
  if (answer.action !== CHALLENGE_ACTION) return 'other_action'
  return answer.hostname?.toLowerCase() === hostname ? 'passed' : 'other_hostname'
}
