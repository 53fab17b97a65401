import { createHmacSigner } from './hmac'
import { createSealer } from './seal'

/** A sealed text, and by which key it is. */
export interface Sealed {
  readonly sealed: string
  readonly keyId: string
}

/** Encrypts with the key of now, and opens what that key or the one before has sealed. */
export interface KeyRing {
  /** @param place where the sealed text will stand: it opens nowhere else */
  seal(text: string, place: string): Promise<Sealed>
  /** The text; undefined where its key is neither, or it was sealed for another place, or was altered. */
  open(sealed: Sealed, place: string): Promise<string | undefined>
  readonly keyId: () => Promise<string>
  /** Undefined where no key is being rotated out. */
  readonly previousKeyId: () => Promise<string | undefined>
}

const KEY_ID_CHARACTERS = 12

/**
 * A ring of two keys, so that the one can take the place of the other while both are in use: new texts are sealed with the
 * current one, and whoever re-encrypts finds the old ones by the id of their key.
 * @param use keeps the keys of different uses of one secret apart
 */
export function createKeyRing(
  { current, previous }: { readonly current: string; readonly previous: string | undefined },
  use: string,
): KeyRing {
  const keys = [current, ...(previous === undefined || previous === current ? [] : [previous])].map((secret) => {
    let id: Promise<string> | undefined
    const keyId = () => (id ??= keyIdOf(secret, use))
    return { keyId, sealer: createSealer(secret, use) }
  })
  const [newest, older] = keys
  return {
    async seal(text, place) {
      const [sealed, keyId] = await Promise.all([newest!.sealer.seal(text, place), newest!.keyId()])
      return { sealed, keyId }
    },
    async open({ sealed, keyId }, place) {
      for (const key of keys) {
        if ((await key.keyId()) === keyId) return key.sealer.open(sealed, place)
      }
      return undefined
    },
    keyId: () => newest!.keyId(),
    previousKeyId: async () => older?.keyId(),
  }
}

/** Says which key it is and nothing of the key. */
async function keyIdOf(secret: string, use: string): Promise<string> {
  return (await createHmacSigner(secret)(`key id of ${use}`)).slice(0, KEY_ID_CHARACTERS)
}
