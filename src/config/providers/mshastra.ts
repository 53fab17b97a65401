import { completeGroup } from '../groups'
import type { Variables } from '../variables'

/** mShastra SMS. Present only when all but the entity id is. */
export interface MshastraConfig {
  /** The profile id, 8 digits. */
  readonly username: string
  readonly password: string
  /** What the phone shows as the sender, at most 13 characters. */
  readonly sender: string
  /** The full address of the JSON send call. */
  readonly apiUrl: string
  /** India: the principal entity id of the DLT registration. */
  readonly entityId: string | undefined
}

/** The mShastra group (brief 002). */
export function readMshastra(variables: Variables, problems: string[]): MshastraConfig | undefined {
  const { SMS_USERNAME, SMS_PASSWORD, SMS_SENDER } = variables
  const group = completeGroup('mShastra', { SMS_USERNAME, SMS_PASSWORD, SMS_SENDER }, problems)
  if (group && !isPrivate(new URL(variables.SMS_API_URL))) {
    problems.push('SMS_API_URL must be https: the password travels with each message')
  }
  return (
    group && {
      username: group.SMS_USERNAME,
      password: group.SMS_PASSWORD,
      sender: group.SMS_SENDER,
      apiUrl: variables.SMS_API_URL,
      entityId: variables.SMS_ENTITY_ID,
    }
  )
}

/** Encrypted, or on this very machine: elsewhere the password would be everybody's. */
export function isPrivate({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' || ['localhost', '127.0.0.1', '[::1]'].includes(hostname) || hostname.endsWith('.test')
}
