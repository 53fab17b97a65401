/** Signatures that a token of an identity provider may have: with a pair of keys, so that who verifies cannot sign. */
export const IDENTITY_ALGORITHMS = [
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
] as const
export type IdentityAlgorithm = (typeof IDENTITY_ALGORITHMS)[number]
