import { type TemplateText, lastLineOf } from './draft'
import { renderTemplate } from './render-template'
import { type SmsSize, segmentsOf } from './segments'
import { SAMPLE_VALUES, type Values } from './variables'

/** What a message says, and how large it is. The SMS facts are null on other channels. */
export type TemplatePreview = { readonly text: string; readonly bytes: number } & (
  | SmsSize
  | { readonly [Fact in keyof SmsSize]: null }
)

/** The message that a text makes with these values, and with samples for the others. */
export function previewTemplate(template: TemplateText, values: Values = {}): TemplatePreview {
  const text = renderTemplate({ content: template.content, lastLine: lastLineOf(template) }, { ...SAMPLE_VALUES, ...values })
  const bytes = new TextEncoder().encode(text).byteLength
  const size = template.channel === 'sms' ? segmentsOf(text) : { encoding: null, units: null, segments: null }
  return { text, bytes, ...size }
}
