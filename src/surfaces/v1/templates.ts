import type { Hono } from 'hono'
import { refuse } from '../../core/app-error'
import { toRfc3339 } from '../../core/clock'
import { requireScope } from '../../http/access'
import type { Deps, HttpEnv, Provide } from '../../http/http-env'
import { idempotent } from '../../http/idempotency'
import { createJsonBody } from '../../http/json-body'
import { type createOperation, pathParameters } from '../../http/operation'
import { query } from '../../http/query'
import { checkTemplate } from '../../messaging/templates/check-template'
import type { TemplateDraft } from '../../messaging/templates/draft'
import { previewTemplate } from '../../messaging/templates/preview-template'
import type { StoredTemplate } from '../../messaging/templates/stored-template'
import { createTemplateStore } from '../../messaging/templates/template-store'
import { templateAnswers } from './template-answers'
import {
  type TemplateFields,
  createTemplateBodySchema,
  listTemplatesQuerySchema,
  previewBodySchema,
  replaceTemplateBodySchema,
  templateIdParameterSchema,
  templateLocationSchema,
} from './template-schemas'

const PATH_OF_ONE = '/templates/:id'
const DEFAULT_LIMIT = 50

/** `/v1/templates`. */
export function addTemplateRoutes(
  { app, operation }: { readonly app: Hono<HttpEnv>; readonly operation: ReturnType<typeof createOperation> },
  provide: Provide,
): void {
  const jsonBody = createJsonBody(provide)
  const mayRead = requireScope(provide, 'templates:read')
  const mayWrite = requireScope(provide, 'templates:write')
  const id = pathParameters(templateIdParameterSchema)
  const previewed = { 200: { description: 'What a message says, and how large it is.', schema: () => templateAnswers().preview } }

  app.post(
    '/templates',
    operation({
      operationId: 'createTemplate',
      summary: 'Create a template',
      description: 'It is in force at once; within a minute everywhere.',
      responses: {
        201: {
          description: 'Its first version.',
          schema: () => templateAnswers().one,
          headers: { Location: { description: 'Where the template is.', schema: templateLocationSchema } },
        },
      },
      refusals: ['template_exists', 'dependency_unavailable'],
    }),
    mayWrite,
    idempotent(provide),
    jsonBody(createTemplateBodySchema),
    async (c) => {
      const { template_id, ...fields } = c.req.valid('json')
      const deps = provide(c.env)
      const draft = requireGood(toDraft(fields), template_id)
      const created = await changed(deps, storeOf(deps).create(template_id, draft))
      return c.json(templateBody(created), 201, { Location: `/v1/templates/${template_id}` })
    },
  )

  app.post(
    '/templates/preview',
    operation({
      operationId: 'previewTemplate',
      summary: 'See what a text would become',
      description: 'Nothing is saved. What saving would refuse is refused here, too.',
      responses: previewed,
      refusals: [],
    }),
    mayRead,
    jsonBody(previewBodySchema),
    async (c) => {
      const { template_id, template_name = 'preview', values, ...fields } = c.req.valid('json')
      const draft = requireGood(toDraft({ template_name, ...fields }), template_id)
      return c.json(previewTemplate(draft, values))
    },
  )

  app.get(
    '/templates',
    operation({
      operationId: 'listTemplates',
      summary: 'The templates in force',
      description: 'The newest first.',
      responses: { 200: { description: 'A page of them.', schema: () => templateAnswers().list } },
      refusals: ['dependency_unavailable'],
    }),
    mayRead,
    query(listTemplatesQuerySchema),
    async (c) => {
      const { cursor, limit = DEFAULT_LIMIT, ...filter } = c.req.valid('query')
      const before = cursor === undefined ? undefined : Number(cursor)
      const { templates, next } = await storeOf(provide(c.env)).list({ ...filter, before, limit })
      return c.json({ templates: templates.map(templateBody), next_cursor: next === undefined ? null : String(next) })
    },
  )

  app.get(
    PATH_OF_ONE,
    operation({
      operationId: 'getTemplate',
      summary: 'A template with all its versions',
      responses: { 200: { description: 'The newest version, and all of them.', schema: () => templateAnswers().withVersions } },
      refusals: ['template_not_found', 'dependency_unavailable'],
    }),
    mayRead,
    id,
    async (c) => {
      const versions = await storeOf(provide(c.env)).versions(c.req.param('id'))
      return c.json({ ...templateBody(versions[0]), versions: versions.map(templateBody) })
    },
  )

  app.get(
    `${PATH_OF_ONE}/preview`,
    operation({
      operationId: 'previewSavedTemplate',
      summary: 'See what a template becomes',
      description: 'Its newest version, with samples for values.',
      responses: previewed,
      refusals: ['template_not_found', 'dependency_unavailable'],
    }),
    mayRead,
    id,
    async (c) => {
      const [newest] = await storeOf(provide(c.env)).versions(c.req.param('id'))
      return c.json(previewTemplate(newest))
    },
  )

  app.put(
    PATH_OF_ONE,
    operation({
      operationId: 'replaceTemplate',
      summary: 'Change a template',
      description: 'The whole of it: this is a new version, which is in force from now on, and the one before is kept.',
      responses: { 200: { description: 'The new version.', schema: () => templateAnswers().one } },
      refusals: ['template_not_found', 'dependency_unavailable'],
    }),
    mayWrite,
    id,
    jsonBody(replaceTemplateBodySchema),
    async (c) => {
      const deps = provide(c.env)
      const draft = requireGood(toDraft(c.req.valid('json')))
      return c.json(templateBody(await changed(deps, storeOf(deps).replace(c.req.param('id'), draft))))
    },
  )

  app.delete(
    PATH_OF_ONE,
    operation({
      operationId: 'retireTemplate',
      summary: 'Take a template out of force',
      description: 'Its versions are kept, and a change puts it in force again. Once more is no error.',
      responses: { 204: { description: 'It is out of force.' } },
      refusals: ['template_not_found', 'dependency_unavailable'],
    }),
    mayWrite,
    id,
    async (c) => {
      const deps = provide(c.env)
      await changed(deps, storeOf(deps).retire(c.req.param('id')))
      return c.body(null, 204)
    },
  )
}

function storeOf({ db, verification: { clock, log } }: Deps) {
  return createTemplateStore({ db, clock, log })
}

/** After a change, which may have been made even where D1 did not say so, messages of this isolate read the templates again. */
async function changed<T>({ templates }: Deps, change: Promise<T>): Promise<T> {
  try {
    return await change
  } finally {
    templates.forget()
  }
}

function toDraft(fields: TemplateFields): TemplateDraft {
  return {
    templateName: fields.template_name,
    channel: fields.channel,
    content: fields.content,
    purpose: fields.purpose ?? null,
    locale: fields.locale ?? 'en',
    variables: fields.variables,
    dltId: fields.dlt_id ?? null,
    vendorTemplates: toVendorTemplates(fields.vendor_templates),
    webotpDomain: fields.webotp_domain ?? null,
    androidAppHash: fields.android_app_hash ?? null,
  }
}

function toVendorTemplates(given: TemplateFields['vendor_templates'] = {}): TemplateDraft['vendorTemplates'] {
  return Object.fromEntries(Object.entries(given).filter(([, id]) => id !== undefined))
}

/** @throws `invalid_request` */
function requireGood(draft: TemplateDraft, templateId?: string): TemplateDraft {
  const issues = checkTemplate(draft, templateId)
  if (issues.length > 0) throw refuse('invalid_request', { issues })
  return draft
}

function templateBody(template: StoredTemplate) {
  return {
    template_id: template.templateId,
    template_name: template.templateName,
    version: template.version,
    status: template.status,
    channel: template.channel,
    content: template.content,
    purpose: template.purpose,
    locale: template.locale,
    variables: template.variables,
    dlt_id: template.dltId,
    vendor_templates: template.vendorTemplates,
    webotp_domain: template.webotpDomain,
    android_app_hash: template.androidAppHash,
    created_at: toRfc3339(template.createdAt),
  }
}
