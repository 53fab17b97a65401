import { VENDOR_CHANNELS, type VendorId } from '../../config/vendors'
import { type TemplateIssue, checkContent } from './check-content'
import type { TemplateDraft } from './draft'
import { parseContent } from './parse-content'
import { type VariableName, variableNamed } from './variables'

export const TEMPLATE_ID = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/
/** Of a message, in any case: brief 002 writes `Login`. */
export const PURPOSE = /^[A-Za-z][A-Za-z0-9_-]{0,31}$/
/** BCP 47. */
export const LOCALE = /^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$/
/** Visible characters only, as in all registers. */
export const DLT_ID = /^[!-~]{1,64}$/
/** Meta's names are the longest: 512. */
export const VENDOR_TEMPLATE = /^[!-~]{1,512}$/
/** What a declared variable can be. */
export const VARIABLE_TYPES = ['string', 'number'] as const

/**
 * Everything for which a template is refused when it is saved; empty where it is good. Never throws.
 * @param templateId of a template that is new
 */
export function checkTemplate(draft: TemplateDraft, templateId?: string): TemplateIssue[] {
  return [...checkNames(draft, templateId), ...checkContent(draft), ...checkDeclared(draft), ...checkVendors(draft)]
}

function checkNames({ templateName, purpose, locale, dltId }: TemplateDraft, templateId: string | undefined): TemplateIssue[] {
  return [
    ...unless(
      templateId === undefined || TEMPLATE_ID.test(templateId),
      'template_id',
      'must be 1 to 64 letters, digits, _, . or -',
    ),
    ...unless(/^[^\p{Cc}\p{Cs}]{1,100}$/u.test(templateName), 'template_name', 'must be one line of 1 to 100 characters'),
    ...unless(
      purpose === null || PURPOSE.test(purpose),
      'purpose',
      'must be 1 to 32 characters: a letter, then letters, digits, _ or -',
    ),
    ...unless(LOCALE.test(locale), 'locale', 'must be a BCP 47 language tag'),
    ...unless(dltId === null || DLT_ID.test(dltId), 'dlt_id', 'must be 1 to 64 visible characters'),
  ]
}

function checkDeclared({ content, variables }: TemplateDraft): TemplateIssue[] {
  if (variables === undefined) return []
  const used = variablesOf(content)
  const declared = Object.keys(variables)
  const known = new Set(declared.map((spelling) => variableNamed(spelling)))
  const at = (name: string) => `variables.${name}`
  return [
    ...declared.flatMap((spelling) => unless(isUsed(spelling, used), at(spelling), 'is not in the content')),
    ...declared.flatMap((spelling) =>
      unless(isType(variables[spelling]!), at(spelling), `must be ${VARIABLE_TYPES.join(' or ')}`),
    ),
    ...used.flatMap((name) => unless(known.has(name), at(name), 'is in the content and not declared')),
  ]
}

function checkVendors({ channel, vendorTemplates }: TemplateDraft): TemplateIssue[] {
  return (Object.entries(vendorTemplates) as [VendorId, string][]).flatMap(([vendor, id]) => [
    ...unless(carries(vendor, channel), `vendor_templates.${vendor}`, `is a provider of another channel than ${channel}`),
    ...unless(VENDOR_TEMPLATE.test(id), `vendor_templates.${vendor}`, 'must be 1 to 512 visible characters'),
  ])
}

/** The known variables in a text, each once. */
export function variablesOf(content: string): VariableName[] {
  const names = parseContent(content).flatMap((piece) => (piece.kind === 'variable' ? (variableNamed(piece.name) ?? []) : []))
  return [...new Set(names)]
}

function isUsed(spelling: string, used: readonly VariableName[]): boolean {
  const name = variableNamed(spelling)
  return name !== undefined && used.includes(name)
}

function isType(type: string): boolean {
  return VARIABLE_TYPES.some((known) => known === type)
}

function carries(vendor: VendorId, channel: string): boolean {
  return VENDOR_CHANNELS[vendor].some((one) => one === channel)
}

function unless(isRight: boolean, path: string, message: string): TemplateIssue[] {
  return isRight ? [] : [{ path, message }]
}
