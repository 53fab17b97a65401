import { toBase64Url } from '../core/encoding'

/** The facts a code is tied to, such as a loan and its repayment. */
export type Binding = Readonly<Record<string, string>>

/** One text for one set of facts, whatever their order: SHA-256 over the sorted pairs. Empty for no binding. */
export async function hashBinding(binding: Binding | undefined): Promise<string> {
  const pairs = Object.entries(binding ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return pairs.length === 0 ? '' : hashOf(pairs)
}

/**
 * The same for facts of our own, whose text no {@link hashBinding} of a caller's facts can be.
 * @param use what they are the facts of
 */
export async function hashFacts(use: string, facts: Readonly<Record<string, string | number | null>>): Promise<string> {
  return hashOf([use, ...Object.entries(facts).toSorted(([a], [b]) => (a < b ? -1 : 1))])
}

async function hashOf(parts: readonly unknown[]): Promise<string> {
  return toBase64Url(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(JSON.stringify(parts)))))
}
