import { describe, expect, it } from 'vitest'
import { checkContent } from '../../../src/messaging/templates/check-content'
import { checkTemplate } from '../../../src/messaging/templates/check-template'
import type { TemplateDraft } from '../../../src/messaging/templates/draft'
import { aDraft } from './drafts'

const issuesOf = (changes: Partial<TemplateDraft>, templateId?: string) =>
  checkTemplate(aDraft(changes), templateId).map(({ path, message }) => `${path}: ${message}`)

const contentIssues = (content: string) =>
  checkContent({ channel: 'sms', content, webotpDomain: null, androidAppHash: null }).map(({ message }) => message)

describe('a good template', () => {
  it.each<[string, Partial<TemplateDraft>]>([
    ['the plain one', {}],
    [
      'brief 000',
      {
        content: 'Your OTP for payment verification is {{otp_code}}. Valid for 5 minutes. - Prosparity',
        variables: { otp_code: 'string' },
        dltId: 'your_dlt_id',
      },
    ],
    ['brief 002', { content: 'Welcome To Your App!\nThank you for using our service.\nYour OTP is {code}' }],
    ['declared by another name', { content: 'Code: {{code}}', variables: { otp: 'number' } }],
    ['declared by two', { content: 'Code: {{code}}', variables: { otp: 'number', otp_code: 'string' } }],
    ['with a last line for browsers', { webotpDomain: 'otp.example.com' }],
    ['with an international domain', { webotpDomain: 'xn--bcher-kva.example' }],
    ['with a last line for Android', { content: 'Code: {{code}}', androidAppHash: 'FA+9qCX9VS/' }],
    ['in Hindi', { content: 'आपका OTP {{otp_code}} है।', locale: 'hi-IN' }],
    ['in Chinese, which has no blanks', { content: '您的验证码是{{otp_code}}，请勿泄露', locale: 'zh-Hant-TW' }],
    ['in Korean', { content: '인증번호 {{otp_code}}입니다', locale: 'ko' }],
    ['in Thai', { content: 'รหัส{{otp_code}}ของคุณ', locale: 'th' }],
    ['in Arabic', { content: 'رمزك هو {{otp_code}} لا تشاركه', locale: 'ar' }],
    ['with a prefix', { content: 'G-{{code}}, not 12 {{app_name}}' }],
    ['with an address in a line', { content: 'Code {{code}}, see @homi or x@example.com' }],
    [
      'on WhatsApp',
      { channel: 'whatsapp', vendorTemplates: { gupshup: 'c6aecef6-bcb0-4fb1-8100-28c094e3bc6b', whatsapp_cloud: 'login_code' } },
    ],
    ['with vendor templates', { vendorTemplates: { msg91: '65f0', twilio: 'HX1' } }],
    ['without a purpose', { purpose: null }],
    ['with the purpose of brief 002', { purpose: 'Login' }],
  ])('is %s', (_title, changes) => {
    expect(issuesOf(changes)).toStrictEqual([])
  })
})

describe('the text', () => {
  it.each([
    [
      'unknown variables, each once',
      'Hi {{name}} {{name}} {{Code}}: {{code}}',
      [/unknown variable name:.*otp_code/, /unknown variable Code/],
    ],
    ['no code', 'Hello {{app_name}}', [/no place for the code/]],
    ['two codes', '{{otp_code}} or {code}', [/more than once/]],
    ['one brace too many', '{{{code}}', [/braces/]],
    ['braces that do not close', 'Hi {{app_name, {{code}}', [/braces/]],
    ['a stray brace', 'Code } {{code}}', [/braces/]],
    ['single braces around another name', '{app_name}: {code}', [/braces/]],
    ['a place of MSG91', '##OTP## {#var#} {{code}}', [/braces/]],
    ['a place of DLT', 'Code {#var#}', [/braces/, /no place/]],
    ['a carriage return', 'Your code:\r\n{{code}}', [/control/]],
    ['a tab', 'Code:\t{{code}}', [/control/]],
    ['NUL', 'Code\u0000 {{code}}', [/control/]],
    ['a line separator', 'Code\u2028 {{code}}', [/control/]],
    ['an override of direction', 'Code \u202E {{code}}', [/control/]],
    ['an isolate', 'Code \u2067 {{code}}', [/control/]],
    ['half a pair', 'Code \uD83D {{code}}', [/control/]],
    ['a blank at the front', ' {{code}}', [/begins or ends/]],
    ['a line feed at the end', 'Code {{code}}\n', [/begins or ends/]],
    ['a letter before the code', 'OTP{{code}}', [/next to the code/]],
    ['a digit after the code', '{{code}}4', [/next to the code/]],
    ['an underline after the code', '{{code}}_', [/next to the code/]],
    ['a variable before the code', 'For {{purpose}}{{code}}', [/next to the code/]],
    ['a variable after the code', '{{code}}{{purpose}}', [/next to the code/]],
    ['a combining mark after the code', 'Code {{code}}\u20E3', [/next to the code/]],
    ['something invisible before the code', 'Code \u200B{{code}}', [/next to the code/]],
    ['a letter of Devanagari after the code', 'OTP {{code}}है', [/next to the code/]],
    ['a digit of a script without blanks', 'รหัส ๑{{code}}', [/next to the code/]],
    ['a line of WebOTP', 'Code {{code}}\n@example.com #1', [/begins with @/]],
    ['such a line with the code in it', 'Welcome\n@example.com #{{code}}', [/begins with @/]],
    ['such a line where a value is empty', 'Code {{code}}\n{{purpose}}@x.com #1', [/begins with @/]],
    ['such a line in the middle', 'Hello\n@{{app_name}}\nCode {{code}}', [/begins with @/]],
    ['1,601 characters', `{{code}} ${'x'.repeat(1590)}`, [/1601 characters/]],
  ])('is refused with %s', (_title, content, messages) => {
    expect(contentIssues(content)).toStrictEqual(messages.map((message) => expect.stringMatching(message)))
  })

  it('may be 1,600 characters with the longest values, and no more', () => {
    expect(contentIssues(`{{code}} ${'x'.repeat(1589)}`)).toStrictEqual([])
    expect(contentIssues(`{{code}} {{app_name}}${'x'.repeat(1558)}`)).toStrictEqual([])
    expect(contentIssues(`{{code}} {{app_name}}${'x'.repeat(1560)}`)).toHaveLength(1)
  })

  it('tells everything that is wrong at once', () => {
    expect(contentIssues(' {{nobody}} {x} ')).toHaveLength(4)
  })
})

describe('the last line', () => {
  it.each<[string, Partial<TemplateDraft>, RegExp[]]>([
    [
      'both',
      { content: '{{code}}', webotpDomain: 'example.com', androidAppHash: 'FA+9qCX9VS/' },
      [/^android_app_hash: .*two templates/],
    ],
    ['a domain in capitals', { webotpDomain: 'Example.com' }, [/^webotp_domain: .*host name/]],
    ['an address', { webotpDomain: 'https://example.com' }, [/^webotp_domain: /]],
    ['a port', { webotpDomain: 'example.com:443' }, [/^webotp_domain: /]],
    ['a label alone', { webotpDomain: 'localhost' }, [/^webotp_domain: /]],
    ['numbers', { webotpDomain: '192.168.0.1' }, [/^webotp_domain: /]],
    ['a dot at the end', { webotpDomain: 'example.com.' }, [/^webotp_domain: /]],
    ['a hyphen at the edge', { webotpDomain: '-a.example' }, [/^webotp_domain: /]],
    ['two lines', { webotpDomain: 'example.com\n@evil.com' }, [/^webotp_domain: /]],
    ['nothing', { webotpDomain: '' }, [/^webotp_domain: /]],
    ['a hash of 10', { content: '{{code}}', androidAppHash: 'FA+9qCX9VS' }, [/^android_app_hash: must be 11/]],
    ['a hash of 12', { content: '{{code}}', androidAppHash: 'FA+9qCX9VS//' }, [/^android_app_hash: /]],
    ['a hash in base64url', { content: '{{code}}', androidAppHash: 'FA-9qCX9VS_' }, [/^android_app_hash: /]],
    ['a hash with a line end', { content: '{{code}}', androidAppHash: 'FA+9qCX9VS\n' }, [/^android_app_hash: /]],
    [
      'an app on WhatsApp',
      { channel: 'whatsapp', content: '{{code}}', androidAppHash: 'FA+9qCX9VS/' },
      [/^android_app_hash: .*SMS/],
    ],
    ['a browser on WhatsApp', { channel: 'whatsapp', webotpDomain: 'example.com' }, [/^webotp_domain: .*SMS/]],
  ])('is refused with %s', (_title, changes, messages) => {
    expect(issuesOf(changes)).toStrictEqual(messages.map((message) => expect.stringMatching(message)))
  })

  it('for Android leaves 140 bytes of UTF-8 for the longest message', () => {
    // 10 of the code, a blank, the line feed and 11 of the hash.
    const fits = (content: string) => issuesOf({ content, androidAppHash: 'FA+9qCX9VS/' }).length === 0
    expect(fits(`{{code}} ${'x'.repeat(117)}`)).toBe(true)
    expect(fits(`{{code}} ${'x'.repeat(118)}`)).toBe(false)
    expect(fits(`{{code}} ${'ह'.repeat(39)}`)).toBe(true)
    expect(fits(`{{code}} ${'ह'.repeat(39)}x`)).toBe(false)
    expect(fits(`{{code}} {{app_name}}${'x'.repeat(27)}`)).toBe(true)
    expect(fits(`{{code}} {{app_name}}${'x'.repeat(28)}`)).toBe(false)
    expect(issuesOf({ content: `{{code}} ${'x'.repeat(118)}` })).toStrictEqual([])
  })
})

describe('declared variables', () => {
  it.each<[string, Record<string, string>, RegExp[]]>([
    [
      'one that the text has not',
      { otp_code: 'string', purpose: 'string', app_name: 'string' },
      [/^variables.purpose: is not in/],
    ],
    ['one that there is not', { otp_code: 'string', app_name: 'string', name: 'string' }, [/^variables.name: is not in/]],
    ['one missing', { otp_code: 'string' }, [/^variables.app_name: .*not declared/]],
    ['none', {}, [/^variables.otp_code: /, /^variables.app_name: /]],
    ['an unknown type', { otp_code: 'text', app_name: 'string' }, [/^variables.otp_code: must be string or number/]],
  ])('are refused with %s', (_title, variables, messages) => {
    const found = issuesOf({ content: '{{otp_code}} {{app_name}}', variables })
    expect(found).toStrictEqual(messages.map((message) => expect.stringMatching(message)))
  })
})

describe('the names', () => {
  it.each<[string, Partial<TemplateDraft>]>([
    ['template_name', { templateName: '' }],
    ['template_name', { templateName: 'x'.repeat(101) }],
    ['template_name', { templateName: 'a\nb' }],
    ['purpose', { purpose: '' }],
    ['purpose', { purpose: '1st' }],
    ['purpose', { purpose: 'x'.repeat(33) }],
    ['locale', { locale: 'en_IN' }],
    ['locale', { locale: '' }],
    ['locale', { locale: 'english' }],
    ['dlt_id', { dltId: '' }],
    ['dlt_id', { dltId: '1107 16' }],
    ['dlt_id', { dltId: 'é' }],
    ['dlt_id', { dltId: '1'.repeat(65) }],
    ['vendor_templates.gupshup', { vendorTemplates: { gupshup: 'x' } }],
    ['vendor_templates.twilio', { vendorTemplates: { twilio: '' } }],
    ['vendor_templates.twilio', { vendorTemplates: { twilio: 'x'.repeat(513) } }],
  ])('refuse a wrong %s', (path, changes) => {
    expect(checkTemplate(aDraft(changes)).map((issue) => issue.path)).toStrictEqual([path])
  })

  it.each(['', 'a b', 'ä', 'x'.repeat(65), '../x', 'a\n'])('refuse the template id %j', (templateId) => {
    expect(issuesOf({}, templateId)).toStrictEqual([expect.stringMatching(/^template_id: /)])
  })

  it.each(['1', 'OTP_SEND', 'login.sms-2', 'x'.repeat(64)])('take the template id %j', (templateId) => {
    expect(issuesOf({}, templateId)).toStrictEqual([])
  })
})
