import * as z from 'zod'
import { once } from '../../core/once'
import { CHANNELS } from '../../messaging/message'
import { EXAMPLE } from './template-schemas'

// For the document only: made when it is, so that no Worker spends its start on them.

const ANSWER_EXAMPLE = {
  template_id: 'login_sms',
  ...EXAMPLE,
  version: 1,
  status: 'active',
  variables: { otp_code: 'string', app_name: 'string', expires_in_minutes: 'string' },
  dlt_id: null,
  vendor_templates: {},
  webotp_domain: null,
  android_app_hash: null,
  created_at: '2026-11-21T06:30:00Z',
} as const

/** `/v1/templates`. */
export const templateAnswers = once(() => {
  const answerFields = {
    template_id: z.string(),
    template_name: z.string(),
    version: z.int().meta({ description: 'Counts up with each change.' }),
    status: z
      .enum(['active', 'inactive', 'replaced'])
      .meta({ description: 'In force; out of force; or followed by a later version.' }),
    channel: z.enum(CHANNELS),
    content: z.string(),
    purpose: z.string().nullable(),
    locale: z.string(),
    variables: z.record(z.string(), z.string()),
    dlt_id: z.string().nullable(),
    vendor_templates: z.record(z.string(), z.string()),
    webotp_domain: z.string().nullable(),
    android_app_hash: z.string().nullable(),
    created_at: z.iso.datetime(),
  }

  const one = z.object(answerFields).meta({ id: 'Template', example: ANSWER_EXAMPLE })

  const withVersions = z
    .object({ ...answerFields, versions: z.array(one).meta({ description: 'All of them, the newest first.' }) })
    .meta({ id: 'TemplateWithVersions', example: { ...ANSWER_EXAMPLE, versions: [ANSWER_EXAMPLE] } })

  const list = z
    .object({
      templates: z.array(one),
      next_cursor: z.string().nullable().meta({ description: 'For `cursor`; null on the last page.' }),
    })
    .meta({ id: 'TemplateList', example: { templates: [ANSWER_EXAMPLE], next_cursor: null } })

  const smsOnly = 'Null on a channel other than SMS.'

  const preview = z
    .object({
      text: z.string(),
      bytes: z.int().meta({ description: 'In UTF-8.' }),
      encoding: z
        .enum(['GSM-7', 'UCS-2'])
        .nullable()
        .meta({ description: `What the SMS is sent in. ${smsOnly}` }),
      units: z
        .int()
        .nullable()
        .meta({ description: `Septets of GSM-7, or 16-bit units of UCS-2. ${smsOnly}` }),
      segments: z
        .int()
        .nullable()
        .meta({ description: `What operators charge. ${smsOnly}` }),
    })
    .meta({
      id: 'TemplatePreview',
      example: {
        text: '123456 is your Homi code. It is valid for 5 minutes. Do not share it.',
        bytes: 69,
        encoding: 'GSM-7',
        units: 69,
        segments: 1,
      },
    })
  return { one, withVersions, list, preview }
})
