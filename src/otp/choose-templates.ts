import { refuse } from '../core/app-error'
import type { Hop } from '../messaging/deliver'
import type { Channel } from '../messaging/message'
import type { Template, WantedTemplate } from '../messaging/templates/template'
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
 * the hops out that a template asked for by its id is not in force for.
 * @throws `invalid_request` where that template is in force for none of them, `dependency_unavailable` where nobody can tell
 */
export async function chooseTemplates(
  deps: Pick<VerificationDeps, 'templates'>,
  caller: Pick<Caller, 'defer'>,
  route: Route,
  wanted: Wanted,
): Promise<{ readonly route: Route; readonly templateOn: TemplateOn }> {
  const { templateId, isResend, ...facts } = wanted
  const choose = async (channel: Channel) => {
    const named = deps.templates.choose({ ...facts, templateId, channel }, caller.defer)
    if (!isResend) return named
    return (await named.catch(() => undefined)) ?? deps.templates.choose({ ...facts, channel }, caller.defer)
  }
  const channels = [...new Set(route.map(({ channel }) => channel))]
  const choices = new Map(channels.map((channel) => [channel, choose(channel)]))
  const templateOn: TemplateOn = async (channel) => (await choices.get(channel)) ?? refuseTemplate()
  if (templateId === undefined || isResend) return { route, templateOn }

  const found = await Promise.all(Array.from(choices, async ([channel, choice]) => ((await choice) ? channel : undefined)))
  const [first, ...others]: readonly Hop[] = route.filter(({ channel }) => found.includes(channel))
  return first ? { route: [first, ...others], templateOn } : refuseTemplate()
}

function refuseTemplate(): never {
  throw refuse('invalid_request', { issues: [{ path: 'template', message: 'is not the id of a template in force' }] })
}
