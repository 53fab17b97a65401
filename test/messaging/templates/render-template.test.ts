import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createProfiles } from '../../../src/config/profiles'
import { loadConfig } from '../../../src/config/load-config'
import { checkContent } from '../../../src/messaging/templates/check-content'
import { parseContent } from '../../../src/messaging/templates/parse-content'
import { renderTemplate } from '../../../src/messaging/templates/render-template'
import type { LastLine } from '../../../src/messaging/templates/template'
import { VARIABLE_NAMES, type Values } from '../../../src/messaging/templates/variables'
import { anyContent, anyValues, webotpOf } from './texts'
import { aSecret } from '../../support/secrets'

const VALUES = { otp_code: '048213', app_name: 'Homi', purpose: 'login', expires_in_minutes: '5' }

const render = (content: string, values: Values = VALUES, lastLine: LastLine | null = null) =>
  renderTemplate({ content, lastLine }, values)

function profilesByDefault() {
  const result = loadConfig({ OTP_PEPPER: aSecret('p') })
  if (!result.ok) throw new Error(result.problems.join())
  return createProfiles(result.config)
}

describe('parseContent', () => {
  it.each([
    ['', []],
    ['no places', [{ kind: 'text', text: 'no places' }]],
    ['{{otp_code}}', [{ kind: 'variable', name: 'otp_code' }]],
    [
      'a {{ otp_code\t}}{{x}} b',
      [
        { kind: 'text', text: 'a ' },
        { kind: 'variable', name: 'otp_code' },
        { kind: 'variable', name: 'x' },
        { kind: 'text', text: ' b' },
      ],
    ],
    [
      'is {code}.',
      [
        { kind: 'text', text: 'is ' },
        { kind: 'variable', name: 'code' },
        { kind: 'text', text: '.' },
      ],
    ],
    ['{otp_code}', [{ kind: 'text', text: '{otp_code}' }]],
    ['{{otp code}} {{}} {{1}} {{a\n}}', [{ kind: 'text', text: '{{otp code}} {{}} {{1}} {{a\n}}' }]],
    [
      '{{{code}}}',
      [
        { kind: 'text', text: '{' },
        { kind: 'variable', name: 'code' },
        { kind: 'text', text: '}' },
      ],
    ],
  ])('reads %j', (content, pieces) => {
    expect(parseContent(content)).toStrictEqual(pieces)
  })

  it('takes no longer for braces that never close', () => {
    const pieces = parseContent(`${'{{ '.repeat(5_000)}${' '.repeat(5_000)}${'{{a'.repeat(5_000)}`)
    expect(pieces.map(({ kind }) => kind)).toStrictEqual(['text'])
  })
})

describe('renderTemplate', () => {
  it.each([
    ['{{otp_code}} is your {{app_name}} code for {{purpose}}.', '048213 is your Homi code for login.'],
    ['{code} {{code}} {{otp}} {{ otp_code }}', '048213 048213 048213 048213'],
    ['Valid for {{expires_in_minutes}} minutes.\nBye.', 'Valid for 5 minutes.\nBye.'],
    ['{{nobody}}|{{constructor}}|{{__proto__}}|{x}', '|||{x}'],
  ])('fills %j', (content, text) => {
    expect(render(content)).toBe(text)
  })

  it('leaves the place of a value that is not given empty', () => {
    expect(render('[{{app_name}}] {{otp_code}}', { otp_code: '1234' })).toBe('[] 1234')
  })

  it.each<[string, LastLine, string]>([
    ['browsers', { kind: 'webotp', domain: 'otp.example.com' }, 'Code: 048213\n@otp.example.com #048213'],
    ['Android', { kind: 'android', appHash: 'FA+9qCX9VS/' }, 'Code: 048213\nFA+9qCX9VS/'],
  ])('ends with the line for %s', (_title, lastLine, text) => {
    expect(render('Code: {{code}}', VALUES, lastLine)).toBe(text)
  })

  it.each([
    ['braces', '{{otp_code}} {code}', '[{{otp_code}} {code}]'],
    ['line ends', 'a\r\nb\nc\u2028d\u2029e\u0085f\vg', '[abcdefg]'],
    ['controls', 'a\u0000b\u001Bc\u007Fd', '[abcd]'],
    ['what turns the writing around', 'a\u202Eb\u2066c\u2069d', '[abcd]'],
    ['half a pair', 'a\uD83Db\uDE00c', '[abc]'],
    ['whole pairs and joiners, which are kept', '👨‍👩‍👧 क्‍ष', '[👨‍👩‍👧 क्‍ष]'],
    ['an @', '@x.com #1', '[@x.com #1]'],
    ['replacement patterns', "$& $1 $' $$", "[$& $1 $' $$]"],
  ])('keeps its structure with a value that has %s', (_title, value, text) => {
    expect(render('[{{app_name}}]', { app_name: value })).toBe(text)
  })

  it.each(['{{app_name}} {{code}}', 'Hello\n{{app_name}} {{code}}', 'Hello\n{{purpose}}{{app_name}} {{code}}'])(
    'lets no value begin a line with @ in %j',
    (content) => {
      const text = render(content, { otp_code: '1234', app_name: '\n@@evil.example #666' })
      expect(text.split('\n').at(-1)).toBe('evil.example #666 1234')
    },
  )

  it.each(Object.values(profilesByDefault()))('takes the built-in text of $name, which would pass as a template', ({ text }) => {
    const draft = { channel: 'sms' as const, content: text, webotpDomain: null, androidAppHash: null }
    expect(checkContent(draft)).toStrictEqual([])
    expect(render(text)).toContain(VALUES.otp_code)
    expect(render(text)).not.toMatch(/[{}]/)
  })
})

describe('whatever the values are', () => {
  it('they add no line, and their braces are only braces', () => {
    fc.assert(
      fc.property(anyContent, anyValues, (content, values) => {
        const text = render(content, values)
        const bare = render(content, {})

        expect(text.split('\n')).toHaveLength(bare.split('\n').length)
        for (const name of VARIABLE_NAMES) {
          expect(render(`[{{${name}}}]`, { ...values, [name]: `{{otp_code}}${values[name]}` })).toContain('{{otp_code}}')
        }
      }),
      { numRuns: 500 },
    )
  })

  it('a text that passes has exactly the lines it was written with, and phones find our address only', () => {
    let passed = 0
    fc.assert(
      fc.property(anyContent, anyValues, fc.stringMatching(/^\d{4,10}$/), fc.boolean(), (content, values, code, ends) => {
        const webotpDomain = ends ? 'otp.example.com' : null
        if (checkContent({ channel: 'sms', content, webotpDomain, androidAppHash: null }).length > 0) return
        passed += 1
        const lastLine = ends ? ({ kind: 'webotp', domain: 'otp.example.com' } as const) : null
        const text = render(content, { ...values, otp_code: code }, lastLine)

        expect(text.split('\n')).toHaveLength(content.split('\n').length + (ends ? 1 : 0))
        expect(webotpOf(text)).toStrictEqual(ends ? { domain: 'otp.example.com', code } : undefined)
        expect(text).toContain(code)
      }),
      { numRuns: 2000 },
    )
    expect(passed).toBeGreaterThan(100)
  })

  it('neither the check nor the rendering ever throws', () => {
    const text = fc.string({ unit: 'binary', maxLength: 60 })
    const draft = fc.record({
      channel: fc.constantFrom('sms' as const, 'whatsapp' as const),
      content: fc.oneof(anyContent, text),
      webotpDomain: fc.option(text),
      androidAppHash: fc.option(text),
    })
    fc.assert(
      fc.property(draft, anyValues, (given, values) => {
        expect(Array.isArray(checkContent(given))).toBe(true)
        expect(typeof render(given.content, values)).toBe('string')
      }),
      { numRuns: 1000 },
    )
  })
})
