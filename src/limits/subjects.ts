import type { Principal } from '../access/principal'
import type { AbuseConfig, AbuseRule } from '../config/abuse'
import type { HmacSigner } from '../core/hmac'
import { clientNetwork } from './client-network'

/** The rules that count sends whose code was not typed. */
export type UsageRule = Exclude<AbuseRule, 'spend'>

/** What a rule counts by, of one send. */
export interface Subject {
  readonly rule: UsageRule
  readonly subject: string
}

/** The last digits of a number, which those of one range do not have in common. */
const DIGITS_OF_ONE = 4
/** Of the hash of a network: enough to tell them apart. */
const NETWORK_CHARACTERS = 22

/** What a send is counted by, under the rules that are on. */
export async function subjectsOf(
  { rules, homeCountry, sign }: { readonly rules: AbuseConfig; readonly homeCountry: string; readonly sign: HmacSigner },
  { principal, address }: { readonly principal?: Principal; readonly address?: string },
  phone: { readonly e164: string; readonly country: string },
): Promise<Subject[]> {
  const network = address === undefined || rules.address.mode === 'off' ? undefined : clientNetwork(address.trim())
  const subjects: Readonly<Record<UsageRule, string | undefined>> = {
    key: principal?.id,
    // A hash: D1 and the dashboards have nobody's address.
    address: network === undefined ? undefined : (await sign(`address:v1:${network}`)).slice(0, NETWORK_CHARACTERS),
    prefix: phone.e164.slice(0, -DIGITS_OF_ONE),
    // An attack on the home country must not be an outage of all.
    country: phone.country === homeCountry ? undefined : phone.country,
  }
  return Object.entries(subjects)
    .map(([rule, subject]) => ({ rule: rule as UsageRule, subject: subject ?? '' }))
    .filter(({ rule, subject }) => subject !== '' && rules[rule].mode !== 'off')
}
