/** An E.164 number without its `+`, as many vendors want it. */
export function phoneDigits(e164: string): string {
  return e164.replaceAll(/\D/g, '')
}
