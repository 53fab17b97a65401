import { fillTable, type MessageRow } from './message-rows.ts'
import type { Platform } from './platform.ts'

/** What vendors report on their way to a status. */
const REPORTS: Readonly<Record<string, readonly (readonly [status: string, rank: number])[]>> = {
  sent: [['sent', 3]],
  delivered: [
    ['sent', 3],
    ['delivered', 5],
  ],
  read: [
    ['delivered', 5],
    ['read', 6],
  ],
  undelivered: [
    ['sent', 3],
    ['undelivered', 4],
  ],
}

/** Gives each message one attempt, and the reports that led to its status. */
export async function fillLogs(platform: Platform, messages: readonly MessageRow[]): Promise<void> {
  await fillTable(platform, 'communication_log', messages.map(attemptOf))
  await fillTable(platform, 'communication_receipt', messages.flatMap(reportsOn))
}

function attemptOf({ id, channel, provider, status, reason, created_at }: MessageRow) {
  const isRefused = provider === null
  return {
    communication_id: id,
    attempt: 1,
    at: created_at,
    provider: provider ?? 'twilio',
    channel,
    outcome: status === 'unknown' ? 'unknown' : isRefused ? 'rejected' : 'accepted',
    reason: isRefused ? reason : null,
    http_status: isRefused ? 400 : 201,
    duration_ms: 212,
  }
}

function reportsOn({ provider, provider_message_id, status, status_at, reason, provider_code }: MessageRow) {
  if (provider === null) return []
  return (REPORTS[status] ?? []).map(([reported, status_rank]) => ({
    provider,
    provider_message_id,
    status: reported,
    status_rank,
    at: status_at,
    received_at: status_at,
    reason: reported === 'undelivered' ? reason : null,
    provider_code: reported === 'undelivered' ? provider_code : null,
  }))
}
