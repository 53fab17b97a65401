/** What a right code lets happen. The gate keeps it with the verification, and never looks into it but to compare. */
export interface Intent {
  /** Tells one from another: a hash over all of its facts that must not change. */
  readonly key: string
  readonly facts: IntentFacts
}

/** Flat, small and without personal data: they also go into the audit. */
export type IntentFacts = Readonly<Record<string, string | number | null>>

/** An intent that a right code was given for: it is to be carried out, once. */
export interface Approval {
  readonly verificationId: string
  readonly intent: Intent
  /** Milliseconds since the epoch, by the gate's clock. */
  readonly acceptedAt: number
  /** The message that had the code; null where that is not known. */
  readonly communicationId: string | null
  /** The request that it was accepted in, which may not be the one that carries it out. */
  readonly surface: string
  readonly requestId: string
}

/** Carries approvals out, each once however often it is called, and tells those that cannot be any more, by verification id. */
export type Fulfil = (approvals: readonly Approval[]) => Promise<readonly string[]>

/** Do the facts say otherwise somewhere? A fact that is left out says nothing. */
export function contradicts(facts: IntentFacts, intent: Intent): boolean {
  return Object.entries(facts).some(([name, value]) => intent.facts[name] !== value)
}

/**
 * What the digest of a code is bound to. A code for an intent that was fixed when it was sent is specific to that
 * (PSD2 RTS, article 5): with any other it has another digest.
 */
export function codeBinding(bindingHash: string, intent: Intent | null | undefined): string {
  return intent ? `${bindingHash}.${intent.key}` : bindingHash
}
