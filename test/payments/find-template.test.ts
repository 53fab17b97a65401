import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { createDatabase } from '../../src/db/client'
import { createTemplates } from '../../src/messaging/templates/create-templates'
import { createTemplateStore } from '../../src/messaging/templates/template-store'
import { findTemplate } from '../../src/payments/find-template'
import { BRIEF_INSERT, aDraft } from '../messaging/templates/drafts'
import { brokenDatabase } from '../support/broken'

const WANTED = {
  channel: 'sms',
  purpose: 'payment',
  locale: 'en',
  builtIn: 'Ours: {{otp_code}}',
  given: ['payee', 'loan'],
} as const
const db = createDatabase(env.DB)
const store = createTemplateStore({ db, clock: () => Date.now(), log: () => {} })
const caller = { defer: () => {} }

/** With templates that were not read yet. */
const find = (key: string) =>
  findTemplate({ db, templates: createTemplates({ db, clock: () => Date.now(), log: () => {} }) }, caller, key, WANTED)

/** A template under its id. @returns the number of its row */
async function put(templateId: string, changes: Parameters<typeof aDraft>[0] = {}): Promise<string> {
  return String((await store.create(templateId, aDraft({ purpose: null, ...changes }))).id)
}

beforeEach(async () => {
  await env.DB.exec('DELETE FROM communication_template')
})

describe('a key', () => {
  it('is the id of a template, or the number of its row', async () => {
    const row = await put('paid')

    expect(await find('paid')).toBe('paid')
    expect(await find(row)).toBe('paid')
  })

  it('is the id first: a template may be called as the row of another', async () => {
    const row = await put('paid')
    await put(row)

    expect(await find(row)).toBe(row)
  })

  it('by the number of a version that was replaced is the template as it is now', async () => {
    const row = await put('paid')
    await store.replace('paid', aDraft({ purpose: null, content: 'New: {{otp_code}}' }))

    expect(await find(row)).toBe('paid')
  })

  it.each(['none', '0', '01', '999999999', '99999999999999999999', '1.0', ' 1', '-1', '1e3', "' OR 1=1", '__proto__'])(
    'that means nothing is not found: %s',
    async (key) => {
      await put('paid')
      await expect(find(key)).rejects.toMatchObject({ refusal: { code: 'template_not_found' } })
    },
  )

  it.each([
    ['is out of force', {}],
    ['is for WhatsApp', { channel: 'whatsapp' }],
    ['has places that these messages cannot fill', { content: '{{otp_code}} for {{amount}}' }],
  ] as const)('of a template that %s is not found, nor is its row', async (what, changes) => {
    const row = await put('gone', changes)
    if (what === 'is out of force') await store.retire('gone')

    for (const key of ['gone', row]) {
      await expect(find(key)).rejects.toMatchObject({ refusal: { code: 'template_not_found' } })
    }
  })

  it('of a template with the values of a payment is found', async () => {
    await put('payee', { content: '{{otp_code}}: pay {{payee}} for loan {{loan}}' })

    expect(await find('payee')).toBe('payee')
  })

  it('is not found out where D1 does not answer', async () => {
    const broken = createDatabase(brokenDatabase as unknown as D1Database)
    const templates = createTemplates({ db: broken, clock: () => Date.now(), log: () => {} })

    for (const key of ['7', 'paid']) {
      await expect(findTemplate({ db: broken, templates }, caller, key, WANTED)).rejects.toMatchObject({
        refusal: { code: 'dependency_unavailable' },
      })
    }
  })
})

describe("brief 000's key", () => {
  it.each(['1', 'OTP_SEND'])('%s means the template of its INSERT', async (key) => {
    await put('other')
    await env.DB.exec(BRIEF_INSERT.replaceAll('\n', ' '))

    expect(await find(key)).toBe('OTP_SEND')
  })

  it('OTP_SEND is content with a template that is called 1', async () => {
    await put('1')

    expect(await find('OTP_SEND')).toBe('1')
  })

  it.each(['1', 'OTP_SEND'])('%s is no template where none is stored, or it is out of force', async (key) => {
    expect(await find(key)).toBeUndefined()
    await put('OTP_SEND')
    await store.retire('OTP_SEND')
    expect(await find(key)).toBeUndefined()
  })

  it('1 is the first row, where that is another template', async () => {
    await env.DB.exec(
      `INSERT INTO communication_template (id, template_id, template_name, channel_type, content) VALUES (1, 'first', 'First', 1, '{{otp_code}}')`,
    )
    await put('OTP_SEND')

    expect([await find('1'), await find('OTP_SEND')]).toEqual(['first', 'OTP_SEND'])
  })

  it.each([
    ['login', 'OTP_SEND'],
    ['payment', 'first'],
  ])('1 is the first row only where that is for payments or for nothing in particular: %s', async (purpose, meant) => {
    await env.DB.exec(
      `INSERT INTO communication_template (id, template_id, template_name, channel_type, content, purpose) VALUES (1, 'first', 'First', 1, '{{otp_code}}', '${purpose}')`,
    )
    await put('OTP_SEND')

    expect(await find('1')).toBe(meant)
  })
})
