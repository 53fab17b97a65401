import type { VendorId } from '../../config/vendors'
import type { Channel } from '../message'
import type { LastLine } from './template'

/** What a template's text is made of. */
export interface TemplateText {
  readonly channel: Channel
  readonly content: string
  /** The last line for browsers; for SMS only, and not together with the other one. */
  readonly webotpDomain: string | null
  /** The last line for Android. */
  readonly androidAppHash: string | null
}

/** A template as it is handed in, under an id. */
export interface TemplateDraft extends TemplateText {
  readonly templateName: string
  /** Null: chosen by its id only. */
  readonly purpose: string | null
  /** BCP 47. */
  readonly locale: string
  /** The names in the text with their types; undefined: whichever are in the text. */
  readonly variables: Readonly<Record<string, string>> | undefined
  /** India: the registration (DLT content template id) of the text. */
  readonly dltId: string | null
  readonly vendorTemplates: Readonly<Partial<Record<VendorId, string>>>
}

/** The last line that a text asks for. */
export function lastLineOf({
  webotpDomain,
  androidAppHash,
}: Pick<TemplateText, 'webotpDomain' | 'androidAppHash'>): LastLine | null {
  if (webotpDomain !== null) return { kind: 'webotp', domain: webotpDomain }
  return androidAppHash === null ? null : { kind: 'android', appHash: androidAppHash }
}
