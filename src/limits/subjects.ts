import type { Principal } from '../access/principal'
import type { AbuseConfig, AbuseRule } from '../config/abuse'
import type { HmacSigner } from '../core/hmac'
import { clientNetwork } from './client-network'

/** The rules that count what came to nothing. */
export type UsageRule = Exclude<AbuseRule, 'spend'>

/** What a rule counts by, of one send or guess. */
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
  const subjects: Readonly<Record<Exclude<UsageRule, 'guess'>, string | undefined>> = {
    key: principal?.id,
    address: rules.address.mode === 'off' ? undefined : await networkSubject(sign, address),
    prefix: phone.e164.slice(0, -DIGITS_OF_ONE),
    // An attack on the home country must not be an outage of all.
    country: phone.country === homeCountry ? undefined : phone.country,
  }
  return Object.entries(subjects)
    .map(([rule, subject]) => ({ rule: rule as UsageRule, subject: subject ?? '' }))
    .filter(({ rule, subject }) => subject !== '' && rules[rule].mode !== 'off')
}

/**
 * What a guess is counted by: the network of a stranger. That of a server is of all its users, and it has a key to lose.
 * @returns undefined where guesses are not counted
 */
export async function guessSubject(
  { rules, sign }: { readonly rules: AbuseConfig; readonly sign: HmacSigner },
  { principal, address }: { readonly principal?: Principal; readonly address?: string },
): Promise<Subject | undefined> {
  if (principal?.kind !== 'browser' || rules.guess.mode === 'off') return undefined
  const subject = await networkSubject(sign, address)
  return subject === undefined ? undefined : { rule: 'guess', subject }
}

/** A hash: D1 and the dashboards have nobody's address. */
async function networkSubject(sign: HmacSigner, address: string | undefined): Promise<string | undefined> {
  const network = address === undefined ? undefined : clientNetwork(address.trim())
  return network === undefined ? undefined : (await sign(`address:v1:${network}`)).slice(0, NETWORK_CHARACTERS)
}
