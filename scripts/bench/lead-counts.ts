import { setTimeout as sleep } from 'node:timers/promises'
import { type Applicant, nthApplicant, nthSpecialPhone } from './applicants.ts'
import { type Client, createClient, expectAnswer } from './client.ts'
import { takeCounts } from './counts.ts'
import { createLead, expectStatus, idOf, type LeadTraffic } from './lead-traffic.ts'
import type { Platform } from './platform.ts'
import { getJson } from './reads.ts'
import { ADMIN_KEY, type LeadSetting } from './settings.ts'
import type { Vendor } from './vendor.ts'

/** What a request costs, with what is done after its answer. */
export interface LeadCost {
  /** Calls to D1, each a statement or a transaction. */
  readonly roundTrips: number
  readonly rowsRead: number
  readonly rowsWritten: number
  /** Calls to the lender, and to the vendor that tells the customer. */
  readonly fetches: number
  /** Calls to the number's object. */
  readonly calls: number
}

/** Requests of one kind. */
export interface LeadCount {
  readonly setting: LeadSetting
  readonly name: string
  /** The mean of one. */
  readonly cost: LeadCost
  /** As it should be. More makes the benchmark fail. */
  readonly most: LeadCost
}

/** Somebody whose lead is asked for. */
interface Subject {
  readonly applicant: Applicant
  /** The lender's id of the lead, once it has one. */
  id: string
}

interface Step {
  readonly name: string
  readonly most: LeadCost
  readonly request: (client: Client, subject: Subject) => Promise<void>
  /** The status of all applications at the lender from now on. */
  readonly lenderSays?: string
}

/** What happens to the leads of some people, a step after the other. */
interface Story {
  readonly setting: LeadSetting
  readonly steps: readonly Step[]
  /** Have the people proved their numbers? */
  readonly isProved?: boolean
  /** The last four digits of all numbers, for which the lender's stand-in has an answer of its own. */
  readonly scenario?: string
}

const costs = (roundTrips: number, rowsRead: number, rowsWritten: number, fetches: number, calls = 0): LeadCost => {
  return { roundTrips, rowsRead, rowsWritten, fetches, calls }
}

const creates: Step['request'] = async (client, subject) => {
  subject.id = idOf(await createLead(client, subject.applicant))
}
const isAnswered =
  (status: number, fields: Readonly<Record<string, unknown>>): Step['request'] =>
  async (client, { applicant }) =>
    expectAnswer(await createLead(client, applicant), fields, status)
const asksByNumber =
  (status: string): Step['request'] =>
  (client, { applicant: { mobile_number } }) =>
    expectStatus(client, { mobile_number }, status)
const asksById =
  (status: string): Step['request'] =>
  (client, { id }) =>
    expectStatus(client, { basic_application_id: id }, status)
const pushes =
  (status: string): Step['request'] =>
  async (client, { id }) => {
    const headers = { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' }
    const body = JSON.stringify({ status })
    expectAnswer(await client.send({ method: 'POST', path: `/v1/leads/${id}/status`, headers, body }), { status })
  }

const reads: Step['request'] = async (client, { id }) => {
  const { history } = (await getJson(client, `/v1/leads/${id}`)) as { readonly history: readonly object[] }
  if (history.length !== 1) throw new Error(`the lead ${id} has ${history.length} rows of history, and not one`)
}

const [REVIEW, APPROVED, DISBURSED] = ['Under Review', 'Approved', 'Disbursed'] as const
const REFUSED = isAnswered(422, { success: false })
const SAVED = isAnswered(202, { basic_application_id: null })
const UNPROVED = isAnswered(403, { success: false })

const STORIES: readonly Story[] = [
  {
    setting: 'open',
    steps: [
      { name: 'create', most: costs(2, 5, 7, 1), request: creates },
      { name: 'create, the same again', most: costs(1, 2, 0, 0), request: creates },
      { name: 'status by number', most: costs(1, 1, 0, 1), request: asksByNumber(REVIEW) },
      { name: 'status by id', most: costs(1, 1, 0, 1), request: asksById(REVIEW) },
      { name: 'the operator reads it', most: costs(1, 5, 0, 0), request: reads },
      { name: 'status, a new one', most: costs(2, 5, 2, 1), request: asksById(APPROVED), lenderSays: APPROVED },
      { name: 'pushed', most: costs(1, 1, 0, 0), request: pushes(APPROVED) },
      { name: 'pushed, a new one', most: costs(2, 5, 2, 0), request: pushes(DISBURSED) },
    ],
  },
  {
    setting: 'open',
    scenario: '0001',
    steps: [
      { name: 'create, refused by the lender', most: costs(2, 5, 7, 1), request: REFUSED },
      { name: 'create, refused again', most: costs(4, 11, 8, 1), request: REFUSED },
    ],
  },
  {
    setting: 'open',
    scenario: '0007',
    steps: [
      { name: 'create, the lender fails', most: costs(2, 5, 7, 1), request: SAVED },
      { name: 'create, again while it waits', most: costs(1, 2, 0, 0), request: SAVED },
    ],
  },
  {
    setting: 'proved',
    isProved: true,
    steps: [
      { name: 'create', most: costs(2, 5, 7, 1, 1), request: creates },
      { name: 'create, the same again', most: costs(1, 2, 0, 0, 1), request: creates },
      { name: 'status by number', most: costs(1, 1, 0, 1, 1), request: asksByNumber(REVIEW) },
      { name: 'status by id', most: costs(1, 1, 0, 1), request: asksById(REVIEW) },
    ],
  },
  { setting: 'proved', steps: [{ name: 'create, not proved', most: costs(0, 0, 0, 0, 1), request: UNPROVED }] },
  {
    setting: 'told',
    steps: [
      { name: 'create', most: costs(4, 22, 17, 2), request: creates },
      { name: 'status, a new one', most: costs(4, 22, 12, 2), request: asksById(APPROVED), lenderSays: APPROVED },
      { name: 'pushed, a new one', most: costs(4, 22, 12, 1), request: pushes(DISBURSED) },
    ],
  },
]

/** What a request does after its answer is done by then. */
const AFTERWORK_MS = 300
/** Far from the people of the other traffic. */
const FIRST_SPECIAL = 5_000

/**
 * Counts what each kind of request costs, one after the other.
 * @param services one for each of the settings, all of which count
 * @param count people of each story
 */
export async function countLeads(
  services: Readonly<Record<LeadSetting, Platform>>,
  { vendor, traffic }: { readonly vendor: Vendor; readonly traffic: LeadTraffic },
  count: number,
  progress: (text: string) => void,
): Promise<LeadCount[]> {
  const counts: LeadCount[] = []
  for (const { setting, steps, isProved, scenario } of STORIES) {
    const service = services[setting]
    const client = createClient(service.url, 1)
    const applicants =
      scenario === undefined
        ? traffic.takeApplicants(count)
        : Array.from({ length: count }, (_, nth) => nthApplicant(nth, nthSpecialPhone(FIRST_SPECIAL + nth, scenario)))
    if (isProved) await traffic.prove(service, applicants)
    // What an isolate does at its first request is not of this one.
    await client.get('/health')
    const subjects = applicants.map((applicant): Subject => ({ applicant, id: '' }))
    for (const { name, most, request, lenderSays } of steps) {
      progress(`counting rows, ${setting}, ${name}`)
      await vendor.moveTo(lenderSays ?? REVIEW)
      await takeCounts(service)
      for (const subject of subjects) await request(client, subject)
      await sleep(AFTERWORK_MS)
      const { worker, fetches, gate } = await takeCounts(service)
      const { roundTrips, rowsRead, rowsWritten } = worker
      const mean = (total: number) => total / count
      counts.push({
        setting,
        name,
        most,
        cost: costs(mean(roundTrips), mean(rowsRead), mean(rowsWritten), mean(fetches), mean(gate.calls)),
      })
    }
    client.close()
  }
  return counts
}

/** Requests that cost more than they should, a sentence each. */
export function costlyLeads(counts: readonly LeadCount[]): string[] {
  return counts.flatMap(({ setting, name, cost, most }) =>
    (Object.keys(most) as (keyof LeadCost)[])
      .filter((unit) => cost[unit] > most[unit])
      .map((unit) => `${setting}, ${name}: ${cost[unit]} ${unit}, more than ${most[unit]}`),
  )
}
