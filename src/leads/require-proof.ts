import { isTrustedWithLeads, visibleOwner } from '../access/principal'
import { PROOF_LIFETIME_MS } from '../config/limits'
import { refuse } from '../core/app-error'
import type { Caller } from '../otp/deps'
import type { PhoneNumber } from '../phone/phone-number'
import type { LeadDeps } from './deps'

const MS_PER_MINUTE = 60_000

/**
 * That whoever asks has the number: a code that was sent to it was typed just now, on any surface.
 * @param caller who asks: a code of another caller proves nothing to this one
 * @throws `phone_not_verified`, `dependency_unavailable`
 */
export async function requireProof(
  { gates, config, clock }: Pick<LeadDeps, 'gates' | 'config' | 'clock'>,
  { principal }: Pick<Caller, 'principal'>,
  phone: Pick<PhoneNumber, 'e164'>,
): Promise<void> {
  if (!config.leads.requireVerifiedPhone || isTrustedWithLeads(principal)) return
  const { gate } = await gates.forPhone(phone.e164)
  const provenAt = await gate.call((remote) => remote.provenAt(visibleOwner(principal)))
  if (!isFresh(provenAt, clock())) throw refuse('phone_not_verified', { withinMinutes: PROOF_LIFETIME_MS / MS_PER_MINUTE })
}

/** @param provenAt and `now` in milliseconds since the epoch */
function isFresh(provenAt: number | null, now: number): boolean {
  return provenAt !== null && now - provenAt < PROOF_LIFETIME_MS
}
