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

/**
 * What a path's parameter means, by what stands before it: one of these. A confirmation is a verification as well, and a
 * lead has the lender's id, too.
 */
const PARAMETERS: Readonly<Record<string, readonly string[]>> = {
  verifications: [PLACES.verification, PLACES.verification, PLACES.confirmation],
  confirmations: [PLACES.confirmation, PLACES.confirmation, PLACES.verification],
  templates: [PLACES.template],
  communications: [PLACES.communication],
  status: [PLACES.message],
  loans: [PLACES.loan],
  repayments: [PLACES.repayment],
  leads: [PLACES.lead, PLACES.lead, PLACES.application],
  'api-keys': [PLACES.apiKey],
  gupshup: [SECRETS.path],
  msg91: [SECRETS.path],
}

/** Requests to any operation of a group, or of all: most of them as documented, the others broken in one way. */
export function requestsTo(group?: string): fc.Arbitrary<FuzzedRequest> {
  return fc.oneof(...operations.filter((operation) => group === undefined || operation.group === group).map(requestsOf))
}

function requestsOf(operation: FuzzedOperation): fc.Arbitrary<FuzzedRequest> {
  const { operationId, method } = operation
  return fc
    .record({ input: inputs(operation), path: paths(operation), slash: fc.constantFrom('', '', '/') })
    .map(({ input: [query, payload], path, slash }) => {
      // Whoever does not know the secret of a webhook's address is not heard, whatever they say.
      const isStranger = operation.path.endsWith('/{secret}') && !path.endsWith(`/${SECRETS.path}`)
      const mustBe = isStranger ? 403 : (query.mustBe ?? payload.mustBe)
      return { ...payload, operationId, method, path: path + slash + query.search, mustBe }
    })
}

/** A query and a body, of which one at most is broken. The query is looked at first. */
function inputs(operation: FuzzedOperation): fc.Arbitrary<[Query, Payload]> {
  const { method, path, query, body } = operation
  const vendor = method === 'POST' ? vendorOf(path) : undefined
  if (vendor !== undefined) return fc.tuple(vendor === 'twilio' ? echoes : noQuery, reports(vendor))

  const good = body ? fittingBodies(body) : fc.constant(NOTHING)
  const kinds = [fc.tuple(noQuery, good)]
  if (body) kinds.push(fc.tuple(noQuery, good), fc.tuple(noQuery, brokenBodies(body)))
  if (query.length > 0) {
    const bodies = body?.isRequired ? good : fc.oneof(fc.constant(NOTHING), good)
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

/** The address of an operation, with the things of a sequence still to be put in their places. */
export function addressOf(operation: FuzzedOperation): string {
  return segmentsOf(operation)
    .map(({ text, choices, things }) => choices?.[0] ?? things?.[0] ?? text)
    .join('/')
}

/** Mostly with the things of the sequence; else with anything that stays one segment of a path. */
function paths(operation: FuzzedOperation): fc.Arbitrary<string> {
  const segments = segmentsOf(operation).map(({ text, choices, things }) => {
    if (choices) return fc.constantFrom(...choices)
    return things ? fc.oneof(...things.map(ids)) : fc.constant(text)
  })
  return fc.tuple(...segments).map((chosen) => chosen.join('/'))
}

interface Segment {
  readonly text: string
  /** Any other value is another address. */
  readonly choices?: readonly string[]
  readonly things?: readonly string[]
}

function segmentsOf({ path, ofPath }: FuzzedOperation): Segment[] {
  return path.split('/').map((text, index, all) => {
    const parameter = ofPath.find(({ name }) => text === `{${name}}`)
    if (!parameter) return { text }
    if (parameter.schema.enum) return { text, choices: parameter.schema.enum }
    const things = PARAMETERS[all[index - 1]!]
    if (!things) throw new Error(`the fuzzer does not know what is in ${path}`)
    return { text, things }
  })
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
          fc.constantFrom(
            '%',
            '%00',
            '%E0%A4%A',
            '%2F',
            'check',
            'preview',
            'import',
            'export',
            `${thing}x`,
            'ver_',
            'msg_',
            'x'.repeat(5000),
          ),
          fc.constantFrom('mock_+14155550100_1763706600', 'mock_+0_1', '00000000-0000-7000-8000-000000000000', '__proto__'),
        )
        .filter((id) => !/^(\.|%2e){1,2}$/i.test(id)),
    },
  )
}
