import { costlyCallers, dearCallers, measureAccess } from './access.ts'
import type { Bundle } from './build-bundle.ts'
import { renderCommunications, summariseCommunications } from './communications-report.ts'
import { COMMUNICATIONS, measureCommunications, QUICK_COMMUNICATIONS } from './communications.ts'
import { renderContest, summariseContest } from './contest-report.ts'
import { contradictions } from './evidence.ts'
import { renderLeads, summariseLeads } from './leads-report.ts'
import { LEADS, measureLeads, QUICK_LEADS } from './leads.ts'
import { costlyRules, measureLimits } from './limits.ts'
import type { BenchOptions, Section } from './options.ts'
import { renderPayments, summarisePayments } from './payments-report.ts'
import { measurePayments, PAYMENTS, QUICK_PAYMENTS } from './payments.ts'
import { FULL_PLAN, QUICK_PLAN } from './plan.ts'
import { renderReceipts, summariseReceipts } from './receipts-report.ts'
import { measureReceipts } from './receipts.ts'
import { renderTables, summarise } from './report.ts'
import { runBenchmark } from './run.ts'

/** What a section has found. */
export interface Outcome {
  /** For a person: Markdown tables, and a sentence or two. */
  readonly text: string
  /** For the JSON file. */
  readonly results: object
  /** What is wrong, a sentence each: figures of a wrong service would be worth nothing. */
  readonly findings: readonly string[]
  readonly complaints: readonly string[]
}

type Measure = (
  bundle: Bundle,
  options: Pick<BenchOptions, 'quick' | 'rounds'>,
  progress: (text: string) => void,
) => Promise<Outcome>

export const MEASURES: Readonly<Record<Section, Measure>> = {
  async verifications(bundle, { quick, rounds }, progress) {
    const result = await runBenchmark(bundle, quick ? QUICK_PLAN : FULL_PLAN, rounds, progress)
    const { evidence, verifications, complaints, memory } = result
    const summaries = summarise(result.samples)
    const overlaps = summaries.reduce((total, one) => total + one.overlaps, 0)
    const rows = Object.values(evidence.events).reduce((total, count) => total + count, 0)
    const text = [
      renderTables(summaries),
      ...(overlaps > 0
        ? [`In ${overlaps} batches the audit began to travel before the last check: their figures are a bit high.`]
        : []),
      `${verifications} verifications: ${rows} audit events and ${evidence.records['approved'] ?? 0} approved records in D1, ` +
        `${evidence.numbersSentTo} numbers at the vendor. Memory of workerd at the end: ${memory?.toFixed(0) ?? '–'} MiB.`,
    ].join('\n\n')
    return { text, results: { summaries, evidence }, findings: contradictions(evidence, verifications), complaints }
  },

  async receipts(bundle, { quick, rounds }, progress) {
    const result = await measureReceipts(bundle, rounds, quick, progress)
    const summary = summariseReceipts(result)
    const text = `${renderReceipts(summary)}\n\n${result.reports} receipts, each on a message in D1, whose status was read afterwards.`
    return { text, results: summary, findings: result.findings, complaints: result.complaints }
  },

  async communications(bundle, { quick, rounds }, progress) {
    const result = await measureCommunications(bundle, quick ? QUICK_COMMUNICATIONS : COMMUNICATIONS, rounds, progress)
    const summary = summariseCommunications(result)
    return {
      text: renderCommunications(summary),
      results: summary,
      findings: result.findings,
      complaints: result.complaints,
    }
  },

  async payments(bundle, { quick, rounds }, progress) {
    const result = await measurePayments(bundle, quick ? QUICK_PAYMENTS : PAYMENTS, rounds, progress)
    const summary = summarisePayments(result)
    return { text: renderPayments(summary), results: summary, findings: result.findings, complaints: result.complaints }
  },

  async leads(bundle, { quick, rounds }, progress) {
    const result = await measureLeads(bundle, quick ? QUICK_LEADS : LEADS, rounds, progress)
    const summary = summariseLeads(result)
    return { text: renderLeads(summary), results: summary, findings: result.findings, complaints: result.complaints }
  },

  async access(bundle, { quick, rounds }, progress) {
    const { callers, proofs } = await measureAccess(bundle, rounds, quick, progress)
    const [asked, proved] = [summariseContest(callers), summariseContest(proofs)]
    const text = [
      'Who asks, all limits off:',
      renderContest(asked),
      'A request that is done once, and tokens, all limits off:',
      renderContest(proved),
    ].join('\n\n')
    return {
      text,
      results: { callers: asked, proofs: proved },
      findings: [...callers.findings, ...proofs.findings, ...dearCallers(callers), ...costlyCallers(asked)],
      complaints: [...callers.complaints, ...proofs.complaints],
    }
  },

  async limits(bundle, { quick, rounds }, progress) {
    const result = await measureLimits(bundle, rounds, quick, progress)
    const summary = summariseContest(result)
    return {
      text: renderContest(summary),
      results: summary,
      findings: [...result.findings, ...costlyRules(summary)],
      complaints: result.complaints,
    }
  },
}
