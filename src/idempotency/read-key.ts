import { AppError, type Refusal } from '../core/app-error'

export const IDEMPOTENCY_KEY = 'Idempotency-Key'

/** A structured field's string (RFC 8941, section 3.3.3), with nothing in it that cannot be seen. */
const QUOTED = /^"((?:[\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"$/
/** As most clients send it. A comma would be where two headers were made one. */
const BARE = /^[\x21\x23-\x2b\x2d-\x5b\x5d-\x7e]+$/
const LONGEST = 255

/** What a header is told that is no key. */
export const NO_KEY: Refusal = {
  code: 'invalid_request',
  details: {
    issues: [
      {
        path: IDEMPOTENCY_KEY,
        message: `must be there once, with 1 to ${LONGEST} visible ASCII characters, such as a UUID`,
      },
    ],
  },
}

/**
 * The key in an `Idempotency-Key` header: `"a-key"`, or the same without quotes.
 * @throws `invalid_request`
 */
export function readKey(header: string): string {
  const key = QUOTED.exec(header)?.[1]?.replaceAll(/\\(.)/g, '$1') ?? BARE.exec(header)?.[0] ?? ''
  if (key === '' || key.length > LONGEST) throw new AppError(NO_KEY)
  return key
}
