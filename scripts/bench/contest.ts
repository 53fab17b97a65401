import { setTimeout as sleep } from 'node:timers/promises'
import type { Bundle } from './build-bundle.ts'
import type { Headers } from './callers.ts'
import { type Client, createClient } from './client.ts'
import { type Counts, COUNTS_SCRIPT, takeCounts } from './counts.ts'
import { type Phase, runPhase } from './phase.ts'
import type { Platform } from './platform.ts'
import { startService } from './service.ts'
import { API_KEY, type Settings } from './settings.ts'
import { startVendor, type Vendor } from './vendor.ts'

/** Somebody who is sent a code, with what came back. */
export interface Person {
  /** E.164. */
  readonly phone: string
  code?: string
  token?: string
}

/** One request of each person. */
export interface ContestStep {
  readonly name: string
  readonly ask: (client: Client, person: Person) => Promise<void>
}

/** A service, and how it is asked. The first of several is what the others are compared with. */
export interface Contender {
  readonly name: string
  /** Other than those in production. */
  readonly settings: Settings
  /** What each request says of who sends it. */
  readonly headersOf: () => Headers
  /** The nth number. */
  readonly phoneOf: (nth: number) => string
  /** The first one sends the code, a later one checks it. */
  readonly steps: readonly ContestStep[]
}

export interface ContestPlan {
  /** Rounds, for each that is asked for: many short ones, since no two minutes of a machine are alike. */
  readonly times: number
  /** Of a contender in one round. */
  readonly people: number
  readonly warmUps: number
  /** Of a contender, after as many others, whose requests are counted. */
  readonly counted: number
}

/** What one step of a contender took in all rounds. */
export interface StepPhases {
  readonly contender: string
  readonly step: string
  /** One a round. */
  readonly phases: readonly Phase[]
}

/** What one step of a contender did. */
export interface StepCounts {
  readonly contender: string
  readonly step: string
  /** Of the first request of the isolate. */
  readonly first: Counts
  /** Of all the others together. */
  readonly warm: Counts
}

export interface ContestResult {
  readonly phases: readonly StepPhases[]
  readonly counts: readonly StepCounts[]
  /** Each of {@link StepCounts.warm} is of so many. */
  readonly counted: number
  /** What contradicts the requests, a sentence each. */
  readonly findings: readonly string[]
  readonly complaints: readonly string[]
}

export const CONTEST: ContestPlan = { times: 5, people: 120, warmUps: 3, counted: 20 }
export const QUICK_CONTEST: ContestPlan = { times: 6, people: 40, warmUps: 1, counted: 5 }

const CONNECTIONS = 16
/** What a request does after its answer is done by then. */
const AFTERWORK_MS = 300
const AUDIT_BOUND_MS = 60_000
const POLL_MS = 200

/**
 * Measures contenders against each other: each has a process of its own and its turn in every round, so that a slow moment
 * of the machine hits all of them, and carries its audit to D1 while the others have theirs. Then counts what their requests
 * do, one at a time, at services of their own.
 */
export async function holdContest(
  bundle: Bundle,
  contenders: readonly Contender[],
  { plan, rounds }: { readonly plan: ContestPlan; readonly rounds: number },
  progress: (text: string) => void,
): Promise<ContestResult> {
  const vendor = await startVendor(API_KEY)
  const people = createPeople()
  try {
    const timed = await timeContenders({ bundle, vendor, people, progress }, contenders, plan, rounds * plan.times)
    const counts: StepCounts[] = []
    for (const contender of contenders) {
      progress(`counting, ${contender.name}`)
      counts.push(...(await countContender({ bundle, vendor, people }, contender, plan.counted)))
    }
    const doubled = [...(await vendor.messages()).values()].filter((count) => count !== 1).length
    const findings = doubled === 0 ? [] : [`${doubled} numbers got more than one message`]
    return { ...timed, counts, counted: plan.counted, findings: [...timed.findings, ...findings] }
  } finally {
    vendor.stop()
  }
}

interface Surroundings {
  readonly bundle: Bundle
  readonly vendor: Vendor
  readonly people: People
}

/** Takes new people, each of whom has a number that no other has. */
type People = (phoneOf: Contender['phoneOf'], count: number) => Person[]

function createPeople(): People {
  let taken = 0
  return (phoneOf, count) => Array.from({ length: count }, () => ({ phone: phoneOf(taken++) }))
}

async function timeContenders(
  { bundle, vendor, people, progress }: Surroundings & { readonly progress: (text: string) => void },
  contenders: readonly Contender[],
  plan: ContestPlan,
  rounds: number,
): Promise<Pick<ContestResult, 'phases' | 'findings' | 'complaints'>> {
  const entered: { readonly contender: Contender; readonly service: Platform; readonly phases: Phase[][]; made: number }[] = []
  try {
    // One after the other, so that each is told from the others by its process.
    for (const contender of contenders) {
      const service = await startService(bundle, vendor, bundle, contender.settings)
      entered.push({ contender, service, phases: contender.steps.map(() => []), made: 0 })
    }
    for (let round = 1 - plan.warmUps; round <= rounds; round++) {
      for (let turn = 0; turn < entered.length; turn++) {
        // Another one begins each time.
        const one = entered[(turn + round + plan.warmUps) % entered.length]!
        const { contender, service, phases } = one
        progress(`round ${round} of ${rounds}: ${contender.name}`)
        await waitForAudit(service, one.made)
        const taken = await runSteps({ service, vendor }, contender, people(contender.phoneOf, plan.people))
        one.made += plan.people
        if (round > 0) taken.forEach((phase, index) => phases[index]!.push(phase))
      }
    }
    const findings: string[] = []
    for (const { contender, service, made } of entered) {
      await waitForAudit(service, made)
      const approved = await countApproved(service)
      if (approved !== made) findings.push(`${contender.name}: D1 has ${approved} approved verifications, not ${made}`)
    }
    return {
      phases: entered.flatMap(({ contender, phases }) =>
        contender.steps.map(({ name }, index) => ({ contender: contender.name, step: name, phases: phases[index]! })),
      ),
      findings,
      complaints: entered.flatMap(({ service }) => service.complaints),
    }
  } finally {
    for (const { service } of entered) await service.stop()
  }
}

/** All steps of these people, one after the other, so that each has its own figures. */
async function runSteps(
  { service, vendor }: { readonly service: Platform; readonly vendor: Vendor },
  { headersOf, steps }: Contender,
  people: readonly Person[],
  connections = CONNECTIONS,
  afterStep: () => Promise<void> = async () => {},
): Promise<Phase[]> {
  const client = createClient(service.url, connections, headersOf)
  const phases: Phase[] = []
  for (const { ask } of steps) {
    const requests = people.map((person) => () => ask(client, person))
    phases.push(await runPhase(service, connections, requests))
    if (phases.length === 1) await readCodes(vendor, people)
    await afterStep()
  }
  client.close()
  return phases
}

async function readCodes(vendor: Vendor, people: readonly Person[]): Promise<void> {
  const codes = await vendor.codesOf(people.map(({ phone }) => phone))
  for (const [index, person] of people.entries()) person.code = codes[index]!
}

/** One person alone, and then as many as are counted. */
async function countContender(
  { bundle, vendor, people }: Surroundings,
  contender: Contender,
  count: number,
): Promise<StepCounts[]> {
  const wrapped = { script: COUNTS_SCRIPT, modules: { 'service.js': bundle.script } }
  const service = await startService(bundle, vendor, wrapped, contender.settings)
  try {
    const run = async (number: number) => {
      const taken: Counts[] = []
      await takeCounts(service)
      await runSteps({ service, vendor }, contender, people(contender.phoneOf, number), 1, async () => {
        await sleep(AFTERWORK_MS)
        taken.push(await takeCounts(service))
      })
      return taken
    }
    const first = await run(1)
    // Those after these meet objects that have been there, where they meet any of others.
    await run(count)
    const warm = await run(count)
    return contender.steps.map(({ name }, index) => ({
      contender: contender.name,
      step: name,
      first: first[index]!,
      warm: warm[index]!,
    }))
  } finally {
    await service.stop()
  }
}

/** Until D1 has the last state of so many verifications, or for a minute; what is missing then is told at the end. */
async function waitForAudit(service: Platform, verifications: number): Promise<void> {
  const deadline = performance.now() + AUDIT_BOUND_MS
  while ((await countApproved(service)) < verifications && performance.now() < deadline) await sleep(POLL_MS)
}

async function countApproved(service: Platform): Promise<number> {
  const [row] = await service.query(`SELECT count(*) AS n FROM verifications WHERE status = 'approved'`)
  return Number(row?.['n'])
}
