import type { VendorStandIn } from './stand-in.ts'

/** What the numbers stand for with whoever has them; the words of each vendor are in its own table. */
export const COMMON_SCENARIOS: Readonly<Record<string, string>> = {
  '0001': 'refused for the number',
  '0002': 'taken, then reported lost: it cannot reach the phone',
  '0003': 'opted out or capped: refused by mshastra and twilio, reported later by the others',
  '0004': 'fault of the template or text: refused by whatsapp_cloud, reported later by the others',
  '0005': 'no balance: reported later by gupshup; twilio says "out of reach", later',
  '0006': '429',
  '0007': '502 or 503',
  '0008': 'no answer until the caller gives up',
  '0009': '2xx without a message, or with an error',
  '0010': 'reports twice or out of order',
  '0011': 'refused for the account: address, or region, not allowed',
  '0012': 'refused: too many to one person',
  '0013': 'fails the first time, then works',
  '0016': '2xx with an error in its body',
  '0021': '200 with an empty body',
  '0022': '200 with text that is not JSON',
  '0023': 'the connection is reset',
  '0025': '401',
  '0026': '302 to another address',
}

type Scenarios = Pick<VendorStandIn, 'id' | 'isLender' | 'scenarios'>

/** One line for each number that several vendors of messages have. */
export function commonTable(vendors: readonly Scenarios[]): string {
  const ofMessages = vendors.filter(({ isLender }) => !isLender)
  return Object.entries(COMMON_SCENARIOS)
    .map(([suffix, what]) => `  …${suffix}  ${what}${exceptions(ofMessages, suffix)}`)
    .join('\n')
}

/** The vendors to whom a number means nothing special. */
function exceptions(vendors: readonly Scenarios[], suffix: string): string {
  const without = vendors.filter(({ scenarios }) => !Object.hasOwn(scenarios, suffix)).map(({ id }) => id)
  return without.length === 0 ? '' : ` (not ${without.join(', ')})`
}

/** Every number of every vendor. */
export function wholeTable(vendors: readonly Scenarios[]): string {
  return vendors
    .map(({ id, scenarios }) => {
      const lines = Object.keys(scenarios)
        .toSorted()
        .map((suffix) => `  …${suffix}  ${scenarios[suffix]?.what}`)
      return [id, ...lines, ''].join('\n')
    })
    .join('\n')
}
