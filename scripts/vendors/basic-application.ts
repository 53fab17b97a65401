import { createHash } from 'node:crypto'
import { BASIC_APPLICATION_SCENARIOS, createBasicApplicationStandIn } from '../../test/support/vendors/basic-application.ts'
import type { VendorStandIn } from './stand-in.ts'

// They open nothing but the stand-in.
const userId = '7a1c5d3e-0b52-4c1f-8f0e-6f3d2b9a4e10'
const apiKey = 'local-basic-application-key'

/** The lender. It takes no messages, and reports nothing: it is asked. */
export function basicApplication(): VendorStandIn {
  const standIn = createBasicApplicationStandIn({
    userId,
    apiKey,
    md5: async (bytes) => createHash('md5').update(bytes).digest('hex'),
  })
  return {
    id: 'basic_application',
    isLender: true,
    paths: /^\/api\/v1\/(?:NewApplication|Application)\//,
    scenarios: BASIC_APPLICATION_SCENARIOS,
    handle: (request) => standIn.handle(request),
    settings: (address) => ({
      BASIC_APPLICATION_API_URL: address,
      BASIC_APPLICATION_USER_ID: userId,
      BASIC_APPLICATION_API_KEY: apiKey,
    }),
  }
}
