import type { Micros } from '../../config/prices'

const MICROS_PER_UNIT = 1_000_000n

/** An amount as decimal text: two digits after the point, or as many as it needs (`0.0832`). Whole numbers only inside. */
export function toDecimalText(micros: Micros | bigint): string {
  const whole = BigInt(micros)
  const fraction = (whole % MICROS_PER_UNIT).toString().padStart(6, '0')
  return `${whole / MICROS_PER_UNIT}.${fraction.slice(0, 2)}${fraction.slice(2).replace(/0+$/, '')}`
}
