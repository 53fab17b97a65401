import type { Clock } from '../core/clock'

/**
 * Which limiters have refused just now, as far as this isolate knows. They are asked first and alone, so that who is refused
 * anyway is counted nowhere else. It decides nothing: the limiter does.
 */
export interface Suspects {
  has(name: string): boolean
  /** @param forMs milliseconds */
  add(name: string, forMs: number): void
  delete(name: string): void
}

const KNOWN_AT_ONCE = 1_000

export function createSuspects(clock: Clock): Suspects {
  const until = new Map<string, number>()
  return {
    has: (name) => clock() < (until.get(name) ?? 0),
    add(name, forMs) {
      until.delete(name)
      until.set(name, clock() + forMs)
      const [oldest] = until.keys()
      if (until.size > KNOWN_AT_ONCE) until.delete(oldest!)
    },
    delete: (name) => void until.delete(name),
  }
}
