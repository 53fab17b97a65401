import type { LiveCode, Verification } from '../gate-state'

/** The code to keep, with that of the lost message in it, which comes back if nobody takes the new one. */
export function withLost(code: LiveCode, lost: Verification | undefined): LiveCode {
  if (!lost?.code || !lost.message) return code
  const { channel, expiresAt, message } = lost
  return { ...code, replaces: { code: lost.code, channel, expiresAt, message } }
}

/** A loss is told of one message: it says nothing of a newer one, and nothing once another took its place. */
export function canReplace(verification: Verification | undefined, communicationId: string): boolean {
  return verification?.replaceable === true && verification.message?.communicationId === communicationId
}
