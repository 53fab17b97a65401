import { variablesOf } from './check-template'
import type { Template, WantedTemplate } from './template'
import { USUAL_VARIABLES } from './variables'

const LAST_RESORT_LOCALE = 'en'

/**
 * The template for a message. By its id where one is asked for; else by purpose and channel, in the wanted locale, else in
 * its language, else in English; else the built-in text.
 * @param inForce the newest first, which is taken where several fit
 * @returns undefined where the one that was asked for is not in force for the channel, or none shows what has to be shown
 */
export function chooseTemplate(inForce: readonly Template[], wanted: WantedTemplate): Template | undefined {
  const ofChannel = inForce.filter((template) => template.channel === wanted.channel && fits(template, wanted))
  if (wanted.templateId !== undefined) return ofChannel.find(({ templateId }) => templateId === wanted.templateId)
  const ofPurpose = ofChannel.filter(({ purpose }) => purpose !== null && isSame(purpose, wanted.purpose))
  for (const locale of localesFor(wanted.locale)) {
    const found = ofPurpose.find((template) => isSame(template.locale, locale))
    if (found) return found
  }
  const own = builtIn(wanted)
  return fits(own, wanted) ? own : undefined
}

/** Can the message fill all places of the text, and does the text show all that the message has to? */
function fits({ content }: Template, { given = [], mustShow = [] }: WantedTemplate): boolean {
  const names = variablesOf(content)
  return (
    names.every((name) => USUAL_VARIABLES.includes(name) || given.includes(name)) &&
    mustShow.every((name) => names.includes(name))
  )
}

/** `zh-Hant-TW` is content with `zh-Hant`, then with `zh` (RFC 4647, lookup). */
function localesFor(locale: string): string[] {
  const parts = locale.split('-')
  return [...parts.map((_, index) => parts.slice(0, parts.length - index).join('-')), LAST_RESORT_LOCALE]
}

function builtIn({ channel, purpose, builtIn: content }: WantedTemplate): Template {
  return {
    templateId: null,
    version: null,
    channel,
    purpose,
    locale: LAST_RESORT_LOCALE,
    content,
    lastLine: null,
    dltTemplateId: null,
    vendorTemplates: {},
  }
}

function isSame(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase()
}
