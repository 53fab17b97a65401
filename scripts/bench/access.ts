import { generateKeyPairSync } from 'node:crypto'
import type { Bundle } from './build-bundle.ts'
import { asServer, bearer, fromAddress, type Headers, nextAddress, PAGE, PAGE_KEY } from './callers.ts'
import { CONTEST, type ContestResult, type Contender, holdContest, QUICK_CONTEST } from './contest.ts'
import { CHECK, CHECK_AND_SIGN, NO_RULES, REDEEM, SEND, SEND_AGAIN, SEND_ONCE, V1_CHECK, V1_SEND } from './contest-steps.ts'
import type { ContestSummary } from './contest-report.ts'
import { divide, sum } from './figures.ts'
import { type IdentityProvider, startIdentityProvider } from './identity-provider.ts'
import { perRequest } from './phase.ts'
import { nthPhone } from './phones.ts'
import { ADMIN_KEY } from './settings.ts'

export interface AccessResult {
  /** The same sends by callers of all kinds. */
  readonly callers: ContestResult
  /** What `Idempotency-Key` and tokens cost. */
  readonly proofs: ContestResult
}

/** Those whose credential may not make a send much dearer. */
const WITH_KEYS: readonly string[] = ['secret key', 'publishable key']
/** Of the processor time of the same send by nobody. */
const MOST = 1.15
/** They do the same, so what lies between them is the error of the measurement. */
const NOBODY: readonly string[] = ['nobody', 'nobody, once more']

/** Measures what it costs to know who asks, to do a thing once, and to prove a verification to others. */
export async function measureAccess(
  bundle: Bundle,
  rounds: number,
  quick: boolean,
  progress: (text: string) => void,
): Promise<AccessResult> {
  const extent = { plan: quick ? QUICK_CONTEST : CONTEST, rounds }
  const provider = await startIdentityProvider()
  try {
    const callers = await holdContest(bundle, await callersOf(provider), extent, (text) => progress(`access: ${text}`))
    const proofs = await holdContest(bundle, proofContenders(), extent, (text) => progress(`access: ${text}`))
    return { callers, proofs }
  } finally {
    provider.stop()
  }
}

/** Sends whose credential costs too much, against both that need none: one of them alone may have had luck. */
export function dearCallers({ phases }: Pick<ContestResult, 'phases'>): string[] {
  const timeOf = (name: string) =>
    sum(...phases.find(({ contender, step }) => contender === name && step === SEND.name)!.phases.map(perRequest))
  const others = NOBODY.map(timeOf).filter((time) => time !== undefined)
  return WITH_KEYS.flatMap((name) => {
    const ratio = divide(timeOf(name), Math.max(...others))
    if (ratio === undefined || ratio <= MOST) return []
    return [`${name}: a send takes ${ratio.toFixed(2)} times the processor time of one without a credential, more than ${MOST}`]
  })
}

/** Warm requests that ask D1, or anybody outside, more often than those of nobody. */
export function costlyCallers({ counts }: Pick<ContestSummary, 'counts'>): string[] {
  return counts.flatMap(({ contender, step, roundTrips, fetches }) => {
    const nobody = counts.find((one) => one.contender === NOBODY[0] && one.step === step)!
    return roundTrips <= nobody.roundTrips && fetches <= nobody.fetches
      ? []
      : [`${contender}: a warm ${step} asks D1 ${roundTrips} times and others ${fetches} times, one of nobody less`]
  })
}

/**
 * All in development, where alone nobody needs a credential and an identity provider may be asked without TLS. Nothing else
 * that a send does depends on that.
 */
async function callersOf(provider: IdentityProvider): Promise<Contender[]> {
  const caller = (name: string, headers: Headers, settings: Contender['settings'] = {}): Contender => ({
    name,
    settings: { ...NO_RULES, ENVIRONMENT: 'development', AUTH_REQUIRED: 'true', ...settings },
    headersOf: () => ({ ...headers, ...fromAddress(nextAddress()) }),
    phoneOf: nthPhone,
    steps: [SEND, CHECK],
  })
  const open = { AUTH_REQUIRED: 'false' }
  return [
    caller('nobody', {}, open),
    caller('nobody, once more', {}, open),
    { ...caller('secret key', {}), headersOf: asServer },
    caller('publishable key', { ...bearer(PAGE_KEY.key), origin: PAGE }),
    caller('JWT, ES256', bearer(await provider.tokenOf('ES256')), provider.settings),
    caller('JWT, EdDSA', bearer(await provider.tokenOf('EdDSA')), provider.settings),
    caller('operator', bearer(ADMIN_KEY)),
  ]
}

function proofContenders(): Contender[] {
  const contender = (name: string, steps: Contender['steps'], settings: Contender['settings'] = {}): Contender => ({
    name,
    settings: { ...NO_RULES, ...settings },
    headersOf: asServer,
    phoneOf: nthPhone,
    steps,
  })
  const signing = (jwk: object) => ({ SIGNING_KEYS: JSON.stringify([jwk]), TOKEN_ISSUER: 'https://verify.example.com' })
  const [curve, edwards] = [generateKeyPairSync('ec', { namedCurve: 'P-256' }), generateKeyPairSync('ed25519')].map(
    ({ privateKey }) => signing(privateKey.export({ format: 'jwk' })),
  )
  return [
    contender('plain', [V1_SEND, V1_CHECK]),
    contender('Idempotency-Key', [SEND_ONCE, SEND_AGAIN, V1_CHECK]),
    contender('token, ES256', [V1_SEND, CHECK_AND_SIGN, REDEEM], curve),
    contender('token, EdDSA', [V1_SEND, CHECK_AND_SIGN, REDEEM], edwards),
  ]
}
