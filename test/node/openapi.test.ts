import { join } from 'node:path'
import { Validator } from '@seriousme/openapi-schema-validator'
import { build } from 'esbuild'
import { Hono } from 'hono'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { apiDocument, documentedApp } from '../../scripts/assets/api-document'
import { openToAll } from '../../src/http/access'
import { collectRoutes } from '../../src/http/documented-routes'
import { ERROR_STATUSES } from '../../src/http/error-status'
import type { HttpEnv } from '../../src/http/http-env'
import { buildOpenApi } from '../../src/http/openapi'
import { type Operation, type SurfaceSpec, createOperation, pathParameters } from '../../src/http/operation'
import { OPEN_OPERATIONS } from '../support/open-operations'

interface MediaType {
  readonly schema: Record<string, unknown>
  readonly examples?: Record<string, { readonly value: unknown }>
}
interface Answer {
  readonly description: string
  readonly headers: Record<string, unknown>
  readonly content?: Record<string, MediaType>
}
interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query' | 'header'
  readonly required?: boolean
  readonly description?: string
  readonly schema: Record<string, unknown>
}
interface DocumentedOperation {
  readonly operationId: string
  readonly summary: string
  readonly description?: string
  readonly tags: readonly string[]
  readonly parameters?: readonly (Parameter | { readonly $ref: string })[]
  readonly security: readonly Record<string, readonly string[]>[]
  readonly requestBody?: { readonly required: boolean; readonly content: { readonly 'application/json': MediaType } }
  readonly responses: Record<string, Answer>
}
interface ApiDocument {
  readonly openapi: string
  readonly tags: readonly { readonly name: string; readonly description: string }[]
  readonly paths: Record<string, Record<string, DocumentedOperation>>
  readonly components: { readonly securitySchemes: Record<string, unknown> }
}

const document = JSON.parse(JSON.stringify(apiDocument)) as ApiDocument
const operations = Object.entries(document.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => ({
    name: `${method.toUpperCase()} ${path}`,
    ...operation,
    parameters: (operation.parameters ?? []).map((one) => ('$ref' in one ? (resolve(one.$ref) as unknown as Parameter) : one)),
  })),
)

describe('openapi.json', () => {
  it('is valid OpenAPI 3.1', async () => {
    const validator = new Validator()

    expect(await validator.validate(structuredClone(document) as never)).toMatchObject({ valid: true })
    expect(validator.version).toBe('3.1')
  })

  it('has exactly these operations', () => {
    expect(operations.map(({ name, operationId }) => `${name} ${operationId}`).toSorted()).toStrictEqual([
      'DELETE /v1/api-keys/{id} revokeApiKey',
      'DELETE /v1/templates/{id} retireTemplate',
      'DELETE /v1/verifications/{id} cancelVerification',
      'GET /.well-known/jwks.json jwks',
      'GET /api/v1/external/status/{message_id} external-otp.status',
      'GET /api/v1/external/whatsapp/webhook external-otp.whatsapp.challenge',
      'GET /api_v1/health homi.health',
      'GET /debug/test-request whatsapp-otp.debug.request',
      'GET /debug/whatsapp whatsapp-otp.debug.configuration',
      'GET /health whatsapp-otp.health',
      'GET /ready ready',
      'GET /v1/api-keys listApiKeys',
      'GET /v1/api-keys/{id} getApiKey',
      'GET /v1/communications listCommunications',
      'GET /v1/communications/{id} getCommunication',
      'GET /v1/leads listLeads',
      'GET /v1/leads/export exportLeads',
      'GET /v1/leads/{id} getLead',
      'GET /v1/limits/decisions listLimitDecisions',
      'GET /v1/loans listLoans',
      'GET /v1/loans/{id} getLoan',
      'GET /v1/loans/{id}/contacts listLoanContacts',
      'GET /v1/loans/{id}/repayments/{repayment_id} getRepayment',
      'GET /v1/loans/{id}/repayments/{repayment_id}/story getRepaymentStory',
      'GET /v1/payment-modes listPaymentModes',
      'GET /v1/payments/confirmations/{id} getConfirmation',
      'GET /v1/repayment-statuses listRepaymentStatuses',
      'GET /v1/stats/delivery getDeliveryStats',
      'GET /v1/templates listTemplates',
      'GET /v1/templates/{id} getTemplate',
      'GET /v1/templates/{id}/preview previewSavedTemplate',
      'GET /v1/verifications/{id} getVerification',
      'GET /webhooks/whatsapp_cloud webhooks.whatsapp.challenge',
      'POST /api/users/send-otp user-otp.send',
      'POST /api/users/verify-otp user-otp.verify',
      'POST /api/v1/external/sms/otp external-otp.sms.send',
      'POST /api/v1/external/whatsapp/otp external-otp.whatsapp.send',
      'POST /api/v1/external/whatsapp/webhook external-otp.whatsapp.report',
      'POST /api/v1/otp/send-otp-payment payment-otp.send',
      'POST /api/v1/otp/verify-otp-and-update-status payment-otp.update',
      'POST /api/v1/otp/verify-otp-payment payment-otp.verify',
      'POST /api_v1/lead_create homi.leadCreate',
      'POST /api_v1/lead_status homi.leadStatus',
      'POST /api_v1/otp_resend homi.resend',
      'POST /api_v1/otp_send homi.send',
      'POST /api_v1/otp_verify homi.verify',
      'POST /resend-otp whatsapp-otp.resend',
      'POST /send-otp whatsapp-otp.send',
      'POST /v1/api-keys createApiKey',
      'POST /v1/api-keys/{id}/rotate rotateApiKey',
      'POST /v1/leads createLead',
      'POST /v1/leads/{id}/status pushLeadStatus',
      'POST /v1/leads/{id}/submit submitLead',
      'POST /v1/limits/lift liftLimit',
      'POST /v1/loans createLoan',
      'POST /v1/loans/import importLoans',
      'POST /v1/loans/{id}/repayments addRepayments',
      'POST /v1/payments/confirmations createConfirmation',
      'POST /v1/payments/confirmations/{id}/check checkConfirmation',
      'POST /v1/people/erase erasePerson',
      'POST /v1/templates createTemplate',
      'POST /v1/templates/preview previewTemplate',
      'POST /v1/tokens/redeem redeemToken',
      'POST /v1/verifications createVerification',
      'POST /v1/verifications/check checkVerification',
      'POST /v1/verifications/{id}/check checkVerificationById',
      'POST /v1/verifications/{id}/resend resendVerification',
      'POST /verify-otp whatsapp-otp.verify',
      'POST /webhooks/gupshup/{secret} webhooks.gupshup',
      'POST /webhooks/msg91/{secret} webhooks.msg91',
      'POST /webhooks/twilio webhooks.twilio',
      'POST /webhooks/whatsapp_cloud webhooks.whatsapp.report',
      'PUT /v1/loans/{id}/contacts/{contact_type} changeLoanContact',
      'PUT /v1/templates/{id} replaceTemplate',
    ])
  })

  it('has every route of the app', () => {
    const routes = documentedApp.routes.filter(({ method, path }) => !(method === 'ALL' && path.endsWith('*')))
    const names = routes.map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)(\{[^}]*\})?/g, '{$1}')}`)

    expect(new Set(operations.map(({ name }) => name))).toStrictEqual(new Set(names))
  })

  it('has no two operations of one id, and a described tag for each', () => {
    expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length)
    expect(new Set(operations.flatMap(({ tags }) => tags))).toStrictEqual(new Set(document.tags.map(({ name }) => name)))
    expect(document.tags.every(({ description }) => description.endsWith('.'))).toBe(true)
  })

  it('has these parameters of queries, of which only the period of an export has to be there', () => {
    const taken = operations.flatMap(({ operationId, parameters }) => {
      const ofQuery = parameters.filter((parameter) => parameter.in === 'query')
      return ofQuery.length === 0 ? [] : [[operationId, ofQuery.map(parameterText)]]
    })
    const sent = ['to_phone: string', String.raw`otp: string ^\d{4,8}$`]
    const challenge = ['hub.mode: string', 'hub.verify_token: string', 'hub.challenge: string']

    expect(Object.fromEntries(taken)).toStrictEqual({
      listTemplates: [
        'channel: string sms|whatsapp',
        'purpose: string',
        'locale: string',
        'limit: integer 1..100',
        String.raw`cursor: string ^\d{1,15}$`,
      ],
      listApiKeys: ['status: string active|expired|revoked', 'limit: integer 1..100', 'cursor: string'],
      listCommunications: [
        'to: string',
        'purpose: string',
        'provider: string gupshup|msg91|mshastra|twilio|whatsapp_cloud|mock',
        'status: string pending|unknown|queued|sent|failed|undelivered|delivered|read',
        'created_after: string date-time',
        'created_before: string date-time',
        'limit: integer 1..100',
        'include: string log',
        'cursor: string',
      ],
      getDeliveryStats: ['from: string date-time', 'until: string date-time'],
      listLimitDecisions: ['rule: string key|address|prefix|country|guess|spend', 'limit: integer 1..100', 'cursor: string'],
      listLoans: ['limit: integer 1..100', 'cursor: string ^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$'],
      getRepaymentStory: ['cursor: string'],
      listLeads: [
        'phone: string',
        'submission: string waiting|submitted|refused|given_up',
        'loan_type: string',
        'status: string',
        'created_after: string date-time',
        'created_before: string date-time',
        'limit: integer 1..100',
        'cursor: string',
      ],
      exportLeads: [
        'created_after!: string date-time',
        'created_before!: string date-time',
        'submission: string waiting|submitted|refused|given_up',
        'loan_type: string',
      ],
      'external-otp.sms.send': sent,
      'external-otp.whatsapp.send': sent,
      'external-otp.whatsapp.challenge': challenge,
      'webhooks.whatsapp.challenge': challenge,
    })
  })

  it('says who may use each operation', () => {
    expect(document.components.securitySchemes).toMatchObject({
      bearer: { type: 'http', scheme: 'bearer' },
      apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
      operator: { type: 'http', scheme: 'bearer' },
    })
    const allowed = operations.map(({ operationId, security }) => [accessText(security), operationId] as const)
    const byAccess = Object.fromEntries(
      Object.entries(Object.groupBy(allowed, ([access]) => access)).map(([access, ids = []]) => [
        access,
        ids.map(([, id]) => id).toSorted(),
      ]),
    )

    expect(byAccess).toStrictEqual({
      everybody: OPEN_OPERATIONS,
      operator: ['createApiKey', 'getApiKey', 'liftLimit', 'listApiKeys', 'listLimitDecisions', 'revokeApiKey', 'rotateApiKey'],
      'verifications:send': [
        'cancelVerification',
        'createVerification',
        'external-otp.sms.send',
        'external-otp.whatsapp.send',
        'homi.resend',
        'homi.send',
        'resendVerification',
        'user-otp.send',
        'whatsapp-otp.resend',
        'whatsapp-otp.send',
      ],
      'verifications:check': [
        'checkVerification',
        'checkVerificationById',
        'homi.verify',
        'user-otp.verify',
        'whatsapp-otp.verify',
      ],
      'verifications:read': ['external-otp.status', 'getVerification'],
      'payments:confirm': [
        'checkConfirmation',
        'createConfirmation',
        'getConfirmation',
        'payment-otp.send',
        'payment-otp.update',
        'payment-otp.verify',
      ],
      'leads:create': ['createLead', 'homi.leadCreate'],
      'leads:status': ['homi.leadStatus'],
      'leads:read': ['exportLeads', 'getLead', 'listLeads'],
      'leads:update': ['pushLeadStatus', 'submitLead'],
      'loans:read': ['getLoan', 'getRepayment', 'listLoanContacts', 'listLoans', 'listPaymentModes', 'listRepaymentStatuses'],
      'loans:write': ['addRepayments', 'changeLoanContact', 'createLoan', 'importLoans'],
      'loans:read callers:all': ['getRepaymentStory'],
      'templates:read': ['getTemplate', 'listTemplates', 'previewSavedTemplate', 'previewTemplate'],
      'templates:write': ['createTemplate', 'replaceTemplate', 'retireTemplate'],
      'communications:read': ['getCommunication', 'getDeliveryStats', 'listCommunications'],
      'people:erase callers:all': ['erasePerson'],
      'tokens:redeem': ['redeemToken'],
    })
  })

  it('says the same in words, and how the others are refused', () => {
    for (const { operationId, security, description, responses } of operations) {
      const access = accessText(security)
      const refused = Object.values(responses).flatMap((answer) => answer.description.match(/(?<=`)[a-z_]+(?=`)/g) ?? [])
      const last = description!.split('\n').at(-1)
      expect(refused.includes('unauthorized'), operationId).toBe(access !== 'everybody')
      expect(refused.includes('insufficient_scope'), operationId).toBe(access !== 'everybody')
      if (access === 'everybody') {
        expect(last, operationId).toMatch(/^Open to all: \w.+\.$/)
        continue
      }
      const scopes = access.split(' ').map((scope) => `\`${scope}\``)
      expect(last, operationId).toBe(access === 'operator' ? 'For the operator only.' : `Scope: ${scopes.join(', ')}.`)
      expect(responses['401']!.headers, operationId).toHaveProperty('WWW-Authenticate')
    }
  })

  it('has these parameters in headers, none of which has to be there, and the refusals that go with them', () => {
    const refusalsOf: Readonly<Record<string, readonly string[]>> = {
      'Idempotency-Key': ['idempotency_key_in_use', 'idempotency_key_reused'],
      'X-Turnstile-Token': ['challenge_failed', 'challenge_not_configured'],
    }
    const seen = operations.flatMap(({ operationId, parameters, responses }) => {
      const headers = parameters.filter((parameter) => parameter.in === 'header')
      const refused = Object.values(responses).flatMap((answer) => answer.description.match(/(?<=`)[a-z_]+(?=`)/g) ?? [])
      for (const [name, codes] of Object.entries(refusalsOf)) {
        const isTaken = headers.some((header) => header.name === name)
        expect([operationId, codes.map((code) => refused.includes(code))]).toStrictEqual([operationId, codes.map(() => isTaken)])
      }
      expect(
        headers.some(({ required }) => required === true),
        operationId,
      ).toBe(false)
      return headers.map(({ name }) => name)
    })
    const isOfBrowsers = ({ name, security }: (typeof operations)[number]) =>
      name.startsWith('POST ') && accessText(security) === 'verifications:send'

    expect(new Set(seen)).toStrictEqual(new Set(Object.keys(refusalsOf)))
    expect(seen.filter((name) => name === 'X-Turnstile-Token')).toHaveLength(operations.filter(isOfBrowsers).length)
    expect(seen.filter((name) => name === 'Idempotency-Key').length).toBeGreaterThan(15)
  })

  it('has answers as text to the challenges, without a body to reports and removals, as CSV to an export, and as JSON to all else', () => {
    const kinds = operations.map(({ operationId, responses }) => {
      const [, success] = Object.entries(responses).find(([status]) => Number(status) < 300)!
      return [operationId, Object.keys(success.content ?? {}).join()] as const
    })

    expect(Object.fromEntries(kinds.filter(([, kind]) => kind !== 'application/json'))).toStrictEqual({
      cancelVerification: '',
      retireTemplate: '',
      revokeApiKey: '',
      exportLeads: 'text/csv',
      'external-otp.whatsapp.challenge': 'text/plain',
      'external-otp.whatsapp.report': '',
      'webhooks.whatsapp.challenge': 'text/plain',
      'webhooks.whatsapp.report': '',
      'webhooks.twilio': '',
      'webhooks.gupshup': '',
      'webhooks.msg91': '',
    })
  })

  it('has every refusal but that of another method, for which there is no operation', () => {
    const codes = operations.flatMap(({ responses }) =>
      Object.values(responses).flatMap(({ description }) => description.match(/(?<=`)[a-z_]+(?=`)/g) ?? []),
    )

    expect(new Set(Object.keys(ERROR_STATUSES)).difference(new Set(codes))).toStrictEqual(new Set(['method_not_allowed']))
  })

  it('says what amounts, the ids of lenders and contacts can be', () => {
    const { schema } =
      document.paths['/api/v1/otp/verify-otp-and-update-status']!['post']!.requestBody!.content['application/json']
    const { loan_id: id, status_update: update } = (
      inline(schema) as { properties: Record<string, { anyOf: unknown; properties: object }> }
    ).properties
    const contact = operations.find(({ operationId }) => operationId === 'changeLoanContact')!.parameters[1]!

    expect(id!.anyOf).toMatchObject([
      { type: 'integer', minimum: 0 },
      { type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$' },
    ])
    expect(update!.properties).toMatchObject({
      amount_collected: { type: ['number', 'string'], minimum: 0, pattern: String.raw`^\d+(\.\d+)?$` },
    })
    expect(contact.schema).toMatchObject({ enum: ['applicant', 'co_applicant'] })
  })

  it('says what the fields of a lead can be, without the ways in which they are read', () => {
    const whole = { type: ['integer', 'string'], pattern: String.raw`^\d{1,15}(\.0+)?$` }
    const shown = {
      loan_amount: { ...whole, minimum: 1_000, maximum: 1_000_000_000 },
      pin_code: { type: ['string', 'integer'], pattern: String.raw`^[1-9]\d{5}$`, minimum: 100_000, maximum: 999_999 },
      gender: { type: ['string', 'null'], maxLength: 16 },
      email: { type: 'string', format: 'email' },
      loan_type: { type: 'string' },
    }
    const bodies = [
      ['/v1/leads', { ...shown, loan_tenure_years: { ...whole, minimum: 1, maximum: 40 }, date_of_birth: { type: 'string' } }],
      ['/api_v1/lead_create', { ...shown, loan_tenure: { ...whole, minimum: 1, maximum: 40 }, dob: { type: 'string' } }],
    ] as const

    for (const [path, expected] of bodies) {
      const { schema } = document.paths[path]!['post']!.requestBody!.content['application/json']
      const { properties, required } = inline(schema) as { properties: Record<string, object>; required: string[] }

      expect(properties).toMatchObject(expected)
      for (const [name, property] of Object.entries(properties)) expect(property, name).not.toHaveProperty('anyOf')
      expect(required).not.toContain('gender')
      expect(required).toHaveLength(Object.keys(properties).length - 1)
    }
  })

  it('points at nothing that is not there', () => {
    const references = [...nodes(document)].flatMap(({ $ref }) => (typeof $ref === 'string' ? [$ref] : []))

    expect(references.length).toBeGreaterThan(100)
    for (const reference of new Set(references)) expect(resolve(reference), reference).toBeTypeOf('object')
  })
})

describe.each(operations)('$name in the document', ({ name, summary, parameters, requestBody, responses }) => {
  const statuses = Object.keys(responses).map(Number)

  it('has a summary, a success and the parameters of its path, and describes all parameters', () => {
    expect(summary).toMatch(/^[A-Z].{5,}/)
    // What is kept and still to be handed on is the other success of what makes it.
    expect(statuses.filter((status) => status < 300 && status !== 202)).toHaveLength(1)
    const ofPath = parameters.filter((parameter) => parameter.in === 'path')
    expect(ofPath.map((parameter) => `{${parameter.name}}`)).toStrictEqual(name.match(/\{\w+\}/g) ?? [])
    expect(ofPath.every(({ required }) => required)).toBe(true)
    for (const { name: parameter, description } of parameters) expect(description, parameter).toMatch(/\.$/)
  })

  it('refuses, in its example, a field or a parameter that it has', () => {
    const [media] = Object.values(responses['400']?.content ?? {})
    const { errors = [] } = (media?.examples?.['invalid_request']?.value ?? {}) as { errors?: { path: string }[] }
    const body = inline(requestBody?.content['application/json'].schema ?? {}) as { properties?: object }
    const names = [...Object.keys(body.properties ?? {}), ...parameters.map((parameter) => parameter.name)]
    for (const { path } of errors) expect(names).toContain(path)
  })

  it('has the failures of every route that works, or none', () => {
    const alwaysAnswers = /\/(health|ready)$/.test(name)
    const hasQuery = parameters.some((parameter) => parameter.in === 'query')
    const ofInput = [...(requestBody ? [400, 413, 415] : []), ...(hasQuery ? [400] : [])]
    const expected = alwaysAnswers ? [] : [...ofInput, 500, 503]

    expect(statuses).toStrictEqual(expect.arrayContaining(expected))
    if (alwaysAnswers) expect(statuses).not.toContain(500)
  })

  it('tells refusals by their codes, the request id always, and the seconds to wait where there are some', () => {
    for (const [status, { headers, description, content }] of Object.entries(responses)) {
      expect(headers).toHaveProperty('X-Request-Id', { $ref: '#/components/headers/X-Request-Id' })
      expect(description).not.toBe('')
      if (status === '429') expect(headers).toHaveProperty('Retry-After')
      for (const { examples } of Object.values(content ?? {})) {
        if (examples) expect(description).toBe(codeList(Object.keys(examples)))
      }
    }
  })

  it('has an example of every body, and each fits its schema', () => {
    if (requestBody) expect(examplesOf(requestBody.content['application/json'])).not.toHaveLength(0)
    for (const content of [requestBody?.content, ...Object.values(responses).map((answer) => answer.content)]) {
      for (const media of Object.values(content ?? {})) {
        const schema = z.fromJSONSchema(inline(media.schema) as never)
        for (const example of examplesOf(media)) expect(schema.safeParse(example)).toMatchObject({ success: true })
      }
    }
  })
})

describe('the examples of bodies', () => {
  const bodies = collectRoutes(documentedApp).flatMap(({ operation, body }) => (body ? [{ ...operation, body }] : []))

  // An amount comes to the validators digit by digit.
  const asRead = (example: unknown): unknown =>
    JSON.parse(JSON.stringify(example), (name, value: unknown) => (name.startsWith('amount') ? String(value) : value))

  it.each(bodies)('of $operationId is taken by what validates it', ({ body }) => {
    const example = body.schema.meta()?.['example']

    expect(example).toBeDefined()
    expect(body.schema.safeParse(asRead(example))).toMatchObject({ success: true })
  })
})

describe('the examples of fields', () => {
  const examples = [...nodes(document)].filter((node) => Array.isArray(node['examples']))

  it('fit their schemas', () => {
    expect(examples.length).toBeGreaterThan(10)
    for (const { examples: values, ...schema } of examples) {
      for (const value of values as unknown[]) {
        expect(z.fromJSONSchema(inline(schema) as never).safeParse(value), JSON.stringify(value)).toMatchObject({ success: true })
      }
    }
  })
})

describe('buildOpenApi', () => {
  const surface: SurfaceSpec = {
    tag: 'test',
    statuses: ERROR_STATUSES,
    failureSchema: z.object({ code: z.string() }),
    failureMediaType: 'application/json',
  }
  const info = { title: 'Test', version: '1', description: '', tags: [{ name: 'test', description: 'A test.' }] }
  const operation = (changes: Partial<Operation> = {}) =>
    createOperation(surface)({
      operationId: 'one',
      summary: 'One',
      responses: { 200: { description: 'Yes.' } },
      refusals: [],
      ...changes,
    })
  const open = openToAll('is a test')
  const app = () => new Hono<HttpEnv>()

  it('takes middleware and catch-alls for no routes', () => {
    const routes = app()
      .use(async (_c, next) => next())
      .get('/one', operation(), open, (c) => c.text(''))
      .all('*', (c) => c.text(''))

    expect(Object.keys(buildOpenApi(routes, info).paths ?? {})).toStrictEqual(['/one'])
  })

  it('finds the operation of a route in an app that handles its own errors', () => {
    const inner = app().get('/one', operation(), open, (c) => c.text(''))
    inner.onError((_error, c) => c.text(''))

    expect(Object.keys(buildOpenApi(app().route('/inner', inner), info).paths ?? {})).toStrictEqual(['/inner/one'])
  })

  it.each([
    [
      'a route without an operation',
      app()
        .get('/one', operation(), open, (c) => c.text(''))
        .get('/two', (c) => c.text('')),
      'GET /two',
    ],
    [
      'a route that does not say who may use it',
      app().get('/one', operation(), (c) => c.text('')),
      'GET /one does not say who may use it',
    ],
    [
      'two operations of one id',
      app()
        .get('/one', operation(), open, (c) => c.text(''))
        .get('/two', operation(), open, (c) => c.text('')),
      'id one',
    ],
    ['a parameter that is not documented', app().get('/one/:id', operation(), open, (c) => c.text('')), 'GET /one/:id'],
    [
      'a documented parameter that is not there',
      app().get('/one', operation(), open, pathParameters(z.object({ id: z.string() })), (c) => c.text('')),
      'GET /one',
    ],
    [
      'a status that is both an answer and a failure',
      app().get('/one', operation({ responses: { 404: { description: 'No.' } }, refusals: ['route_not_found'] }), open, (c) =>
        c.text(''),
      ),
      '404',
    ],
  ])('refuses %s', (_what, routes, complaint) => {
    expect(() => buildOpenApi(routes, info)).toThrow(complaint)
  })

  it('refuses a surface without a tag', () => {
    expect(() =>
      buildOpenApi(
        app().get('/one', operation(), open, (c) => c.text('')),
        { ...info, tags: [] },
      ),
    ).toThrow('test')
  })

  it('is not in the Worker', async () => {
    const entry = join(import.meta.dirname, '../../src/index.ts')
    const bundle = await build({
      entryPoints: [entry],
      bundle: true,
      format: 'esm',
      external: ['cloudflare:*'],
      write: false,
      metafile: true,
    })
    const inputs = Object.keys(bundle.metafile.inputs)

    expect(inputs.some((path) => path.endsWith('src/http/operation.ts'))).toBe(true)
    expect(inputs.filter((path) => /zod-openapi|http\/(openapi|documented-routes|sample-refusals)/.test(path))).toStrictEqual([])
  })
})

/** Whose credential is wanted: scopes with blanks between, which both headers want alike. */
function accessText(security: DocumentedOperation['security']): string {
  const [first, second, ...others] = security
  if (!first) return 'everybody'
  if ('operator' in first) return security.length === 1 && first['operator'].length === 0 ? 'operator' : 'unclear'
  const scopes = first['bearer'] ?? []
  expect([second, others]).toStrictEqual([{ apiKey: scopes }, []])
  return scopes.join(' ')
}

/** `limit: integer 1..100`: a parameter with all that bounds it but its length. */
function parameterText({ name, required, schema }: Parameter): string {
  const { type, enum: values, const: only, format, pattern, minimum, maximum } = schema as Record<string, string>
  const among = (values as readonly string[] | undefined)?.join('|')
  const range = minimum === undefined ? undefined : `${minimum}..${maximum}`
  const bounds = [among, only, format, pattern, range].filter((bound) => bound !== undefined)
  return [`${name}${required ? '!' : ''}: ${type}`, ...bounds].join(' ')
}

function codeList(codes: readonly string[]): string {
  return codes.map((code) => `\`${code}\``).join(', ')
}

function examplesOf({ schema, examples }: MediaType): unknown[] {
  const resolved = typeof schema['$ref'] === 'string' ? resolve(schema['$ref']) : schema
  return [
    ...Object.values(examples ?? {}).map(({ value }) => value),
    ...((resolved?.['examples'] as unknown[] | undefined) ?? []),
  ]
}

function* nodes(value: unknown): Generator<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return
  if (!Array.isArray(value)) yield value as Record<string, unknown>
  for (const inner of Object.values(value)) yield* nodes(inner)
}

function resolve(reference: string): Record<string, unknown> | undefined {
  const steps = reference
    .replace(/^#\//, '')
    .split('/')
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
  let node: unknown = document
  for (const step of steps) node = (node as Record<string, unknown> | undefined)?.[step]
  return node as Record<string, unknown> | undefined
}

/** The schema with what it refers to in its place. */
function inline(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((inner) => inline(inner))
  const { $ref } = value as { $ref?: unknown }
  if (typeof $ref === 'string') return inline(resolve($ref))
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, inline(inner)]))
}
