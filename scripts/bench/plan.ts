/** One combination that is measured. */
export interface Combination {
  /** How long the vendor takes to answer, milliseconds. */
  readonly delayMs: number
  readonly connections: number
  /** Verifications a round. Few enough to be over before the gates begin to carry their audit, four seconds later. */
  readonly batch: number
}

export interface Plan {
  readonly round: readonly Combination[]
  readonly warmUp: Omit<Combination, 'delayMs'>
  /** At most so many bare round trips of a kind in a batch. */
  readonly bareBatch: number
}

const ROUND: readonly Combination[] = [
  { delayMs: 0, connections: 1, batch: 150 },
  { delayMs: 0, connections: 16, batch: 300 },
  { delayMs: 0, connections: 64, batch: 300 },
  { delayMs: 50, connections: 1, batch: 40 },
  { delayMs: 50, connections: 16, batch: 250 },
  { delayMs: 50, connections: 64, batch: 300 },
]

export const FULL_PLAN: Plan = { round: ROUND, warmUp: { connections: 16, batch: 300 }, bareBatch: 300 }

export const QUICK_PLAN: Plan = {
  round: ROUND.map((one) => ({ ...one, batch: one.connections === 1 ? 20 : 64 })),
  warmUp: { connections: 16, batch: 64 },
  bareBatch: 64,
}
