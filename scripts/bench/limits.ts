import type { Bundle } from './build-bundle.ts'
import { asServer, bearer, fromAddress, SERVER_KEY } from './callers.ts'
import { CONTEST, type ContestResult, type Contender, holdContest, QUICK_CONTEST } from './contest.ts'
import type { ContestSummary } from './contest-report.ts'
import { CHECK, NO_RULES, SEND } from './contest-steps.ts'
import { nthPhone, nthPhoneNearby } from './phones.ts'

/** Measures what the rules against abuse cost. */
export function measureLimits(
  bundle: Bundle,
  rounds: number,
  quick: boolean,
  progress: (text: string) => void,
): Promise<ContestResult> {
  const extent = { plan: quick ? QUICK_CONTEST : CONTEST, rounds }
  return holdContest(bundle, contenders(), extent, (text) => progress(`limits: ${text}`))
}

/** What the rules of a contender may cost: for each a call with a send, which may be new to it, and one with a right check. */
export function costlyRules({ counts }: Pick<ContestSummary, 'counts'>): string[] {
  return counts.flatMap(({ contender, step, objects: { limiter } }) => {
    const { sends, checks } = RULES[contender]!
    const calls = step === SEND.name ? sends : checks
    const most = step === SEND.name ? calls * ROWS_OF_A_NEW_ONE : calls
    return limiter.calls === calls && limiter.ownRows <= most
      ? []
      : [
          `${contender}: a ${step} makes ${limiter.calls} calls to limiters, which write ${limiter.ownRows} rows: not ${calls}, ${most} at most`,
        ]
  })
}

/** So many rules are asked for a send, and told of a right check. Nobody is told what was spent as it was reserved. */
const RULES: Readonly<Record<string, { readonly sends: number; readonly checks: number }>> = {
  none: { sends: 0, checks: 0 },
  'none, once more': { sends: 0, checks: 0 },
  'key, address, country': { sends: 3, checks: 3 },
  'all four': { sends: 4, checks: 4 },
  'all four, nothing new': { sends: 4, checks: 4 },
  'all four and spending': { sends: 5, checks: 4 },
}
/** The state and the alarm. */
const ROWS_OF_A_NEW_ONE = 2

/** Figures that nothing here reaches: a batch is sent before any of it is checked, and would be taken for an attack. */
const FIGURES = {
  LIMIT_KEY_UNVERIFIED_1_HOUR: '1000000',
  LIMIT_ADDRESS_UNVERIFIED_1_HOUR: '1000000',
  LIMIT_PREFIX_UNVERIFIED_24_HOURS: '1000000',
  LIMIT_COUNTRY_UNVERIFIED_6_HOURS: '1000000',
}

/** Another region than that of the numbers, which only then are counted by their country. */
const ABROAD = { DEFAULT_REGION: 'US' }
const PRICES = { MESSAGE_PRICES: JSON.stringify({ currency: 'USD', prices: { gupshup: '0.005' } }) }
const CAP = { SPEND_CAP_PER_DAY: '1000000' }

/** The addresses of those who come again and again. */
const ADDRESSES = 5

function contenders(): Contender[] {
  const contender = (name: string, settings: Contender['settings']): Contender => ({
    name,
    settings: { ...FIGURES, ...ABROAD, ...PRICES, ...settings },
    headersOf: asServer,
    phoneOf: nthPhone,
    steps: [SEND, CHECK],
  })
  let requests = 0
  return [
    contender('none', NO_RULES),
    contender('none, once more', NO_RULES),
    contender('key, address, country', { LIMIT_PREFIX_MODE: 'off' }),
    contender('all four', {}),
    {
      ...contender('all four, nothing new', {}),
      headersOf: () => ({ ...bearer(SERVER_KEY.key), ...fromAddress(`10.0.0.${requests++ % ADDRESSES}`) }),
      phoneOf: nthPhoneNearby,
    },
    contender('all four and spending', CAP),
  ]
}
