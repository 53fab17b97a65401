import type { BasicApplicationConfig } from '../../../src/config/providers/basic-application'
import type { Application } from '../../../src/leads/lender/lender'
import type { Personal } from '../../../src/leads/personal'

/** Of nobody. */
export const PERSONAL: Personal = {
  phone: '+919876543210',
  firstName: 'Zebulon',
  lastName: 'Quackenbush',
  gender: 'Other',
  email: 'zebulon.q@example.com',
  pan: 'QWXYZ9876K',
  dateOfBirth: '1987-11-23',
  pinCode: '560071',
}

export const APPLICATION: Application = {
  id: '0b8f1e52-7c3d-4a96-8e21-5d4c3b2a1f09',
  loanType: 'LAP',
  loanAmount: 5_000_000,
  loanTenureYears: 20,
  personal: PERSONAL,
}

/** The same, by who answers differently. @param suffix the last four digits of the number */
export function applicationOf(suffix: string, id: string = APPLICATION.id): Application {
  return { ...APPLICATION, id, personal: { ...PERSONAL, phone: `+91987654${suffix}` } }
}

export const CONFIG: BasicApplicationConfig = {
  apiUrl: 'http://lender.test:8443/Base',
  userId: '11111111-1111-1111-1111-111111111111',
  apiKey: 'key-that-must-not-leak',
  createPath: '/api/v1/NewApplication/CreateFBBByBasicUser',
  statusPath: '/api/v1/Application/Activity/GetActivity/{application_id}/{mobile}',
  lookupPath: '/api/v1/Application/Activity/GetActivity/{id}/{mobile}',
  auth: 'signature',
  jsonStyle: 'compact',
  constants: {},
  timeoutMs: 40,
}
