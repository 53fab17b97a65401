import { completeGroup } from '../groups'
import type { Variables } from '../variables'

/** The lender's API ("Basic Application API"). Present only when address, user and key are. */
export interface BasicApplicationConfig {
  /** The origin, without a trailing slash. */
  readonly apiUrl: string
  readonly userId: string
  readonly apiKey: string
  readonly createPath: string
  /** With places for `{application_id}` and `{mobile}`. */
  readonly statusPath: string
  /** By our own id of the application: with places for `{id}` and `{mobile}`. */
  readonly lookupPath: string
  readonly auth: 'signature' | 'headers'
  /** How JSON is written before it is signed. */
  readonly jsonStyle: 'compact' | 'python'
  /** Fields of every application that do not come from the customer. */
  readonly constants: Readonly<Record<string, string | number | boolean>>
  readonly timeoutMs: number
}

/** The lender's group (brief 001). */
export function readBasicApplication(variables: Variables, problems: string[]): BasicApplicationConfig | undefined {
  const { BASIC_APPLICATION_API_URL, BASIC_APPLICATION_USER_ID, BASIC_APPLICATION_API_KEY } = variables
  const group = completeGroup(
    'The lender (Basic Application API)',
    { BASIC_APPLICATION_API_URL, BASIC_APPLICATION_USER_ID, BASIC_APPLICATION_API_KEY },
    problems,
  )
  return (
    group && {
      apiUrl: group.BASIC_APPLICATION_API_URL,
      userId: group.BASIC_APPLICATION_USER_ID,
      apiKey: group.BASIC_APPLICATION_API_KEY,
      createPath: variables.BASIC_APPLICATION_CREATE_PATH,
      statusPath: variables.BASIC_APPLICATION_STATUS_PATH,
      lookupPath: variables.BASIC_APPLICATION_LOOKUP_PATH,
      auth: variables.BASIC_APPLICATION_AUTH,
      jsonStyle: variables.BASIC_APPLICATION_JSON_STYLE,
      constants: variables.BASIC_APPLICATION_CONSTANTS ?? {},
      timeoutMs: variables.BASIC_APPLICATION_TIMEOUT_MS,
    }
  )
}

/** What to set to get the lender, for telling an operator. */
export const LENDER_VARIABLES = ['BASIC_APPLICATION_API_URL', 'BASIC_APPLICATION_USER_ID', 'BASIC_APPLICATION_API_KEY'] as const
