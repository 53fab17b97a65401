import type { TemplateDraft } from '../../../src/messaging/templates/draft'

/** A template that would be saved. */
export const aDraft = (changes: Partial<TemplateDraft> = {}): TemplateDraft => ({
  templateName: 'Login',
  channel: 'sms',
  content: '{{otp_code}} is your {{app_name}} code.',
  purpose: 'login',
  locale: 'en',
  variables: undefined,
  dltId: null,
  vendorTemplates: {},
  webotpDomain: null,
  androidAppHash: null,
  ...changes,
})

let ids = 0

/** A template id that no other test of the file has used. */
export const uniqueTemplateId = () => `tpl_${String(++ids).padStart(4, '0')}`

/** The statement that brief 000 prints, word for word. */
export const BRIEF_INSERT = `INSERT INTO communication_template (template_id, template_name, channel_type, content, dlt_id, status, variables) 
VALUES ('OTP_SEND', 'OTP Send Template', 1, 'Your OTP for payment verification is {{otp_code}}. Valid for 5 minutes. - Prosparity', 'your_dlt_id', 'ACTIVE', '{"otp_code": "string"}');`
