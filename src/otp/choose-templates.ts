import { refuse } from '../core/app-error'
import type { Channel } from '../messaging/message'
import type { Provider } from '../messaging/provider'
import type { Template, WantedTemplate } from '../messaging/templates/template'
import type { VariableName } from '../messaging/templates/variables'
import type { Route } from './choose-route'
import type { Caller, VerificationDeps } from './deps'

/** The template of a send on a channel that it may go by; chosen once for each. */
export type TemplateOn = (channel: Channel) => Promise<Template>

/** How binding the id of a template is: a resend, long after it was asked for, does without one that is gone. */
interface Wanted extends Omit<WantedTemplate, 'channel'> {
  readonly isResend: boolean
}

/**
 * Begins to choose the template of a send, so that the first one of an isolate reads D1 while the gate decides, and leaves
 * the hops out that a template asked for by its id is not in force for, or that would not show what has to be shown.
 * @throws `invalid_request` where that template is in force for none of them, `not_configured` where none would show it,
 *   `dependency_unavailable` where nobody can tell
 */
export async function chooseTemplates(
  deps: Pick<VerificationDeps, 'templates'>,
  caller: Pick<Caller, 'defer'>,
  route: Route,
  wanted: Wanted,
): Promise<{ readonly route: Route; readonly templateOn: TemplateOn }> {
  const { templateId, isResend, ...facts } = wanted
  const { mustShow = [] } = facts
  const choose = async (channel: Channel) => {
    const named = deps.templates.choose({ ...facts, templateId, channel }, caller.defer)
    if (!isResend) return named
    return (await named.catch(() => undefined)) ?? deps.templates.choose({ ...facts, channel }, caller.defer)
  }
  const channels = [...new Set(route.map(({ channel }) => channel))]
  const choices = new Map(channels.map((channel) => [channel, choose(channel)]))
  const templateOn: TemplateOn = async (channel) => (await choices.get(channel)) ?? refuseTemplate()
  const isBinding = templateId !== undefined && !isResend
  if (!isBinding && mustShow.length === 0) return { route, templateOn }

  const found = new Map(await Promise.all(Array.from(choices, async ([channel, choice]) => [channel, await choice] as const)))
  const withTemplate = route.filter(({ channel }) => found.get(channel))
  if (withTemplate.length === 0) refuseTemplate()
  const [first, ...others] = withTemplate.filter(({ provider, channel }) => shows(provider, found.get(channel)!, mustShow))
  if (!first) throw refuse('not_configured', { anyOf: withTemplate.map(({ provider }) => [neededFor(provider, mustShow)]) })
  return { route: [first, ...others], templateOn }
}

/** A vendor with texts of its own shows what has to be shown only in one that was registered with it for this template. */
function shows({ id, facts }: Provider, { vendorTemplates }: Template, mustShow: readonly VariableName[]): boolean {
  return mustShow.length === 0 || facts.textIsOurs || (id !== 'mock' && vendorTemplates[id] !== undefined)
}

function neededFor({ id }: Provider, mustShow: readonly VariableName[]): string {
  return `vendor_templates.${id} of a template that shows ${mustShow.join(', ')}`
}

function refuseTemplate(): never {
  throw refuse('invalid_request', { issues: [{ path: 'template', message: 'is not the id of a template in force' }] })
}
