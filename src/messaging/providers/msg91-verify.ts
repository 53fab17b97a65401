import * as z from 'zod'
import type { Msg91Config } from '../../config/providers/msg91'
import { phoneDigits } from '../../phone/phone-digits'
import type { OtpMessage } from '../message'
import type { VendorReply } from './http'

// MSG91's own check of a code that it carried: GET of /api/v5/otp/verify.
// https://docs.msg91.com/otp

/** Its words for a code that is not, or no longer, the right one. */
const WRONG: readonly RegExp[] = [
  /\botp not match/i,
  /\botp[ _]expired/i,
  /\bmobile (?:no\.?|number) not found/i,
  /last_otp_request_on_this_number_is_invalid/i,
  /\bmax limit reached/i,
]

/**
 * Its word for the right one, "OTP verified success", without any reservation. "Already verified" is none: after one right
 * code it says so to every other. Nor is it a word against a code, which may be typed again after an answer that got lost.
 */
const RIGHT = /^(?!.*(?:already|not|unverified)).*verified/i

const verdictSchema = z.object({ type: z.string().toLowerCase(), message: z.string().trim() })

/** The one request that asks about a code. */
export function buildVerifyRequest(config: Msg91Config, { to, code }: Pick<OtpMessage, 'to' | 'code'>) {
  const query = new URLSearchParams({ otp: code, mobile: phoneDigits(to) })
  return {
    url: `${config.apiUrl}/api/v5/otp/verify?${query.toString()}`,
    init: { method: 'GET', headers: { authkey: config.authKey } },
  }
}

/** What MSG91 says of a code. Only its documented words count: whatever else it has to say is no word on the code. */
export function readVerdict(reply: VendorReply): 'right' | 'wrong' | 'unknown' {
  const verdict = reply.kind === 'replied' && reply.httpStatus < 500 ? verdictSchema.safeParse(reply.json).data : undefined
  if (reply.kind !== 'replied' || !verdict) return 'unknown'
  const { type, message } = verdict
  if (WRONG.some((words) => words.test(message))) return 'wrong'
  return type === 'success' && reply.httpStatus < 300 && RIGHT.test(message) ? 'right' : 'unknown'
}
