import { setTimeout as sleep } from 'node:timers/promises'
import { type Applicant, nthApplicant, toLeadBody } from './applicants.ts'
import { type Answer, type Client, createClient, expectAnswer } from './client.ts'
import { type Phase, runPhase } from './phase.ts'
import { nthPhone } from './phones.ts'
import type { Platform } from './platform.ts'
import { LEAD_SETTINGS, type LeadSetting } from './settings.ts'
import type { Vendor } from './vendor.ts'

export const SETTINGS = Object.keys(LEAD_SETTINGS) as readonly LeadSetting[]

/** What is done with the leads of a batch, one after the other, so that each has its own figures. */
export const LEAD_STEPS = ['create', 'the same again', 'status by number', 'status by id'] as const
export type LeadStep = (typeof LEAD_STEPS)[number]

/** All leads of a batch under one of the settings. */
export interface LeadSample {
  readonly setting: LeadSetting
  readonly connections: number
  readonly steps: Readonly<Record<LeadStep, Phase>>
}

/** Codes that were sent in the same round, with which leads are compared. */
export interface SendSample {
  readonly connections: number
  readonly send: Phase
}

/** Gates carry their audit to D1 this long after their first event (`src/otp/rules/outbox.ts`). */
const FLUSH_DELAY_MS = 4_000
const BOUND_MS = 60_000
const POLL_MS = 200
/** Of a batch at once. */
const PREPARING_CONNECTIONS = 16

/** The leads and codes of a run; takes new people for each batch. */
export class LeadTraffic {
  leads = 0
  #people = 0
  #verifications = new Map<Platform, number>()
  readonly #vendor: Vendor

  constructor(vendor: Vendor) {
    this.#vendor = vendor
  }

  /** Creates leads, one for each of as many new people, repeats that, and asks for how they stand. */
  async runLeads(service: Platform, setting: LeadSetting, connections: number, count: number): Promise<LeadSample> {
    const applicants = this.takeApplicants(count)
    if (setting === 'proved') await this.prove(service, applicants)
    const client = createClient(service.url, connections)
    const run = (requestOf: (applicant: Applicant, index: number) => Promise<void>) =>
      runPhase(
        service,
        connections,
        applicants.map((applicant, index) => () => requestOf(applicant, index)),
      )
    const ids: string[] = []
    const create = async (applicant: Applicant, index: number) => {
      const answer = await createLead(client, applicant)
      ids[index] = idOf(answer)
    }
    const steps = {
      create: await run(create),
      'the same again': await run(async (applicant, index) => {
        expectAnswer(await createLead(client, applicant), { basic_application_id: ids[index] })
      }),
      'status by number': await run(({ mobile_number }) => expectStatus(client, { mobile_number })),
      'status by id': await run((_applicant, index) => expectStatus(client, { basic_application_id: ids[index] })),
    }
    client.close()
    this.leads += count
    return { setting, connections, steps }
  }

  /** Sends a code to each of as many new numbers, and waits until its audit is in D1. */
  async runSends(service: Platform, connections: number, count: number): Promise<SendSample> {
    const phones = this.takeApplicants(count).map(({ mobile_number }) => mobile_number)
    const sample = { connections, send: await this.#send(service, phones, connections) }
    await sleep(FLUSH_DELAY_MS)
    await waitFor(service, 'SELECT count(*) AS n FROM verifications', this.#verifications.get(service)!)
    return sample
  }

  /** Has each of them prove the number, and waits until the gates are quiet. */
  async prove(service: Platform, applicants: readonly Applicant[]): Promise<void> {
    const phones = applicants.map(({ mobile_number }) => mobile_number)
    await this.#send(service, phones, PREPARING_CONNECTIONS)
    const codes = await this.#vendor.codesOf(phones)
    const client = createClient(service.url, PREPARING_CONNECTIONS)
    const checks = phones.map((phone_number, index) => async () => {
      expectAnswer(await client.post('/verify-otp', { phone_number, otp: codes[index] }), { success: true })
    })
    await runPhase(service, PREPARING_CONNECTIONS, checks)
    client.close()
    await sleep(FLUSH_DELAY_MS)
    await waitFor(service, `SELECT count(*) AS n FROM verifications WHERE status = 'approved'`, this.#verifications.get(service)!)
  }

  takeApplicants(count: number): Applicant[] {
    return Array.from({ length: count }, () => nthApplicant(this.#people, nthPhone(this.#people++)))
  }

  async #send(service: Platform, phones: readonly string[], connections: number): Promise<Phase> {
    const client = createClient(service.url, connections)
    const sends = phones.map((phone_number) => async () => {
      expectAnswer(await client.post('/send-otp', { phone_number }), { success: true })
    })
    const phase = await runPhase(service, connections, sends)
    client.close()
    this.#verifications.set(service, (this.#verifications.get(service) ?? 0) + phones.length)
    return phase
  }
}

export function createLead(client: Client, applicant: Applicant): Promise<Answer> {
  return client.post('/api_v1/lead_create', toLeadBody(applicant))
}

/** The lender's id of a lead that was created. @throws unless it was */
export function idOf(answer: Answer): string {
  expectAnswer(answer, { message: 'Lead Created Successfully.' })
  return (JSON.parse(answer.text) as { basic_application_id: string }).basic_application_id
}

/** @throws unless the lender says how the lead stands */
export async function expectStatus(client: Client, asked: object, status = 'Under Review'): Promise<void> {
  expectAnswer(await client.post('/api_v1/lead_status', asked), { status, message: `Your lead status is: ${status}` })
}

/** Until D1 has so many, or for a minute; what is missing then is told at the end. */
export async function waitFor(service: Platform, sql: string, wanted: number): Promise<void> {
  const deadline = performance.now() + BOUND_MS
  while (performance.now() < deadline) {
    const [row] = await service.query(sql)
    if (Number(row?.['n']) >= wanted) return
    await sleep(POLL_MS)
  }
}

/** What contradicts the requests, a sentence each: every lead is in D1 and once at the lender, and customers are told as is set. */
export async function leadContradictions(service: Platform, setting: LeadSetting, leads: number): Promise<string[]> {
  const [found] = await service.query(
    `SELECT (SELECT count(*) FROM lead) AS leads,
     (SELECT count(*) FROM lead WHERE submission = 'submitted' AND version = 2 AND attempts = 1) AS submitted,
     (SELECT count(DISTINCT application_id) FROM lead) AS applications,
     (SELECT count(*) FROM lead_event WHERE kind = 'submission.accepted') AS histories,
     (SELECT count(*) FROM communication WHERE lead_id IS NOT NULL AND status = 'queued') AS told,
     (SELECT count(*) FROM lead_notice) AS untold`,
  )
  const told = setting === 'told' ? leads : 0
  const wanted = { leads, submitted: leads, applications: leads, histories: leads, told, untold: 0 }
  return Object.entries(wanted)
    .filter(([name, count]) => found?.[name] !== count)
    .map(([name, count]) => `${setting}: D1 has ${found?.[name]} of "${name}", not ${count}`)
}
