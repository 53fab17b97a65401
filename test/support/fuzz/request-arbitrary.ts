import * as fc from 'fast-check'
import { brokenBodies, fittingBodies } from './body-arbitrary'
import { type FuzzedOperation, operations } from './operations'
import { NOTHING, type Payload } from './payload'
import { PLACES, SECRETS } from './places'
import { type Query, brokenQueries, fittingQueries } from './query-arbitrary'
import { reports, vendorOf } from './report-arbitrary'

/** What to send, with the things of a sequence still to be put in their places. */
export interface FuzzedRequest extends Payload {
  readonly operationId: string
  readonly method: string
  readonly path: string
}

/** What a path's parameter means, by what stands before it. */
const PARAMETERS: Readonly<Record<string, string>> = {
  verifications: PLACES.verification,
  templates: PLACES.template,
  communications: PLACES.communication,
  status: PLACES.message,
  gupshup: SECRETS.path,
  msg91: SECRETS.path,
}

/** Requests to any operation of a tag, or of all: half of them as documented, the others broken in one way. */
export function requestsTo(tag?: string): fc.Arbitrary<FuzzedRequest> {
  return fc.oneof(...operations.filter((operation) => tag === undefined || operation.tag === tag).map(requestsOf))
}

function requestsOf(operation: FuzzedOperation): fc.Arbitrary<FuzzedRequest> {
  const { operationId, method } = operation
  return fc
    .record({ input: inputs(operation), path: paths(operation.path), slash: fc.constantFrom('', '', '/') })
    .map(({ input: [query, payload], path, slash }) => {
      // Whoever does not know the secret of a webhook's address is not heard, whatever they say.
      const isStranger = operation.path.endsWith('/{secret}') && !path.endsWith(`/${SECRETS.path}`)
      const mustBe = isStranger ? 403 : (query.mustBe ?? payload.mustBe)
      return { ...payload, operationId, method, path: path + slash + query.search, mustBe }
    })
}

/** A query and a body, of which one at most is broken. The query is looked at first. */
function inputs(operation: FuzzedOperation): fc.Arbitrary<[Query, Payload]> {
  const { method, path, query, body, bodyIsRequired } = operation
  const vendor = method === 'POST' ? vendorOf(path) : undefined
  if (vendor !== undefined) return fc.tuple(vendor === 'twilio' ? echoes : noQuery, reports(vendor))

  const good = body ? fittingBodies(body) : fc.constant(NOTHING)
  const kinds = [fc.tuple(noQuery, good)]
  if (body) kinds.push(fc.tuple(noQuery, brokenBodies(body, bodyIsRequired)))
  if (query.length > 0) {
    const bodies = bodyIsRequired ? good : fc.oneof(fc.constant(NOTHING), good)
    kinds.push(fc.tuple(fittingQueries(query), bodies), fc.tuple(brokenQueries(query), bodies))
  }
  return fc.oneof(...kinds)
}

const noQuery = fc.constant<Query>({ search: '', mustBe: undefined })

/** Twilio gives our id of a message back in the address that it calls. */
const echoes = fc.constantFrom<Query>(
  { search: `?communication_id=${PLACES.communication}`, mustBe: undefined },
  { search: '?communication_id=%00', mustBe: undefined },
  { search: '', mustBe: undefined },
)

/** Mostly with the thing of the sequence; else with anything that stays one segment of a path. */
function paths(pattern: string): fc.Arbitrary<string> {
  const [, before, collection, parameter] = /^(.*\/(\w+)\/)(\{\w+\})/.exec(pattern) ?? []
  if (before === undefined || collection === undefined || parameter === undefined) return fc.constant(pattern)
  const thing = PARAMETERS[collection]
  if (thing === undefined) throw new Error(`the fuzzer does not know what is in ${pattern}`)
  const after = pattern.slice(before.length + parameter.length)
  return ids(thing).map((id) => before + id + after)
}

function ids(thing: string): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 4, arbitrary: fc.constant(thing) },
    {
      weight: 1,
      arbitrary: fc
        .oneof(
          fc.string({ unit: 'binary', minLength: 1 }).map((text) => encodeURIComponent(text.toWellFormed())),
          fc
            .tuple(fc.constantFrom('ver_', 'msg_'), fc.base64String({ minLength: 60, maxLength: 68 }))
            .map(([prefix, text]) => prefix + encodeURIComponent(text)),
          fc.constantFrom('%', '%00', '%E0%A4%A', '%2F', 'check', 'preview', `${thing}x`, 'ver_', 'msg_', 'x'.repeat(5000)),
          fc.constantFrom('mock_+14155550100_1763706600', 'mock_+0_1', '00000000-0000-7000-8000-000000000000', '__proto__'),
        )
        .filter((id) => !/^(\.|%2e){1,2}$/i.test(id)),
    },
  )
}
