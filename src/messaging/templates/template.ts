import type { VendorId } from '../../config/vendors'
import type { Channel } from '../message'
import type { VariableName } from './variables'

/** What an SMS ends with, so that the phone can fill the code in. Each form wants the last line for itself. */
export type LastLine =
  /** Browsers (WebOTP and iOS): `@domain #code`. */
  | { readonly kind: 'webotp'; readonly domain: string }
  /** Android's SMS Retriever: the 11-character hash of the app. */
  | { readonly kind: 'android'; readonly appHash: string }

/** The text of a message with `{{name}}` where values go, and what vendors and operators know it by. */
export interface Template {
  /** Null: built in, not stored. */
  readonly templateId: string | null
  readonly version: number | null
  readonly channel: Channel
  /** Null: chosen by its id only. */
  readonly purpose: string | null
  /** BCP 47. */
  readonly locale: string
  readonly content: string
  readonly lastLine: LastLine | null
  readonly dltTemplateId: string | null
  readonly vendorTemplates: Readonly<Partial<Record<VendorId, string>>>
}

/** Which template a message needs. */
export interface WantedTemplate {
  /** This one and no other. */
  readonly templateId?: string | undefined
  readonly channel: Channel
  readonly purpose: string
  /** BCP 47. `en-IN` is content with `en`. */
  readonly locale: string
  /** The text where none is stored for these. */
  readonly builtIn: string
  /** What the message has values for, besides those that every message has: a text that needs more is not used. */
  readonly given?: readonly VariableName[]
  /** What the text has to show: one that does not is not used. */
  readonly mustShow?: readonly VariableName[]
}

/** The templates in force. */
export interface Templates {
  /**
   * The stored template for a message, else the built-in text. Undefined only where one was asked for by its id and is not
   * in force for that channel, and where none shows what has to be shown. Reads memory once they were read.
   * @throws `dependency_unavailable` only where one was asked for by its id, is not known, and D1 cannot tell
   * @param defer lets the reading go on after the answer
   */
  choose(wanted: WantedTemplate, defer: (work: Promise<unknown>) => void): Promise<Template | undefined>
}
