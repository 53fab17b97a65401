import { setTimeout as sleep } from 'node:timers/promises'
import type { Platform } from './platform.ts'
import type { Vendor } from './vendor.ts'

/** What the traffic left behind: figures of a service that loses something would be worth nothing. */
export interface Evidence {
  readonly events: Readonly<Record<string, number>>
  readonly records: Readonly<Record<string, number>>
  /** Verifications whose audit is not exactly the three events of a send and a right check. */
  readonly incompleteStories: number
  readonly numbersSentTo: number
  /** Numbers that got more than one message. */
  readonly numbersSentToTwice: number
}

/** Each send and right check, as the audit tells it. */
const STORY = ['send.reserved', 'send.accepted', 'check.approved']

// Longer than the gates' delay: a late second copy of a row would still come in this time.
const STABLE_MS = 5_000

/** Collects the evidence once D1 has not changed for a while. */
export async function collectEvidence(service: Platform, vendor: Vendor): Promise<Evidence> {
  await sleep(STABLE_MS)
  const messages = [...(await vendor.messages()).values()]
  const [stories] = await service.query(
    `SELECT count(*) AS n FROM (SELECT v.id FROM verifications v LEFT JOIN audit_events e ON e.verification_id = v.id
     GROUP BY v.id HAVING group_concat(e.kind ORDER BY e.seq) IS NOT '${STORY.join()}')`,
  )
  return {
    events: await countBy(service, 'kind', 'audit_events'),
    records: await countBy(service, `status || CASE is_used WHEN 1 THEN '' ELSE ', not used' END`, 'verifications'),
    incompleteStories: Number(stories?.['n']),
    numbersSentTo: messages.length,
    numbersSentToTwice: messages.filter((count) => count !== 1).length,
  }
}

/** What contradicts the traffic, a sentence each; empty when nothing does. @param verifications made, each sent once and checked once */
export function contradictions(evidence: Evidence, verifications: number): string[] {
  const wantedEvents = Object.fromEntries(STORY.map((kind) => [kind, verifications]))
  const findings = [
    ...differences('audit events', evidence.events, wantedEvents),
    ...differences('verification records', evidence.records, { approved: verifications }),
  ]
  if (evidence.incompleteStories > 0)
    findings.push(`${evidence.incompleteStories} verifications have not exactly ${STORY.join(', ')}`)
  if (evidence.numbersSentTo !== verifications) {
    findings.push(`the vendor saw ${evidence.numbersSentTo} numbers, not ${verifications}`)
  }
  if (evidence.numbersSentToTwice > 0) findings.push(`${evidence.numbersSentToTwice} numbers got more than one message`)
  return findings
}

function differences(what: string, found: Readonly<Record<string, number>>, wanted: Readonly<Record<string, number>>): string[] {
  const names = [...new Set([...Object.keys(found), ...Object.keys(wanted)])]
  return names
    .filter((name) => (found[name] ?? 0) !== (wanted[name] ?? 0))
    .map((name) => `${what} "${name}": ${found[name] ?? 0}, not ${wanted[name] ?? 0}`)
}

async function countBy(service: Platform, expression: string, table: string): Promise<Record<string, number>> {
  const rows = await service.query(`SELECT ${expression} AS name, count(*) AS n FROM ${table} GROUP BY 1`)
  return Object.fromEntries(rows.map(({ name, n }) => [String(name), Number(n)]))
}
