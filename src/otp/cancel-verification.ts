import { visibleOwner } from '../access/principal'
import { refuse } from '../core/app-error'
import type { Caller, VerificationDeps } from './deps'

/**
 * Ends a pending verification: its code is worth nothing from then on. The cooldown stays.
 * @throws `verification_not_found`, `verification_not_pending`, `dependency_unavailable`
 */
export async function cancelVerification(deps: VerificationDeps, caller: Caller, id: string): Promise<void> {
  const gate = deps.gates.forVerification(id)
  if (!gate) throw refuse('verification_not_found', {})
  const owner = visibleOwner(caller.principal)
  const asked = { verificationId: id, surface: caller.surface, requestId: caller.requestId }
  const request = owner === undefined ? asked : { ...asked, owner }
  const reply = await gate.call((remote) => remote.cancel(request))
  if (reply.status === 'not_found') throw refuse('verification_not_found', {})
  if (reply.status === 'not_pending') throw refuse('verification_not_pending', { status: reply.now })
}
