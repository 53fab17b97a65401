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
