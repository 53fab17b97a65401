import type { Quota } from '../../core/quota'
import type { GateState } from '../gate-state'
import { type SendWindow, windowsOpenAt } from './send-window'

const MINUTE_MS = 60 * 1000
const HOUR_MS = 60 * MINUTE_MS

/** What is left to a number of each limit that an honest sender may meet. */
export function quotasOf(
  { cooldownUntil, sends }: Pick<GateState, 'cooldownUntil' | 'sends'>,
  { cooldownMs, windows }: { readonly cooldownMs: number; readonly windows: readonly SendWindow[] },
  now: number,
): Quota[] {
  const cooldown = { left: cooldownUntil > now ? 0 : 1, waitMs: Math.max(0, cooldownUntil - now) }
  return [
    { name: 'cooldown', limit: 1, windowMs: cooldownMs, ...cooldown },
    ...windows.map((window) => ({ name: nameOf(window), ...window, ...leftOf(sends, window, now) })),
  ]
}

function leftOf(sends: readonly number[], window: SendWindow, now: number): Pick<Quota, 'left' | 'waitMs'> {
  const inside = sends.filter((at) => at > now - window.windowMs).length
  return { left: Math.max(0, window.limit - inside), waitMs: Math.max(0, windowsOpenAt(sends, [window], now) - now) }
}

function nameOf({ windowMs }: SendWindow): string {
  return windowMs % HOUR_MS === 0 ? `sends-${windowMs / HOUR_MS}h` : `sends-${windowMs / MINUTE_MS}m`
}
