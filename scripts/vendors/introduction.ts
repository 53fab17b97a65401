import type { VendorsOptions } from './options.ts'
import { commonTable, wholeTable } from './scenarios.ts'
import type { VendorStandIn } from './stand-in.ts'

/** What a person reads first: what the special numbers do, and what to put into `.dev.vars`. */
export function introduction(
  address: string,
  vendors: readonly VendorStandIn[],
  { service, sendsReceipts }: Pick<VendorsOptions, 'service' | 'sendsReceipts'>,
): string {
  const reports = sendsReceipts
    ? `The vendors report to ${service}: --service names another address, --no-receipts keeps them quiet.`
    : 'The vendors report to nobody.'
  return `Stand-ins for ${vendors.map(({ id }) => id).join(', ')} on ${address}. No message leaves this machine.

What they answer depends on the last four digits of the number, such as +91 98765 40006:

${commonTable(vendors)}
  others  taken, and reported delivered (mshastra never reports)
${lenderLines(vendors)}
Word for word, vendor by vendor: ${address}/scenarios

To use them, put these lines into .dev.vars and start \`npm run dev\` again (leave out the vendors you do not want):

PIONEER_FLAG_MOCK_OTP_ENABLED=false
PUBLIC_URL=${service}
${vendors.map(({ settings }) => `\n${lines(settings(address))}\n`).join('')}
${reports}
Messages are printed below. The last code of a number is also at ${address}/codes/<number>.
`
}

/** What the lender, to whom the numbers mean other things, makes of them. */
function lenderLines(vendors: readonly VendorStandIn[]): string {
  return vendors
    .filter(({ isLender }) => isLender)
    .map((lender) => `\nThe lender, ${wholeTable([lender])}  others  taken\n`)
    .join('')
}

function lines(settings: Readonly<Record<string, string>>): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${value}`)
    .join('\n')
}
