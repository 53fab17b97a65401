import * as fc from 'fast-check'
import { VARIABLE_NAMES } from '../../../src/messaging/templates/variables'

const NASTY = [
  '@evil.example #666',
  '@',
  '#',
  '\n',
  '\r\n',
  '\u2028',
  '{{otp_code}}',
  '{code}',
  '{{',
  '}}',
  '\u202E',
  '\uD83D',
  ' ',
]

/** Values that try to be more than values. */
export const anyValues = fc.record(
  Object.fromEntries(
    VARIABLE_NAMES.map((name) => [
      name,
      fc
        .array(fc.oneof(fc.constantFrom(...NASTY), fc.string({ unit: 'binary', maxLength: 8 })), { maxLength: 6 })
        .map((parts) => parts.join('')),
    ]),
  ) as Record<(typeof VARIABLE_NAMES)[number], fc.Arbitrary<string>>,
)

/** Texts with places in them, some of which would pass. */
export const anyContent = fc.oneof(
  fc
    .array(fc.constantFrom(...NASTY, '{{app_name}}', '{{ purpose }}', '{{nobody}}', '{code}', 'Your code', ': ', '.', '1'), {
      maxLength: 10,
    })
    .map((parts) => parts.join('')),
  fc
    .tuple(
      fc.array(fc.constantFrom('{{app_name}}', '{{purpose}}', ' ', '\n', '@', '#', 'x.com', 'Hello'), { maxLength: 6 }),
      fc.array(fc.constantFrom('{{app_name}}', '{{purpose}}', ' ', '\n', '@', '#', 'x.com', 'Bye'), { maxLength: 6 }),
    )
    .map(([before, after]) => `${before.join('')} {{otp_code}} ${after.join('')}`.trim()),
)

/** What a phone takes from a message: the parsing algorithm of origin-bound one-time codes, step by step. */
export function webotpOf(message: string): { domain: string; code: string } | undefined {
  const line = message.split('\n').at(-1)!
  if (!line.startsWith('@')) return undefined
  const space = line.indexOf(' ')
  if (space <= 1 || line[space + 1] !== '#') return undefined
  const code = line.slice(space + 2).split(' ')[0]!
  return code === '' ? undefined : { domain: line.slice(1, space), code }
}
