import { VENDOR_CHANNELS, type VendorId } from '../../config/vendors'
import type { communicationTemplates } from '../../db/schema'
import type { Channel } from '../message'
import { checkContent } from './check-content'
import { variablesOf } from './check-template'
import { type TemplateDraft, lastLineOf } from './draft'
import type { Template } from './template'

export type TemplateRow = typeof communicationTemplates.$inferSelect

const STATUSES = { ACTIVE: 'active', INACTIVE: 'inactive', REPLACED: 'replaced' } as const

/** One version of a template, as operators see it. */
export interface StoredTemplate extends TemplateDraft {
  /** Of the row: counts up over all templates. */
  readonly id: number
  readonly templateId: string
  readonly version: number
  readonly variables: Readonly<Record<string, string>>
  readonly status: (typeof STATUSES)[keyof typeof STATUSES]
  /** Milliseconds since the epoch. */
  readonly createdAt: number
}

/** The number of a channel in the table, from brief 000. */
export const CHANNEL_TYPES = { sms: 1, whatsapp: 2 } as const satisfies Record<Channel, number>

/**
 * A row as operators see it, also where it came by plain SQL and not everything in it can be read; undefined for a channel
 * that is not ours.
 */
export function toStored(row: TemplateRow): StoredTemplate | undefined {
  const channel = channelOf(row)
  if (channel === undefined) return undefined
  const { channelType: _, ...columns } = row
  return {
    ...columns,
    channel,
    status: statusOf(row),
    variables: textsIn(row.variables) ?? {},
    vendorTemplates: vendorTemplatesOf(row) ?? {},
  }
}

/** A row as messages are made of it; undefined where it would make broken ones, which plain SQL can bring about. */
export function toTemplate(row: TemplateRow): Template | undefined {
  const channel = channelOf(row)
  const vendorTemplates = vendorTemplatesOf(row)
  if (channel === undefined || vendorTemplates === undefined) return undefined
  if (checkContent({ ...row, channel }).length > 0) return undefined
  const { templateId, version, purpose, locale, content, dltId } = row
  return {
    templateId,
    version,
    channel,
    purpose,
    locale,
    content,
    lastLine: lastLineOf(row),
    dltTemplateId: dltId,
    vendorTemplates,
  }
}

/** The columns of a draft. */
export function toColumns({ channel, variables, vendorTemplates, ...columns }: TemplateDraft) {
  const declared = variables ?? Object.fromEntries(variablesOf(columns.content).map((name) => [name, 'string']))
  return {
    ...columns,
    channelType: CHANNEL_TYPES[channel],
    variables: JSON.stringify(declared),
    vendorTemplates: JSON.stringify(vendorTemplates),
  }
}

function channelOf({ channelType }: TemplateRow): Channel | undefined {
  return (Object.keys(CHANNEL_TYPES) as Channel[]).find((channel) => CHANNEL_TYPES[channel] === channelType)
}

function statusOf({ status }: TemplateRow): StoredTemplate['status'] {
  return Object.hasOwn(STATUSES, status) ? STATUSES[status as keyof typeof STATUSES] : 'inactive'
}

function vendorTemplatesOf(row: TemplateRow): Template['vendorTemplates'] | undefined {
  const texts = textsIn(row.vendorTemplates)
  const isKnown = texts !== undefined && Object.keys(texts).every((key): key is VendorId => Object.hasOwn(VENDOR_CHANNELS, key))
  return isKnown ? texts : undefined
}

/** A JSON object of texts; undefined where it is anything else. */
function textsIn(json: string): Record<string, string> | undefined {
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  return Object.values(value).every((one) => typeof one === 'string') ? (value as Record<string, string>) : undefined
}
