import type { Hono } from 'hono'
import * as z from 'zod'
import { toRfc3339, wholeSeconds } from '../../core/clock'
import { requireScope } from '../../http/access'
import type { HttpEnv, Provide } from '../../http/http-env'
import { type createOperation, pathParameters } from '../../http/operation'
import { query } from '../../http/query'
import { formatAmount } from '../../payments/money'
import type { StoryDeed, StoryEntry, WantedStoryChange } from '../../payments/story/entry'
import { type Story, tellStory } from '../../payments/story/tell-story'
import { repaymentStoryAnswers } from './repayment-story-answers'
import { referenceBody } from './references'

const repaymentPathSchema = z.object({
  id: z.string().max(64).meta({ description: 'The id of the loan.', example: '123' }),
  repayment_id: z.string().max(64).meta({ description: 'The id of the repayment.', example: '456' }),
})

const storyQuerySchema = z.strictObject({
  cursor: z.string().max(256, 'is too long').optional().meta({ description: '`next_cursor` of the page before.' }),
})

/** The story of a repayment: of all callers, so for who sees them all. */
export function addRepaymentStoryRoute(
  { app, operation }: { readonly app: Hono<HttpEnv>; readonly operation: ReturnType<typeof createOperation> },
  provide: Provide,
): void {
  app.get(
    '/loans/:id/repayments/:repayment_id/story',
    operation({
      operationId: 'getRepaymentStory',
      summary: 'All that happened about a repayment',
      description:
        'For an auditor: codes that were asked for, sent and typed, attempts to send them, reports of their delivery, refusals, and each change of the repayment and of the numbers that confirm it, in order of time. What happened just now is in it. A story of more than 100 verifications or 1,000 entries comes in pages, those of the oldest verifications first; within a page the order is by time.',
      responses: { 200: { description: 'The story, or a page of it.', schema: () => repaymentStoryAnswers().story } },
      refusals: ['loan_not_found', 'repayment_not_found', 'dependency_unavailable'],
    }),
    pathParameters(repaymentPathSchema),
    requireScope(provide, 'loans:read', 'callers:all'),
    query(storyQuerySchema),
    async (c) => {
      const { id: loanId, repayment_id: repaymentId } = c.req.param()
      const { cursor } = c.req.valid('query')
      return c.json(storyBody(await tellStory(provide(c.env), { loanId, repaymentId, cursor })))
    },
  )
}

function storyBody(story: Story) {
  const { repayment, currency, statuses, isComplete, entries, nextCursor } = story
  return {
    loan_id: repayment.loanId,
    repayment_id: repayment.id,
    status: referenceBody(statuses, repayment.statusId),
    currency,
    amount_due: formatAmount(repayment.amountDue, currency),
    amount_collected: formatAmount(repayment.amountCollected, currency),
    complete: isComplete,
    entries: entries.map((entry) => entryBody(story, entry)),
    next_cursor: nextCursor,
  }
}

function entryBody(story: Story, entry: StoryEntry) {
  return {
    at: toRfc3339(entry.at),
    type: entry.type,
    verification_id: entry.verificationId,
    communication_id: entry.communicationId,
    surface: entry.surface,
    request_id: entry.requestId,
    contact_type: entry.contactType,
    to: entry.phoneMasked,
    ...deedBody(story, entry),
  }
}

/** What an entry says besides what all of them do. */
function deedBody(story: Story, deed: StoryDeed) {
  switch (deed.type) {
    case 'code.requested':
      return { channel: deed.channel, send: deed.send, replaces: deed.replaces, change: changeBody(story, deed.change) }
    case 'code.sent':
    case 'code.not_sent':
    case 'code.unconfirmed': {
      const { channel, provider, template, reason, providerCode } = deed
      return { channel, provider, template, reason, provider_code: providerCode }
    }
    case 'code.refused': {
      const waitSeconds = deed.waitMs === null ? null : wholeSeconds(deed.waitMs)
      return { channel: deed.channel, reason: deed.reason, wait_seconds: waitSeconds }
    }
    case 'attempt': {
      const { attempt, provider, channel, outcome, reason, providerCode, httpStatus, durationMs } = deed
      const answer = { reason, provider_code: providerCode, http_status: httpStatus, duration_ms: durationMs }
      return { attempt, provider, channel, outcome, ...answer }
    }
    case 'receipt': {
      const { receivedAt, provider, status, reason, providerCode } = deed
      return { received_at: toRfc3339(receivedAt), provider, status, reason, provider_code: providerCode }
    }
    case 'guess.right':
      return { guess: deed.guess, guesses_left: deed.guessesLeft }
    case 'guess.wrong':
      return { guesses_left: deed.guessesLeft, locked: deed.locked }
    case 'guess.refused':
    case 'change.refused':
      return { reason: deed.reason }
    case 'change.accepted':
      return { change: changeBody(story, deed.change) }
    case 'status.changed':
      return {
        version: deed.version,
        from_status: referenceBody(story.statuses, deed.fromStatusId),
        to_status: referenceBody(story.statuses, deed.toStatusId),
        amount: formatAmount(deed.amount, story.currency),
        amount_collected: formatAmount(deed.amountCollected, story.currency),
        payment_mode: referenceBody(story.modes, deed.paymentModeId),
        requested_by: deed.requestedBy,
      }
    case 'contact.changed':
      return { from: deed.fromPhoneMasked, requested_by: deed.requestedBy }
    case 'verification.canceled':
    case 'other':
      return {}
  }
}

function changeBody({ statuses, modes }: Story, change: WantedStoryChange | null) {
  if (!change) return null
  return {
    repayment_status: referenceBody(statuses, change.statusId),
    amount: formatAmount(change.amount, change.currency),
    currency: change.currency,
    payment_mode: referenceBody(modes, change.paymentModeId),
    requested_by: change.requestedBy,
  }
}
