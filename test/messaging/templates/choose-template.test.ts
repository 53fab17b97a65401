import { describe, expect, it } from 'vitest'
import { chooseTemplate } from '../../../src/messaging/templates/choose-template'
import type { Template, WantedTemplate } from '../../../src/messaging/templates/template'

const aTemplate = (templateId: string, changes: Partial<Template> = {}): Template => ({
  templateId,
  version: 1,
  channel: 'sms',
  purpose: 'login',
  locale: 'en',
  content: `${templateId} {{otp_code}}`,
  lastLine: null,
  dltTemplateId: null,
  vendorTemplates: {},
  ...changes,
})

const wanted = (changes: Partial<WantedTemplate> = {}): WantedTemplate => ({
  channel: 'sms',
  purpose: 'login',
  locale: 'en',
  builtIn: 'built in {{otp_code}}',
  ...changes,
})

const IN_FORCE = [
  aTemplate('hindi', { locale: 'hi' }),
  aTemplate('indian', { locale: 'en-IN' }),
  aTemplate('english'),
  aTemplate('older'),
  aTemplate('taiwan', { locale: 'zh-Hant-TW' }),
  aTemplate('traditional', { locale: 'zh-Hant' }),
  aTemplate('chat', { channel: 'whatsapp' }),
  aTemplate('by-id', { purpose: null }),
  aTemplate('spanish', { purpose: 'payment', locale: 'es' }),
  aTemplate('swahili', { purpose: 'Registration', locale: 'SW' }),
]

const idOf = (changes: Partial<WantedTemplate>) => chooseTemplate(IN_FORCE, wanted(changes))?.templateId

describe('chooseTemplate', () => {
  it.each<[Partial<WantedTemplate>, string | null]>([
    [{}, 'english'],
    [{ locale: 'en-IN' }, 'indian'],
    [{ locale: 'EN-in' }, 'indian'],
    [{ locale: 'en-IN-x-a' }, 'indian'],
    [{ locale: 'en-GB' }, 'english'],
    [{ locale: 'hi-IN' }, 'hindi'],
    [{ locale: 'zh-Hant-TW' }, 'taiwan'],
    [{ locale: 'zh-Hant-HK' }, 'traditional'],
    [{ locale: 'zh' }, 'english'],
    [{ locale: 'fr' }, 'english'],
    [{ channel: 'whatsapp', locale: 'hi' }, 'chat'],
    [{ purpose: 'payment', locale: 'es-MX' }, 'spanish'],
    [{ purpose: 'payment' }, null],
    [{ purpose: 'payment', locale: 'hi' }, null],
    [{ purpose: 'registration', locale: 'sw' }, 'swahili'],
    [{ purpose: 'other' }, null],
  ])('for %j takes %s', (changes, templateId) => {
    expect(idOf(changes)).toBe(templateId)
  })

  it.each<[Partial<WantedTemplate>, string | undefined]>([
    [{ templateId: 'by-id' }, 'by-id'],
    [{ templateId: 'hindi', purpose: 'payment', locale: 'fr' }, 'hindi'],
    [{ templateId: 'chat', channel: 'whatsapp' }, 'chat'],
    [{ templateId: 'chat' }, undefined],
    [{ templateId: 'BY-ID' }, undefined],
    [{ templateId: 'nobody' }, undefined],
    [{ templateId: '' }, undefined],
  ])('asked for %j gives %s, and nothing instead', (changes, templateId) => {
    expect(idOf(changes)).toBe(templateId)
  })

  describe('by what a message can say, and has to', () => {
    const paying = [
      aTemplate('payee-only', { purpose: 'payment', content: '{{otp_code}} {{payee}}' }),
      aTemplate('both', { purpose: 'payment', content: '{{otp}} {{amount}} {{payee}} {{app_name}}' }),
      aTemplate('plain', { purpose: 'payment', content: '{{code}} {{purpose}} {{expires_in_minutes}}' }),
    ]
    const chosen = (changes: Partial<WantedTemplate>) =>
      chooseTemplate(paying, wanted({ purpose: 'payment', ...changes }))?.templateId
    const both = ['amount', 'payee'] as const

    it.each<[string, Partial<WantedTemplate>, string | null | undefined]>([
      ['nothing but the usual', {}, 'plain'],
      ['an empty list', { given: [] }, 'plain'],
      ['the payee', { given: ['payee'] }, 'payee-only'],
      ['the amount', { given: ['amount'] }, 'plain'],
      ['both', { given: both }, 'payee-only'],
      ['both, and shows both', { given: both, mustShow: both }, 'both'],
      ['both, and shows the amount', { given: both, mustShow: ['amount'] }, 'both'],
      ['more than any text has places for', { given: [...both, 'loan'], mustShow: both }, 'both'],
      ['all, and shows the loan, which no text does', { given: [...both, 'loan'], mustShow: ['loan'] }, undefined],
      ['all, and shows the loan in its own words', { given: ['loan'], mustShow: ['loan'], builtIn: '{{code}} {{loan}}' }, null],
      ['the amount without the value for it', { mustShow: ['amount'], builtIn: '{{code}} {{amount}}' }, undefined],
    ])('that has %s', (_name, changes, templateId) => {
      expect(chosen(changes)).toBe(templateId)
    })

    it.each<[Partial<WantedTemplate>, string | undefined]>([
      [{ templateId: 'both', given: both }, 'both'],
      [{ templateId: 'both' }, undefined],
      [{ templateId: 'both', given: ['amount'] }, undefined],
      [{ templateId: 'plain', given: both, mustShow: both }, undefined],
    ])('asked for %j gives %s, and nothing instead', (changes, templateId) => {
      expect(chosen(changes)).toBe(templateId)
    })
  })

  it('gives the built-in text where none is stored', () => {
    expect(chooseTemplate([], wanted({ purpose: 'payment', locale: 'hi', channel: 'whatsapp' }))).toStrictEqual({
      templateId: null,
      version: null,
      channel: 'whatsapp',
      purpose: 'payment',
      locale: 'en',
      content: 'built in {{otp_code}}',
      lastLine: null,
      dltTemplateId: null,
      vendorTemplates: {},
    })
  })
})
