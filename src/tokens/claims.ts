import * as z from 'zod'
import { once } from '../core/once'

/** By this the kind of a token is told from every other (RFC 8725, section 3.11): a credential has another. */
export const TOKEN_TYPE = 'otp-verification+jwt'

/** Made at the first redemption: most isolates see none. */
const claimsSchema = once(() =>
  z.object({
    iss: z.string(),
    aud: z.string(),
    /** Whose verification it was, so that its audience can tell callers that it trusts from others. Absent: nobody's. */
    azp: z.string().min(1).optional(),
    /** Of the number, the same in all its tokens; it says nothing of it. */
    sub: z.string(),
    /** Seconds since the epoch, as all times in here: when the code was right, since that is what is proved. */
    iat: z.int(),
    exp: z.int(),
    /** The verification, which is approved once: however often a token of it is signed, one redemption uses up all. */
    jti: z.string(),
    phone_number: z.string(),
    phone_number_verified: z.literal(true),
    purpose: z.string(),
    /** The hash of the facts that the code was tied to (`otp/binding.ts`); null for none. */
    binding: z.string().nullable(),
    verification_id: z.string(),
    verified_at: z.int(),
  }),
)

/** What a verification token says. `docs/tokens.md` explains it to who verifies one. */
export type TokenClaims = z.infer<ReturnType<typeof claimsSchema>>

/** The claims in what a token of ours says; undefined where some are missing. */
export function readClaims(payload: unknown): TokenClaims | undefined {
  const { data } = claimsSchema().safeParse(payload)
  return data?.jti === data?.verification_id ? data : undefined
}
