import { version } from '../../package.json'
import { createApp } from '../../src/app'
import { type DocumentInfo, buildOpenApi } from '../../src/http/openapi'

// Bundled by `build-document.ts` and run in Node; the routes are read and never called.

const DESCRIPTION = `Sends one-time codes to phones by SMS and WhatsApp, checks them, lets them confirm payments, hands leads to the
lender, and follows each message until it arrives.

The same service speaks several contracts, one a group below. New clients use \`v1\`; the others keep the URLs and bodies of
the systems that they replace. All of them share the limits: a cooldown of 60 seconds between two codes to one number, a
window of sends, and a number of guesses that outlives resends.

**Access.** In production a request brings an API key, or a JWT of the identity provider, as \`Authorization: Bearer …\`, or a key as
\`X-API-Key\`: each operation names the scope that it wants. Without a good one it is 401, without the scope 403. A caller sees only
what it has made. Keys for pages are bound to the origins of the pages, send only with a Turnstile token in \`X-Turnstile-Token\`, and
are told one thing of every code that does not do: \`code_not_accepted\`.

- Whatever creates or sends takes an \`Idempotency-Key\`, and is done once however often it is repeated within a day.
- Paths work with and without a slash at the end. Bodies are JSON with \`Content-Type: application/json\`.
- A failure comes in the body form of its group, with a stable code for programs and a sentence for people. So does an
  unknown path (404) and a wrong method (405, with \`Allow\`).
- Where waiting helps, \`Retry-After\` and the body say for how many seconds. \`RateLimit\` and \`RateLimit-Policy\` tell what a number has left.
- Every answer has an \`X-Request-Id\`.

This document: [openapi.json](/openapi.json). To read: [ReDoc](/redoc). To try: [Swagger UI](/docs).`

const TAGS: DocumentInfo['tags'] = [
  {
    name: 'v1',
    description: 'Our own API: verifications, payments and leads as resources, failures as RFC 9457 problems. For new clients.',
  },
  { name: 'whatsapp-otp', description: 'The WhatsApp OTP Verification API: codes by WhatsApp, at the root.' },
  { name: 'homi', description: 'The HOM-i API: codes by WhatsApp, and leads, below `/api_v1`.' },
  { name: 'user-otp', description: 'The OTP API for users: four-digit codes by SMS, below `/api/users`.' },
  { name: 'external-otp', description: 'The external services API: codes by SMS or WhatsApp, below `/api/v1/external`.' },
  {
    name: 'payment-otp',
    description: 'The payment OTP API: a code by SMS confirms what becomes of a repayment, below `/api/v1/otp`.',
  },
  { name: 'webhooks', description: 'Where vendors report what became of messages. Not for clients.' },
  { name: 'operations', description: 'What operators ask of a deployment.' },
]

function neverProvide(): never {
  throw new Error('the document needs no bindings')
}

/** The app with its routes and nothing behind them. */
export const documentedApp = createApp(neverProvide, () => true)

/** `openapi.json`. */
export const apiDocument = buildOpenApi(documentedApp, {
  title: 'edge-verify',
  version,
  description: DESCRIPTION,
  tags: TAGS,
})
