import { toBase64Url } from '../core/encoding'
import { gateIdOf } from './verification-id'

const PREFIX = 'msg_'
const UUID_BYTES = 16

/**
 * The id under which a caller may ask for a message: the gate of its number and our id of it, so that the gate can be asked
 * before D1 has the message. It is laid out like the id of a verification, with the message's id in place of the random part.
 * @param verificationId of the verification that it was sent for
 * @param communicationId a UUID
 */
export function createMessageId(verificationId: string, communicationId: string): string {
  const gateId = gateIdOf(verificationId)
  if (gateId === undefined) throw new TypeError('not a verification id')
  return PREFIX + toBase64Url(Uint8Array.fromHex(gateId + communicationId.replaceAll('-', '')))
}

/** What a message id says. */
export interface ReadMessageId {
  /** By which its gate is found; no verification has it. */
  readonly verificationId: string
  readonly communicationId: string
}

/** The parts of a text that {@link createMessageId} could have made, or undefined where it is not one. */
export function readMessageId(messageId: string): ReadMessageId | undefined {
  if (!messageId.startsWith(PREFIX)) return undefined
  const verificationId = `ver_${messageId.slice(PREFIX.length)}`
  if (gateIdOf(verificationId) === undefined) return undefined
  const hex = Uint8Array.fromBase64(messageId.slice(PREFIX.length), { alphabet: 'base64url' })
    .toHex()
    .slice(-2 * UUID_BYTES)
  return { verificationId, communicationId: hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-') }
}

/** The number in an id of the mock (`mock_<number>_<unix seconds>`), or undefined where the text is not one. */
export function phoneInMockId(messageId: string): string | undefined {
  return /^mock_(\+[1-9]\d{6,14})_\d{1,12}$/.exec(messageId)?.[1]
}
