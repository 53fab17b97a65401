/** What goes with an address, and what has to come of it where that is certain before it is sent. */
export interface Payload {
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array | undefined
  readonly mustBe: number | undefined
}

export const NOTHING: Payload = { headers: {}, body: undefined, mustBe: undefined }
