import type { WebhookRequest } from './receipt'

// How Twilio signs its calls to us: base64 of HMAC-SHA-1, with the account's token as the key, over the address that it
// was given and the fields of the form. A JSON body is not in the signature: its SHA-256 is, as a part of the address.
// https://www.twilio.com/docs/usage/webhooks/webhooks-security

/** 20 bytes. */
const SIGNATURE = /^[A-Za-z\d+/]{27}=$/

/**
 * Tells whether a request bears Twilio's signature. Constant time.
 *
 * @param authToken undefined: nothing does
 * @param publicUrl our own address as Twilio knows it; undefined: the one that the request came to
 */
export function createSignatureCheck(authToken: string | undefined, publicUrl: string | undefined) {
  let key: Promise<CryptoKey> | undefined
  return async (request: Pick<WebhookRequest, 'url' | 'headers' | 'body'>): Promise<boolean> => {
    const signature = request.headers.get('x-twilio-signature') ?? ''
    if (!authToken || !SIGNATURE.test(signature)) return false
    const signedFields = await signedFieldsOf(request)
    if (signedFields === undefined) return false
    const bytes = bytesOf(signature)
    const keyInUse = await (key ??= importKey(authToken))
    const isSigned = async (address: string) =>
      crypto.subtle.verify('HMAC', keyInUse, bytes, new TextEncoder().encode(address + signedFields))
    return (await Promise.all(addressesOf(request.url, publicUrl).map(isSigned))).includes(true)
  }
}

/** The form of a body, as its header says. Twilio sends no others. */
export function bodyKindOf(headers: Headers): 'form' | 'json' | undefined {
  const mediaType = headers.get('content-type')?.split(';')[0]?.trim().toLowerCase()
  if (mediaType === 'application/x-www-form-urlencoded') return 'form'
  return mediaType === 'application/json' ? 'json' : undefined
}

/** Undefined where the bytes are no UTF-8. */
export function textOf(body: Uint8Array): string | undefined {
  try {
    // A byte order mark would be a part of the first field's name.
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body)
  } catch {
    return undefined
  }
}

/** What stands behind the address in the signed text. Undefined where the body cannot be a signed one. */
async function signedFieldsOf({ url, headers, body }: Pick<WebhookRequest, 'url' | 'headers' | 'body'>) {
  const kind = bodyKindOf(headers)
  if (kind === 'json') return (await hasDigest(body, url.searchParams.get('bodySHA256'))) ? '' : undefined
  const text = kind === 'form' ? textOf(body) : undefined
  return text === undefined ? undefined : joinFields(new URLSearchParams(text))
}

/** All fields by name, empty ones too; of a name that comes several times each value once, in order. */
function joinFields(form: URLSearchParams): string {
  const names = [...new Set(form.keys())].toSorted()
  return names.flatMap((name) => [...new Set(form.getAll(name))].toSorted().map((value) => name + value)).join('')
}

/** The digest is no secret, and forging the address that it stands in takes the key. */
async function hasDigest(body: Uint8Array<ArrayBuffer>, hex: string | null): Promise<boolean> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', body))
  return hex?.toLowerCase() === digest.toHex()
}

/** What may have been signed as our address: Twilio may leave the port out, or write a default one. No fragment. */
function addressesOf(url: URL, publicUrl: string | undefined): readonly string[] {
  const known = new URL((publicUrl ?? url.origin) + url.pathname + url.search)
  const port = known.port || (known.protocol === 'https:' ? '443' : '80')
  return ['', `:${port}`].map((part) => `${known.protocol}//${known.hostname}${part}${known.pathname}${known.search}`)
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
}

function importKey(authToken: string): Promise<CryptoKey> {
  return crypto.subtle.importKey('raw', new TextEncoder().encode(authToken), { name: 'HMAC', hash: 'SHA-1' }, false, ['verify'])
}
