import { describe, expect, it } from 'vitest'
import { refuse } from '../../src/core/app-error'
import type { Channel } from '../../src/messaging/message'
import type { Provider, ProviderId } from '../../src/messaging/provider'
import { chooseTemplate } from '../../src/messaging/templates/choose-template'
import type { Template, Templates, WantedTemplate } from '../../src/messaging/templates/template'
import type { Route } from '../../src/otp/choose-route'
import { chooseTemplates } from '../../src/otp/choose-templates'

const hop = (id: ProviderId, channel: Channel, textIsOurs: boolean): Route[0] => ({
  channel,
  provider: {
    id,
    channels: [channel],
    facts: { maxCodeLength: 10, textIsOurs },
    send: () => Promise.reject(new Error('not here')),
  } satisfies Provider,
})
const TWILIO = hop('twilio', 'sms', true)
const MSG91 = hop('msg91', 'sms', false)
const GUPSHUP = hop('gupshup', 'whatsapp', false)
const MOCK = hop('mock', 'sms', false)

const aTemplate = (templateId: string, changes: Partial<Template> = {}): Template => ({
  templateId,
  version: 1,
  channel: 'sms',
  purpose: null,
  locale: 'en',
  content: '{{otp_code}}',
  lastLine: null,
  dltTemplateId: null,
  vendorTemplates: {},
  ...changes,
})
const SHOWING = '{{otp_code}} confirms {{amount}} to {{payee}}'
const IN_FORCE = [
  aTemplate('plain'),
  aTemplate('chat', { channel: 'whatsapp' }),
  aTemplate('showing', { content: SHOWING }),
  aTemplate('registered', { content: SHOWING, vendorTemplates: { msg91: 'flow-1' } }),
]

/** The templates of a deployment, in memory. Those whose id is told are not known, and D1 cannot tell. */
function templatesThat(inForce: readonly Template[], unknown?: string): Templates & { readonly asked: WantedTemplate[] } {
  const asked: WantedTemplate[] = []
  return {
    asked,
    async choose(wanted) {
      asked.push(wanted)
      if (unknown !== undefined && wanted.templateId === unknown) throw refuse('dependency_unavailable', { dependency: 'd1' })
      return chooseTemplate(inForce, wanted)
    },
  }
}

type Wanted = Parameters<typeof chooseTemplates>[3]
const wanted = (changes: Partial<Wanted> = {}): Wanted => ({
  isResend: false,
  purpose: 'payment_confirmation',
  locale: 'en',
  builtIn: 'built in {{otp_code}}',
  ...changes,
})
const PAYING = { given: ['amount', 'payee'], mustShow: ['amount', 'payee'], builtIn: SHOWING } as const

async function choose(route: Route, changes: Partial<Wanted> = {}, templates = templatesThat(IN_FORCE)) {
  const chosen = await chooseTemplates({ templates }, { defer: () => {} }, route, wanted(changes))
  return {
    providers: chosen.route.map(({ provider }) => provider.id),
    templateOn: async (channel: Channel) => (await chosen.templateOn(channel)).templateId,
    asked: templates.asked,
  }
}
const refused = (code: string, details: object) => ({ refusal: { code, details } })

describe('the template of a send', () => {
  it('is chosen once for each channel', async () => {
    const { providers, templateOn, asked } = await choose([TWILIO, MSG91, GUPSHUP])
    expect(await templateOn('sms')).toBeNull()
    expect(await templateOn('whatsapp')).toBeNull()
    expect(await templateOn('sms')).toBeNull()
    expect(providers).toEqual(['twilio', 'msg91', 'gupshup'])
    expect(asked.map(({ channel }) => channel)).toEqual(['sms', 'whatsapp'])
  })

  it('by its id leaves out the ways that it is not in force for', async () => {
    const { providers, templateOn } = await choose([GUPSHUP, MSG91, TWILIO], { templateId: 'plain' })
    expect(providers).toEqual(['msg91', 'twilio'])
    expect(await templateOn('sms')).toBe('plain')
  })

  it.each(['nobody', 'chat', 'showing'])('by an id that is in force for none of them is refused: %s', async (templateId) => {
    const details = { issues: [{ path: 'template', message: 'is not the id of a template in force' }] }
    await expect(choose([TWILIO], { templateId })).rejects.toMatchObject(refused('invalid_request', details))
  })

  it('by its id does without it in a resend, where it is gone or nobody can tell', async () => {
    const templates = templatesThat(IN_FORCE, 'unknown')
    for (const templateId of ['nobody', 'unknown']) {
      const { templateOn } = await choose([TWILIO], { templateId, isResend: true }, templates)
      expect(await templateOn('sms')).toBeNull()
    }
    await expect(choose([TWILIO], { templateId: 'unknown' }, templates)).rejects.toMatchObject(
      refused('dependency_unavailable', { dependency: 'd1' }),
    )
  })
})

describe('what a message has to show', () => {
  it('is shown in our text: vendors with texts of their own are left out', async () => {
    const { providers, templateOn } = await choose([MSG91, GUPSHUP, TWILIO, MOCK], PAYING)
    expect(providers).toEqual(['twilio'])
    expect(await templateOn('sms')).toBeNull()
  })

  it('is shown by a vendor in the template that was registered there for it', async () => {
    const { providers } = await choose([MSG91, TWILIO], { ...PAYING, templateId: 'registered' })
    expect(providers).toEqual(['msg91', 'twilio'])
  })

  it('and is, by nobody who is there: refused, with what each of them would need', async () => {
    const details = {
      anyOf: [
        ['vendor_templates.msg91 of a template that shows amount, payee'],
        ['vendor_templates.gupshup of a template that shows amount, payee'],
      ],
    }
    await expect(choose([MSG91, GUPSHUP], PAYING)).rejects.toMatchObject(refused('not_configured', details))
    await expect(choose([MSG91], { ...PAYING, templateId: 'showing' })).rejects.toMatchObject({
      refusal: { code: 'not_configured' },
    })
  })

  it.each<[string, Partial<Wanted>]>([
    ['a template that hides it', { ...PAYING, templateId: 'plain' }],
    ['one that hides it, with a built-in text that does as well', { ...PAYING, builtIn: 'built in {{otp_code}}' }],
    ['a text that needs more than there is', { ...PAYING, given: ['amount'] }],
  ])('is never left out: %s', async (_name, changes) => {
    await expect(choose([TWILIO], changes)).rejects.toMatchObject({ refusal: { code: 'invalid_request' } })
  })

  it('is shown in a resend too, by the built-in text where the template is gone', async () => {
    const { providers, templateOn } = await choose([MSG91, TWILIO], { ...PAYING, templateId: 'gone', isResend: true })
    expect(providers).toEqual(['twilio'])
    expect(await templateOn('sms')).toBeNull()
    const hiding = { ...PAYING, templateId: 'gone', isResend: true, builtIn: 'built in {{otp_code}}' }
    await expect(choose([TWILIO], hiding)).rejects.toMatchObject({ refusal: { code: 'invalid_request' } })
  })
})
