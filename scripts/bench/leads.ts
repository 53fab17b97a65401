import type { Bundle } from './build-bundle.ts'
import { createClient } from './client.ts'
import { COUNTS_SCRIPT, takeCounts } from './counts.ts'
import { countLeads, costlyLeads, type LeadCount } from './lead-counts.ts'
import { type ExportsResult, measureExports } from './lead-exports.ts'
import { type JobResult, measureJobs } from './lead-jobs.ts'
import { type Cursors, leadRoutes, PAGE_SIZE } from './lead-lists.ts'
import { leadContradictions, type LeadSample, LeadTraffic, type SendSample, SETTINGS } from './lead-traffic.ts'
import { fillTable } from './message-rows.ts'
import type { Phase } from './phase.ts'
import type { Platform } from './platform.ts'
import { getJson, measureReads, type Reading } from './reads.ts'
import { JOBS_SCRIPT } from './run-jobs.ts'
import { type SampleLead, sampleLeads } from './sample-leads.ts'
import { startBare, startLeads } from './service.ts'
import { API_KEY, type LeadSetting } from './settings.ts'
import { startVendor, type Vendor } from './vendor.ts'

export interface LeadsResult extends ExportsResult {
  readonly samples: readonly LeadSample[]
  readonly sends: readonly SendSample[]
  readonly counts: readonly LeadCount[]
  /** How many leads were listed and exported. */
  readonly leads: number
  readonly lists: readonly Reading[]
  /** The read of a page without any logic, in the same rounds. */
  readonly bare: readonly Phase[]
  readonly jobs: readonly JobResult[]
  /** What contradicts the requests, or costs too much; a sentence each. */
  readonly findings: readonly string[]
  readonly complaints: readonly string[]
}

export interface LeadsPlan {
  /** Few enough codes to be through before the gates begin to carry their audit, four seconds later. */
  readonly batches: readonly { readonly connections: number; readonly leads: number }[]
  /** Of each kind of request, whose cost is counted. */
  readonly countedLeads: number
  /** In D1, for lists, exports and jobs. */
  readonly leads: number
  readonly people: number
  /** Lists of one kind in one round. */
  readonly requests: number
  /** Lists of one kind, whose rows are counted and whose answers are compared with the leads. */
  readonly counted: number
}

export const LEADS: LeadsPlan = {
  batches: [
    { connections: 1, leads: 100 },
    { connections: 16, leads: 300 },
  ],
  countedLeads: 20,
  leads: 100_000,
  people: 60_000,
  requests: 60,
  counted: 40,
}
export const QUICK_LEADS: LeadsPlan = {
  batches: [
    { connections: 1, leads: 20 },
    { connections: 16, leads: 64 },
  ],
  countedLeads: 5,
  leads: 10_000,
  people: 6_000,
  requests: 10,
  counted: 10,
}

const DAYS = 30
const DAY_MS = 24 * 60 * 60 * 1000
/** However many leads there are. */
export const WAITING = 400
const WALK_PAGE = 100

/** Measures leads that are created and asked for against codes that are sent, and what is read of many. */
export async function measureLeads(
  bundle: Bundle,
  plan: LeadsPlan,
  rounds: number,
  progress: (text: string) => void,
): Promise<LeadsResult> {
  const run = { bundle, plan, rounds, progress: (text: string) => progress(`leads: ${text}`) }
  const traffic = await withStarted((start) => runTraffic(run, start))
  const counts = await withStarted((start) => runCounts(run, start))
  const reads = await withStarted((start) => runReads(run, start))
  return {
    ...traffic,
    ...counts,
    ...reads,
    leads: plan.leads,
    findings: [...traffic.findings, ...costlyLeads(counts.counts), ...reads.findings],
    complaints: [...traffic.complaints, ...counts.complaints, ...reads.complaints],
  }
}

interface Run {
  readonly bundle: Bundle
  readonly plan: LeadsPlan
  readonly rounds: number
  readonly progress: (text: string) => void
}

/** Waits for something that is stopped when all is over. */
type Start = <Started extends Platform | Vendor>(starting: Promise<Started>) => Promise<Started>

async function withStarted<Result>(work: (start: Start) => Promise<Result>): Promise<Result> {
  const started: (Platform | Vendor)[] = []
  const start: Start = async (starting) => {
    const one = await starting
    started.push(one)
    return one
  }
  try {
    return await work(start)
  } finally {
    for (const one of started) await one.stop()
  }
}

async function startAll(
  { bundle }: Run,
  vendor: Vendor,
  start: Start,
  wrapped?: Parameters<typeof startLeads>[3],
): Promise<Readonly<Record<LeadSetting, Platform>>> {
  const services: [LeadSetting, Platform][] = []
  // One after the other, so that each is told from the others by its process.
  for (const setting of SETTINGS) services.push([setting, await start(startLeads(bundle, vendor, setting, wrapped))])
  return Object.fromEntries(services) as Record<LeadSetting, Platform>
}

async function runTraffic(run: Run, start: Start) {
  const { plan, rounds, progress } = run
  const vendor = await start(startVendor(API_KEY))
  const services = await startAll(run, vendor, start)
  const traffic = new LeadTraffic(vendor)
  const samples: LeadSample[] = []
  const sends: SendSample[] = []
  // The first round only warms up.
  for (let round = 0; round <= rounds; round++) {
    for (const { connections, leads } of plan.batches) {
      for (const setting of SETTINGS) {
        progress(`round ${round} of ${rounds}, ${setting}, ${connections} connections`)
        const sample = await traffic.runLeads(services[setting], setting, connections, leads)
        if (round > 0) samples.push(sample)
      }
      progress(`round ${round} of ${rounds}, codes, ${connections} connections`)
      const send = await traffic.runSends(services.open, connections, leads)
      if (round > 0) sends.push(send)
    }
  }
  const findings: string[] = []
  for (const setting of SETTINGS) {
    findings.push(...(await leadContradictions(services[setting], setting, traffic.leads / SETTINGS.length)))
  }
  const applications = [...(await vendor.applications()).values()]
  if (applications.length !== traffic.leads || applications.some((count) => count !== 1)) {
    findings.push(`the lender has applications of ${applications.length} numbers, and not one of each of ${traffic.leads}`)
  }
  return { samples, sends, findings, complaints: SETTINGS.flatMap((setting) => services[setting].complaints) }
}

async function runCounts(run: Run, start: Start) {
  const vendor = await start(startVendor(API_KEY))
  const script = { script: COUNTS_SCRIPT, modules: { 'service.js': run.bundle.script } }
  const services = await startAll(run, vendor, start, script)
  const counts = await countLeads(services, { vendor, traffic: new LeadTraffic(vendor) }, run.plan.countedLeads, run.progress)
  const complaints = SETTINGS.flatMap((setting) => services[setting].complaints)
  // What the lender refuses is told, as it should be.
  return { counts, complaints: complaints.filter((text) => !text.includes('lead.attempt')) }
}

async function runReads({ bundle, plan, rounds, progress }: Run, start: Start) {
  progress('filling D1')
  const now = Date.now()
  const sample = { now, days: DAYS, people: plan.people, waiting: WAITING }
  const leads = sampleLeads({ ...sample, count: plan.leads })
  const newestFirst = leads.toReversed()
  const vendor = await start(startVendor(API_KEY))
  const wrapped = (script: string) => ({ script, modules: { 'service.js': bundle.script } })
  const service = await start(startLeads(bundle, vendor, 'open', wrapped(JOBS_SCRIPT)))
  const counted = await start(startLeads(bundle, vendor, 'open', wrapped(COUNTS_SCRIPT)))
  const bare = await start(startBare(bundle))
  const rows = leads.map(({ row }) => row)
  for (const platform of [service, counted, bare]) await fillTable(platform, 'lead', rows)

  progress('going through all pages')
  const findings: string[] = []
  const cursors = await walk(service, newestFirst, findings)
  const lists = await measureReads(
    { service, counted, bare },
    {
      routes: leadRoutes(newestFirst, cursors, sample),
      barePath: '/page/lead',
      costOf: async () => (await takeCounts(counted)).worker.rowsRead,
    },
    { ...plan, rounds },
    progress,
    findings,
  )
  const periods = [
    { name: 'all', from: 0, until: now + DAY_MS },
    { name: 'a day', from: now - 8 * DAY_MS, until: now - 7 * DAY_MS },
  ] as const
  const exports = await measureExports({ service, counted, bare }, { leads, periods }, rounds, progress, findings)
  const jobs = await measureJobs({ service, counted }, progress, findings)
  return { lists: lists.readings, bare: lists.bare, ...exports, jobs, findings, complaints: service.complaints }
}

/** Goes through the whole list; every lead must come once and in order. */
async function walk(service: Platform, newestFirst: readonly SampleLead[], findings: string[]): Promise<Cursors> {
  const client = createClient(service.url, 1)
  const cursors = new Map<number, string>()
  const found: string[] = []
  let cursor: string | null = ''
  while (cursor !== null && found.length <= newestFirst.length) {
    const size = found.length === 0 ? PAGE_SIZE : WALK_PAGE
    const body = (await getJson(client, `/v1/leads?limit=${size}${cursor && `&cursor=${cursor}`}`)) as LeadPage
    found.push(...body.leads.map(({ id }) => id))
    cursor = body.next_cursor
    if (cursor !== null) cursors.set(found.length, cursor)
  }
  client.close()
  if (found.join() !== newestFirst.map(({ row }) => row.id).join()) {
    findings.push('the pages of the list are not all leads, each once')
  }
  return cursors
}

interface LeadPage {
  readonly leads: readonly { readonly id: string }[]
  readonly next_cursor: string | null
}
