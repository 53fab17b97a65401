/**
 * How far a message has come, by rank: a status only ever gives way to one of a greater rank, in whatever order the news
 * arrives. So a late `delivered` overrides a failure, and a late `sent` never overrides `delivered`.
 * - `pending`: let through by the gate, no word of a provider yet
 * - `unknown`: it left for a provider, and no usable answer came back
 * - `queued`, `sent`: a provider took it; it handed it to the network
 * - `failed`, `undelivered`: it never left; it left and did not arrive
 * - `delivered`, `read`: it arrived (or its code was typed, which proves as much); it was opened
 */
export const DELIVERY_RANK = {
  pending: 0,
  unknown: 1,
  queued: 2,
  sent: 3,
  failed: 4,
  undelivered: 4,
  delivered: 5,
  read: 6,
} as const

export type DeliveryStatus = keyof typeof DELIVERY_RANK

/** Is the message known not to arrive? */
export function isLost(status: DeliveryStatus): boolean {
  return status === 'failed' || status === 'undelivered'
}
