import { createMshastraStandIn, MSHASTRA_PATH, MSHASTRA_SCENARIOS } from '../../test/support/vendors/mshastra.ts'
import type { OnMessage, VendorStandIn } from './stand-in.ts'

// They open nothing but the stand-in.
const user = '20012345'
const password = 'local-mshastra-password'

export function mshastra(onMessage: OnMessage): VendorStandIn {
  const standIn = createMshastraStandIn({
    user,
    password,
    onMessage: ({ destination, code, text }) =>
      onMessage({ vendor: 'mshastra', to: destination, code, content: JSON.stringify(text) }),
  })
  return {
    id: 'mshastra',
    paths: /\.aspx$/,
    scenarios: MSHASTRA_SCENARIOS,
    handle: (request) => standIn.handle(request),
    settings: (address) => ({
      SMS_API_URL: address + MSHASTRA_PATH,
      SMS_USERNAME: user,
      SMS_PASSWORD: password,
      SMS_SENDER: 'LOCAL',
    }),
  }
}
