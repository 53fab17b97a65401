import type { Caller, VerificationDeps } from './deps'
import type { GateClient } from './gate-client'
import type { CheckTarget } from './rules/target'

/**
 * Asks the vendor that carried a code, where the configuration wants its word beside our own check
 * (`MSG91_VERIFY_MODE=provider`). It can only say no: a vendor that says yes, or nothing, leaves the decision with the gate.
 * @returns whether the vendor says that the code is wrong
 */
export async function isVetoed(
  { confirmers, log }: Pick<VerificationDeps, 'confirmers' | 'log'>,
  caller: Pick<Caller, 'requestId'>,
  gate: GateClient,
  guess: { readonly target: CheckTarget; readonly code: string },
): Promise<boolean> {
  if (confirmers.size === 0) return false
  const carrier = await gate.call((remote) => remote.carrier(guess.target))
  const confirm = carrier ? confirmers.get(carrier.provider) : undefined
  if (!carrier || !confirm) return false
  const opinion = await confirm({ to: carrier.phone, code: guess.code })
  log('info', 'provider.confirmed', { request_id: caller.requestId, provider: carrier.provider, outcome: opinion })
  return opinion === 'wrong'
}
