import type { Hono } from 'hono'
import { visibleOwner } from '../../access/principal'
import type { CommunicationRow } from '../../audit/communications-of'
import { toRfc3339 } from '../../core/clock'
import { requireScope } from '../../http/access'
import type { HttpEnv, Provide } from '../../http/http-env'
import { requirePhone } from '../../http/input'
import { type createOperation, pathParameters } from '../../http/operation'
import { query } from '../../http/query'
import { getCommunication } from '../../messaging/communications/get-communication'
import { listCommunications } from '../../messaging/communications/list-communications'
import { toDecimalText } from '../../messaging/communications/money'
import type { CommunicationLogEntry } from '../../messaging/communications/read-logs'
import { communicationAnswers } from './communication-answers'
import { communicationIdSchema, listQuerySchema } from './communication-schemas'

/** `/v1/communications`: what was sent, and what became of it. */
export function addCommunicationRoutes(
  { app, operation }: { readonly app: Hono<HttpEnv>; readonly operation: ReturnType<typeof createOperation> },
  provide: Provide,
): void {
  const mayRead = requireScope(provide, 'communications:read')

  app.get(
    '/communications',
    operation({
      operationId: 'listCommunications',
      summary: 'Messages that were sent',
      description: 'Newest first. A message is here a few seconds after it was sent.',
      responses: { 200: { description: 'A page of them.', schema: () => communicationAnswers().page } },
      refusals: ['invalid_phone', 'dependency_unavailable'],
    }),
    mayRead,
    query(listQuerySchema),
    async (c) => {
      const deps = provide(c.env)
      const { to, created_after, created_before, include, ...filter } = c.req.valid('query')
      const { communications, logs, nextCursor } = await listCommunications(deps.db, {
        ...filter,
        phoneHash: to === undefined ? undefined : await deps.hashPhone(requirePhone(deps, to).e164),
        createdAfter: created_after,
        createdBefore: created_before,
        owner: visibleOwner(c.get('principal')),
        withLogs: include === 'log',
      })
      const bodies = communications.map((row) => ({
        ...communicationBody(row),
        ...(logs && { log: (logs.get(row.id) ?? []).map(logEntryBody) }),
      }))
      return c.json({ communications: bodies, next_cursor: nextCursor })
    },
  )

  app.get(
    '/communications/:id',
    operation({
      operationId: 'getCommunication',
      summary: 'A message, with all that happened to it',
      responses: { 200: { description: 'The message and its log.', schema: () => communicationAnswers().one } },
      refusals: ['communication_not_found', 'dependency_unavailable'],
    }),
    pathParameters(communicationIdSchema),
    mayRead,
    async (c) => {
      const { log, ...communication } = await getCommunication(
        provide(c.env).db,
        c.req.param('id'),
        visibleOwner(c.get('principal')),
      )
      return c.json({ ...communicationBody(communication), log: log.map(logEntryBody) })
    },
  )
}

function communicationBody(row: CommunicationRow) {
  const { templateId, templateVersion, costMicros, currency } = row
  return {
    id: row.id,
    verification_id: row.verificationId === '' ? null : row.verificationId,
    lead_id: row.leadId,
    to: row.phoneMasked,
    country: row.country,
    channel: row.channel,
    purpose: row.purpose,
    surface: row.surface,
    template: templateId === null || templateVersion === null ? null : { id: templateId, version: templateVersion },
    provider: row.provider,
    provider_message_id: row.providerMessageId,
    status: row.status,
    status_at: toRfc3339(row.statusAt),
    reason: row.reason,
    provider_code: row.providerCode,
    segments: row.segments,
    cost: costMicros === null || currency === null ? null : { amount: toDecimalText(costMicros), currency },
    verified: row.verified,
    created_at: toRfc3339(row.createdAt),
  }
}

function logEntryBody(entry: CommunicationLogEntry) {
  const common = {
    type: entry.type,
    at: toRfc3339(entry.at),
    provider: entry.provider,
    reason: entry.reason,
    provider_code: entry.providerCode,
  }
  if (entry.type === 'receipt') return { ...common, received_at: toRfc3339(entry.receivedAt), status: entry.status }
  const { attempt, channel, outcome, httpStatus, durationMs } = entry
  return { ...common, attempt, channel, outcome, http_status: httpStatus, duration_ms: durationMs }
}
