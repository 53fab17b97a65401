/** What is to be done about the two secrets that the service cannot do without. */
export type SecretsDecision =
  | { readonly action: 'nothing' }
  | { readonly action: 'create'; readonly names: readonly string[] }
  /** The pepper keys the phone numbers too. A key of their own would rename every gate and forget every limit. */
  | { readonly action: 'keep-shared-key' }
  /** What exists is not known, and a secret must never be overwritten: the codes under way and all limits hang on it. */
  | { readonly action: 'unknown' }

/**
 * Decides from the answer of `wrangler secret list`.
 * @param listing its standard output: `[{"name": "…", "type": "secret_text"}]`
 */
export function decideSecrets(listing: string): SecretsDecision {
  const existing = secretNames(listing)
  if (existing === undefined) return { action: 'unknown' }
  const missing = ['OTP_PEPPER', 'PHONE_HASH_KEY'].filter((name) => !existing.includes(name))
  if (missing.length === 0) return { action: 'nothing' }
  return missing.includes('OTP_PEPPER') ? { action: 'create', names: missing } : { action: 'keep-shared-key' }
}

/** Is there surely no `ADMIN_API_KEY`? @param listing as above */
export function lacksAdminKey(listing: string): boolean {
  return secretNames(listing)?.includes('ADMIN_API_KEY') === false
}

function secretNames(listing: string): string[] | undefined {
  try {
    const secrets = JSON.parse(listing) as unknown
    if (!Array.isArray(secrets)) return undefined
    const names = secrets.map((secret: { name?: unknown } | null) => secret?.name)
    return names.every((name) => typeof name === 'string') ? names : undefined
  } catch {
    return undefined
  }
}
