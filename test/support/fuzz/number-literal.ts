/** A number as it stands in JSON: of `5000.0` and `1e400` a number of JavaScript keeps too little. */
export interface NumberLiteral {
  readonly rawJSON: string
}

// In no library of types yet.
const json = JSON as unknown as { rawJSON(text: string): NumberLiteral; isRawJSON(value: unknown): value is NumberLiteral }

/** What `JSON.stringify` writes as the text that it is. */
export function numberLiteral(text: string): NumberLiteral {
  return json.rawJSON(text)
}

export function isNumberLiteral(value: unknown): value is NumberLiteral {
  return json.isRawJSON(value)
}
