const STEP_MS = 15 * 60_000
const LONGEST_EXTRA_SECONDS = 5 * 60

/**
 * How long to wait, as somebody is told who may be an attacker: never too short, and in steps so coarse that nothing of the
 * limit can be learned from it.
 * @param fraction 0 to 1, random: of what is put on top
 * @returns seconds
 */
export function hiddenWaitSeconds(waitMs: number, fraction: number): number {
  return (Math.ceil(waitMs / STEP_MS) * STEP_MS) / 1000 + Math.floor(fraction * LONGEST_EXTRA_SECONDS)
}
