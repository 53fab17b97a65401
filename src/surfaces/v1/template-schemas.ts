import * as z from 'zod'
import { VENDOR_CHANNELS, type VendorId } from '../../config/vendors'
import { CHANNELS } from '../../messaging/message'
import { DLT_ID, LOCALE, PURPOSE, TEMPLATE_ID, VARIABLE_TYPES, VENDOR_TEMPLATE } from '../../messaging/templates/check-template'
import { VARIABLES, VARIABLE_NAMES, type VariableName } from '../../messaging/templates/variables'

// Only types and forms are here; what a text may say is decided by `messaging/templates/check-template.ts`.

export const EXAMPLE = {
  template_name: 'Login by SMS',
  channel: 'sms',
  content: '{{otp_code}} is your {{app_name}} code. It is valid for {{expires_in_minutes}} minutes. Do not share it.',
  purpose: 'login',
  locale: 'en',
} as const

const templateIdSchema = z
  .string()
  .regex(TEMPLATE_ID, 'must be 1 to 64 letters, digits, _, . or -')
  // In an address these lead elsewhere, so that nobody could get, change or retire the template.
  .refine((id) => id !== '.' && id !== '..', 'must not be . or ..')
  .meta({ description: 'Its name for programs. It stays the same over all versions.', example: 'login_sms' })

const vendorTemplate = z.string().regex(VENDOR_TEMPLATE, 'must be 1 to 512 visible characters').optional()
const vendorIds = Object.keys(VENDOR_CHANNELS) as VendorId[]
const vendorTemplates = Object.fromEntries(vendorIds.map((id) => [id, vendorTemplate])) as Record<VendorId, typeof vendorTemplate>

const fields = {
  template_name: z.string().min(1, 'is required').max(100, 'is too long').meta({ description: 'Its name for people.' }),
  channel: z.enum(CHANNELS),
  content: z
    .string()
    .min(1, 'is required')
    .max(4000, 'is too long')
    .meta({
      description: `The text. {{name}} is a place for a value: ${VARIABLE_NAMES.join(', ')}. The code is in it once.`,
      example: EXAMPLE.content,
    }),
  purpose: z
    .string()
    .regex(PURPOSE, 'must be 1 to 32 characters: a letter, then letters, digits, _ or -')
    .optional()
    .meta({ description: 'Used for every message of this purpose. Left out: only where it is asked for by its id.' }),
  locale: z
    .string()
    .regex(LOCALE, 'must be a BCP 47 language tag')
    .optional()
    .meta({ description: 'Its language, BCP 47. Left out: `en`.', example: 'en' }),
  variables: z
    .record(z.string(), z.enum(VARIABLE_TYPES))
    .optional()
    .meta({
      description: 'The names in the text, which have to be just these. Left out: whichever are in the text.',
      example: { otp_code: 'string' },
    }),
  dlt_id: z
    .string()
    .regex(DLT_ID, 'must be 1 to 64 visible characters')
    .optional()
    .meta({ description: 'India: the DLT content template id of the text.' }),
  vendor_templates: z
    .strictObject(vendorTemplates)
    .optional()
    .meta({ description: 'The ids of the same text at providers, where they are not the configured ones.' }),
  webotp_domain: z
    .string()
    .max(253, 'is too long')
    .optional()
    .meta({ description: 'Ends the SMS with `@domain #code`, for browsers to fill the code in.' }),
  android_app_hash: z
    .string()
    .max(64, 'is too long')
    .optional()
    .meta({ description: "Ends the SMS with the app's hash, for Android to hand the code to it." }),
}

export const createTemplateBodySchema = z
  .strictObject({ template_id: templateIdSchema, ...fields })
  .meta({ id: 'CreateTemplate', example: { template_id: 'login_sms', ...EXAMPLE } })

export const replaceTemplateBodySchema = z.strictObject(fields).meta({ id: 'ReplaceTemplate', example: EXAMPLE })

const value = z.string().max(256, 'is too long').optional()
const values = Object.fromEntries(
  VARIABLE_NAMES.map((name) => [name, value.meta({ description: VARIABLES[name].description })]),
) as Record<VariableName, typeof value>

export const previewBodySchema = z
  .strictObject({
    ...fields,
    template_id: templateIdSchema.optional(),
    template_name: fields.template_name.optional(),
    values: z.strictObject(values).optional().meta({ description: 'Left out, each of them: a sample.' }),
  })
  .meta({ id: 'PreviewTemplate', example: { channel: EXAMPLE.channel, content: EXAMPLE.content, values: { app_name: 'Homi' } } })

export const templateLocationSchema = z.string().meta({ example: '/v1/templates/login_sms' })

export const templateIdParameterSchema = z.object({ id: z.string().max(64).meta({ description: 'The template id.' }) })

export const listTemplatesQuerySchema = z.strictObject({
  channel: z.enum(CHANNELS).optional().meta({ description: 'Those of this channel.' }),
  purpose: z.string().max(64, 'is too long').optional().meta({ description: 'Those of this purpose.' }),
  locale: z.string().max(64, 'is too long').optional().meta({ description: 'Those in this language.' }),
  limit: z.coerce
    .number('must be a number')
    .int('must be a whole number')
    .min(1)
    .max(100)
    .optional()
    .meta({ description: 'Templates on a page. Left out: 50.' }),
  cursor: z
    .string()
    .regex(/^\d{1,15}$/, 'is not one of ours')
    .optional()
    .meta({ description: '`next_cursor` of the page before.' }),
})

export type TemplateFields = z.output<typeof replaceTemplateBodySchema>
