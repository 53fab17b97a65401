import type { CommunicationsResult } from './communications.ts'
import { type ReadsSummary, readsTable, summariseReads } from './reads-report.ts'

export interface CommunicationsSummary extends ReadsSummary {
  readonly messages: number
}

export function summariseCommunications({ messages, lists, stats, bare }: CommunicationsResult): CommunicationsSummary {
  return { messages, ...summariseReads([...lists, stats], bare) }
}

/** The table of the reads, in Markdown. */
export function renderCommunications({ messages, ...reads }: CommunicationsSummary): string {
  return [`Reading ${messages} messages, one request at a time, pages of 20 by:`, readsTable(reads)].join('\n\n')
}
