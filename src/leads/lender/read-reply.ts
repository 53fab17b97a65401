import * as z from 'zod'
import type { VendorReply } from '../../messaging/providers/http'
import type { FindOutcome, LenderFailure, StatusOutcome, SubmitOutcome, TakenApplication } from './lender'
import { statusWords } from './status-words'
import type { Cleaner } from './without-personal'

// What the lender's replies mean: an envelope {message, isError, result, responseException} around what was asked for.

type Unknown = Extract<SubmitOutcome, { status: 'unknown' }>

// Fields of an unexpected type count as absent, so that one odd field does not hide what the others say.
const text = z.string().optional().catch(undefined)
/** A text or a number of visible characters. It stands in paths, where dots alone would lead elsewhere. */
const id = z
  .union([z.string(), z.number().int()])
  .transform((value) => String(value).trim())
  .pipe(z.string().regex(/^(?!\.{1,2}$)[^\s\p{C}]{1,64}$/u))
  .optional()
  .catch(undefined)

const envelopeSchema = z.object({
  isError: z.boolean().optional().catch(undefined),
  result: z.unknown().optional(),
  responseException: z.object({ validationErrors: z.unknown().optional() }).optional().catch(undefined),
})
type Envelope = z.infer<typeof envelopeSchema>

const resultSchema = z.object({
  id,
  basicAppId: id,
  latestStatus: text,
  applicationStatus: text,
  primaryBorrower: z.object({ customerId: id }).optional().catch(undefined),
  applicationComments: z
    .array(z.object({ refId: id }).catch({ refId: undefined }))
    .optional()
    .catch(undefined),
})
type Result = z.infer<typeof resultSchema>

/** What came of handing an application in. Only where it is certain that nothing was made may it be repeated unasked. */
export function readSubmit(reply: VendorReply, clean: Cleaner): SubmitOutcome {
  if (reply.kind !== 'replied') return unknown(reply.kind, null)
  const { httpStatus, json } = reply
  if (isDefiniteFailure(httpStatus)) return { status: 'failed', reason: reasonOfHttpStatus(httpStatus), httpStatus }
  const envelope = readEnvelope(json)
  const isInvalid = hasValidationErrors(envelope)
  if (httpStatus === 400 || httpStatus === 422 || (envelope?.isError && isInvalid && httpStatus < 500)) {
    return { status: 'refused', reason: isInvalid ? 'validation_failed' : 'rejected', response: clean.json(json) }
  }
  if (!isSuccess(httpStatus)) return unknown(reasonOfHttpStatus(httpStatus), httpStatus)
  if (envelope?.isError) return unknown('unknown', httpStatus)
  const application = toApplication(resultSchema.safeParse(envelope?.result).data, json, clean)
  return application ? { status: 'accepted', application } : unknown('unreadable_reply', httpStatus)
}

/** @param ownId our id of the application */
export function readFind(reply: VendorReply, ownId: string, clean: Cleaner): FindOutcome {
  const answer = readAnswer(reply)
  if (answer.status !== 'found') return answer
  const one = Array.isArray(answer.result)
    ? pick(answer.result, 'id', ownId)
    : notAnother(resultSchema.safeParse(answer.result).data, ownId)
  if (one === 'not_found') return { status: one }
  const application = toApplication(one, answer.json, clean)
  return application ? { status: 'found', application } : unknown('unreadable_reply', answer.httpStatus)
}

/** @param applicationId the lender's id of it */
export function readStatus(reply: VendorReply, applicationId: string, clean: Cleaner): StatusOutcome {
  const answer = readAnswer(reply)
  if (answer.status !== 'found') return answer
  const one = Array.isArray(answer.result)
    ? pick(answer.result, 'basicAppId', applicationId)
    : resultSchema.safeParse(answer.result).data
  if (one === 'not_found') return { status: one }
  const words = statusText(one, clean)
  return words === null ? unknown('unreadable_reply', answer.httpStatus) : { status: 'found', text: words }
}

type Answer =
  | { readonly status: 'found'; readonly result: unknown; readonly json: unknown; readonly httpStatus: number }
  | { readonly status: 'not_found' }
  | Unknown

/** The answer to a question. No application is said in three ways. */
function readAnswer(reply: VendorReply): Answer {
  if (reply.kind !== 'replied') return unknown(reply.kind, null)
  const { httpStatus, json } = reply
  if (httpStatus === 404) return { status: 'not_found' }
  if (!isSuccess(httpStatus)) return unknown(reasonOfHttpStatus(httpStatus), httpStatus)
  if (reply.text.trim() === '') return { status: 'not_found' }
  const envelope = readEnvelope(json)
  if (envelope?.isError) return unknown('unknown', httpStatus)
  if (envelope?.result === undefined) return unknown('unreadable_reply', httpStatus)
  return envelope.result === null ? { status: 'not_found' } : { status: 'found', result: envelope.result, json, httpStatus }
}

/** The one of several. That it is not among them can be said only where all of them say which they are. */
function pick(results: readonly unknown[], name: 'id' | 'basicAppId', wanted: string): Result | 'not_found' | undefined {
  const all = results.map((result) => resultSchema.safeParse(result).data)
  const one = all.find((result) => isSame(result?.[name], wanted))
  return one ?? (all.every((result) => result?.[name] !== undefined) ? 'not_found' : undefined)
}

function notAnother(result: Result | undefined, ownId: string): Result | 'not_found' | undefined {
  return result?.id === undefined || isSame(result.id, ownId) ? result : 'not_found'
}

function isSame(one: string | undefined, other: string): boolean {
  return one?.toLowerCase() === other.toLowerCase()
}

function toApplication(result: Result | undefined, json: unknown, clean: Cleaner): TakenApplication | undefined {
  // It would stand in the open. One that has a date or a PIN code in it by chance is an id.
  if (result?.basicAppId === undefined || clean.identifies(result.basicAppId)) return undefined
  return {
    applicationId: result.basicAppId,
    customerId: impersonal(result.primaryBorrower?.customerId, clean),
    relationId: impersonal(result.applicationComments?.[0]?.refId, clean),
    status: statusText(result, clean),
    response: clean.json(json),
  }
}

/** An id that is the customer's number or PAN is not kept: it would stand in the open. */
function impersonal(value: string | undefined, clean: Cleaner): string | null {
  return value !== undefined && clean.text(value) === value ? value : null
}

/** One line; null where there are no words. */
function statusText(result: Result | undefined, clean: Cleaner): string | null {
  const lines = [result?.latestStatus, result?.applicationStatus].map((words = '') => statusWords(words, clean))
  return lines.find((words) => words !== '') ?? null
}

function readEnvelope(json: unknown): Envelope | undefined {
  return envelopeSchema.safeParse(json).data
}

function hasValidationErrors(envelope: Envelope | undefined): boolean {
  const errors = envelope?.responseException?.validationErrors
  return typeof errors === 'object' && errors !== null && Object.keys(errors).length > 0
}

function isSuccess(httpStatus: number): boolean {
  return httpStatus >= 200 && httpStatus < 300
}

/** It was turned away before anybody looked at it: the key, the pace or the path is wrong. */
function isDefiniteFailure(httpStatus: number): boolean {
  return [401, 403, 404, 405, 429].includes(httpStatus) || (httpStatus >= 300 && httpStatus < 400)
}

function reasonOfHttpStatus(httpStatus: number): LenderFailure {
  if (httpStatus === 401 || httpStatus === 403) return 'provider_auth'
  if (httpStatus === 429) return 'rate_limited'
  return httpStatus >= 500 ? 'provider_unavailable' : 'unknown'
}

function unknown(reason: LenderFailure, httpStatus: number | null): Unknown {
  return { status: 'unknown', reason, httpStatus }
}
