import type { Hono } from 'hono'
import { IMPORT_BODY_LIMIT_BYTES, LOAN_BODY_LIMIT_BYTES } from '../../config/limits'
import { requireScope } from '../../http/access'
import type { HttpEnv, Provide } from '../../http/http-env'
import { idempotent } from '../../http/idempotency'
import { lenderIdSchema } from '../../http/input'
import { toIssues } from '../../http/issues'
import { createJsonBody } from '../../http/json-body'
import { type createOperation, pathParameters } from '../../http/operation'
import { query } from '../../http/query'
import { addRepayments } from '../../payments/loans/add-repayments'
import { createLoan } from '../../payments/loans/create-loan'
import { getLoan } from '../../payments/loans/get-loan'
import { getRepayment } from '../../payments/loans/get-repayment'
import { type ImportRow, importLoans } from '../../payments/loans/import-loans'
import { listLoans } from '../../payments/loans/list-loans'
import { readReferences } from '../../payments/read-references'
import { loanAnswers, loanBody, loanSummaryBody, repaymentWithHistoryBody } from './loan-answers'
import {
  LOAN_DECIMALS,
  addRepaymentsBodySchema,
  importLoansBodySchema,
  listLoansQuerySchema,
  loanLocationSchema,
  loanParameterSchema,
  loanSchema,
  repaymentParameterSchema,
} from './loan-schemas'

const PATH = '/loans'
const PATH_OF_ONE = `${PATH}/:id`
const DECIMALS = { decimals: LOAN_DECIMALS }

interface Surface {
  readonly app: Hono<HttpEnv>
  readonly operation: ReturnType<typeof createOperation>
}

/** `/v1/loans`. */
export function addLoanRoutes(surface: Surface, provide: Provide): void {
  addWrites(surface, provide)
  addReads(surface, provide)
  addReferences(surface, provide)
}

function addWrites({ app, operation }: Surface, provide: Provide): void {
  const jsonBody = createJsonBody(provide)
  const mayWrite = requireScope(provide, 'loans:write')
  const created = (description: string) => ({
    201: {
      description,
      schema: () => loanAnswers().loan,
      headers: { Location: { description: 'Where the loan is.', schema: loanLocationSchema } },
    },
  })

  app.post(
    PATH,
    operation({
      operationId: 'createLoan',
      summary: 'Create a loan',
      description: 'With its contacts and repayments. Numbers are encrypted, and shown masked only.',
      responses: created('The loan.'),
      refusals: ['loan_exists', 'dependency_unavailable'],
    }),
    mayWrite,
    idempotent(provide, { limitBytes: LOAN_BODY_LIMIT_BYTES }),
    jsonBody(loanSchema, { ...DECIMALS, limitBytes: LOAN_BODY_LIMIT_BYTES }),
    async (c) => {
      const view = await createLoan(provide(c.env), c.req.valid('json'))
      return c.json(loanBody(view), 201, { Location: `/v1${PATH}/${view.loan.id}` })
    },
  )

  app.post(
    `${PATH}/import`,
    operation({
      operationId: 'importLoans',
      summary: 'Create many loans',
      description:
        'All of them or none: where one row has a mistake nothing is written, and the answer lists the mistakes of every row. An import that got no answer can be sent again: loans that are there already are refused as such.',
      responses: { 200: { description: 'All are in.', schema: () => loanAnswers().imported } },
      refusals: ['import_refused', 'dependency_unavailable'],
    }),
    mayWrite,
    idempotent(provide, { limitBytes: IMPORT_BODY_LIMIT_BYTES }),
    jsonBody(importLoansBodySchema, { ...DECIMALS, limitBytes: IMPORT_BODY_LIMIT_BYTES }),
    async (c) => {
      const { loans } = c.req.valid('json')
      const repayments = await importLoans(provide(c.env), loans.map(toImportRow))
      return c.json({ imported: loans.length, repayments })
    },
  )

  app.post(
    `${PATH_OF_ONE}/repayments`,
    operation({
      operationId: 'addRepayments',
      summary: 'Add repayments to a loan',
      description: 'All of them or none.',
      responses: created('The loan with all its repayments.'),
      refusals: ['loan_not_found', 'loan_exists', 'dependency_unavailable'],
    }),
    mayWrite,
    idempotent(provide, { limitBytes: LOAN_BODY_LIMIT_BYTES }),
    pathParameters(loanParameterSchema),
    jsonBody(addRepaymentsBodySchema, { ...DECIMALS, limitBytes: LOAN_BODY_LIMIT_BYTES }),
    async (c) => {
      const id = c.req.param('id')
      const view = await addRepayments(provide(c.env), id, c.req.valid('json').repayments)
      return c.json(loanBody(view), 201, { Location: `/v1${PATH}/${id}` })
    },
  )
}

function addReads({ app, operation }: Surface, provide: Provide): void {
  const mayRead = requireScope(provide, 'loans:read')

  app.get(
    PATH,
    operation({
      operationId: 'listLoans',
      summary: 'The loans',
      description: 'By their ids, as texts.',
      responses: { 200: { description: 'A page of them.', schema: () => loanAnswers().list } },
      refusals: ['dependency_unavailable'],
    }),
    mayRead,
    query(listLoansQuerySchema),
    async (c) => {
      const { cursor, limit } = c.req.valid('query')
      const { page, next } = await listLoans(provide(c.env).db, { after: cursor, limit })
      return c.json({ loans: page.map(loanSummaryBody), next_cursor: next ?? null })
    },
  )

  app.get(
    PATH_OF_ONE,
    operation({
      operationId: 'getLoan',
      summary: 'A loan with its contacts and repayments',
      responses: { 200: { description: 'The loan.', schema: () => loanAnswers().loan } },
      refusals: ['loan_not_found', 'dependency_unavailable'],
    }),
    mayRead,
    pathParameters(loanParameterSchema),
    async (c) => c.json(loanBody(await getLoan(provide(c.env).db, c.req.param('id')))),
  )

  app.get(
    `${PATH_OF_ONE}/repayments/:repayment_id`,
    operation({
      operationId: 'getRepayment',
      summary: 'A repayment with all its changes',
      responses: { 200: { description: 'The repayment.', schema: () => loanAnswers().repaymentWithHistory } },
      refusals: ['loan_not_found', 'repayment_not_found', 'dependency_unavailable'],
    }),
    mayRead,
    pathParameters(repaymentParameterSchema),
    async (c) => {
      const { id, repayment_id } = c.req.param()
      return c.json(repaymentWithHistoryBody(await getRepayment(provide(c.env).db, id, repayment_id)))
    },
  )
}

function addReferences({ app, operation }: Surface, provide: Provide): void {
  const mayRead = requireScope(provide, 'loans:read')

  app.get(
    '/repayment-statuses',
    operation({
      operationId: 'listRepaymentStatuses',
      summary: 'What a repayment can be',
      responses: { 200: { description: 'All of them.', schema: () => loanAnswers().statuses } },
      refusals: ['dependency_unavailable'],
    }),
    mayRead,
    async (c) => {
      const { statuses } = await readReferences(provide(c.env).db)
      return c.json({ repayment_statuses: statuses.map(({ id, code, name, kind }) => ({ id, code, name, kind })) })
    },
  )

  app.get(
    '/payment-modes',
    operation({
      operationId: 'listPaymentModes',
      summary: 'How money comes in',
      responses: { 200: { description: 'All of them.', schema: () => loanAnswers().modes } },
      refusals: ['dependency_unavailable'],
    }),
    mayRead,
    async (c) => {
      const { modes } = await readReferences(provide(c.env).db)
      return c.json({ payment_modes: modes.map(({ id, code, name }) => ({ id, code, name })) })
    },
  )
}

/** A row whose form is right, or what is wrong with it. */
function toImportRow(row: unknown): ImportRow {
  const isObject = typeof row === 'object' && row !== null && !Array.isArray(row)
  if (!isObject) return { id: null, issues: [{ path: '', message: 'must be an object' }] }
  const read = loanSchema.safeParse(row)
  if (read.success) return { id: read.data.id, draft: read.data }
  const id = lenderIdSchema.safeParse((row as { readonly id?: unknown }).id)
  return { id: id.success ? id.data : null, issues: toIssues(read.error, row) }
}
