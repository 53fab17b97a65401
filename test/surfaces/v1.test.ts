import { describe, expect, it } from 'vitest'
import { createMockService, createService, uniquePhone } from '../support/service'
import { describeContract, useStandInAndFakeTime } from './contract'
import { MISCONFIGURED, SECRETS } from './contract/settings'
import { expectAnswer, expectRefusal } from './contract/surface'
import { FOREIGN_ID, pendingBody, v1 } from './contract/v1'

const PATH = '/v1/verifications'
const service = createService()
const create = (body: object) => service.post(PATH, body)

describe('the contract', () => describeContract(v1))

describe('POST /v1/verifications', () => {
  const { vendor } = useStandInAndFakeTime()

  it('makes a verification, shows it key for key, and says where it is', async () => {
    const phone = uniquePhone()
    const created = await create({ to: phone, channel: 'whatsapp', purpose: 'payment', locale: 'hi-IN', binding: { loan: '42' } })
    const { id } = await created.clone().json<{ id: string }>()

    expect(created.headers.get('location')).toBe(`${PATH}/${id}`)
    const answer = { status: 201, body: () => pendingBody(phone, { id, purpose: 'payment' }) }
    await expectAnswer(created, answer, phone)
    const path = created.headers.get('location')!
    await expectAnswer(await service.request(path), { ...answer, status: 200 }, phone)
  })

  it.each([
    ['+255694230173', '+255*******73'],
    ['+12025550143', '+1********43'],
    ['+4915112345678', '+49*********78'],
  ])('masks %s as %s', async (phone, masked) => {
    const created = await create({ to: phone })

    expect(await created.json()).toMatchObject({ to: masked, status: 'pending' })
  })

  it('never answers with the number, whatever it is asked', async () => {
    const phone = uniquePhone()
    const created = await create({ to: phone })
    const path = created.headers.get('location')!
    const answers = [
      created,
      await create({ to: phone }),
      await create({ to: `${phone}0` }),
      await create({ to: phone, other: phone }),
      await service.request(path),
      await service.post(`${path}/check`, { code: '1234567' }),
      await service.post(`${PATH}/check`, { to: phone, code: phone }),
      await service.post(`${path}/check`, { code: vendor().lastCode(phone) }),
      await service.post(`${path}/resend`, {}),
      await service.request(path, { method: 'DELETE' }),
    ]

    for (const answer of answers) {
      expect(JSON.stringify([...answer.headers]) + (await answer.text())).not.toContain(phone.slice(3))
    }
  })

  it.each([
    ['channel', ['fax', 'SMS', '', 1, null, ['sms']]],
    ['purpose', ['', 'Login', '1st', 'a b', 'x'.repeat(33), 1, null, {}, 'payment_confirmation']],
    ['locale', ['', 'english', 'e', 'en_IN', 'en-', 'x'.repeat(20), 1, null]],
    ['binding', [null, 'loan', [], ['loan'], 1, { loan: 1 }, { loan: null }, { loan: { id: '1' } }, { '': 'x' }]],
    [
      'binding',
      [{ loan: 'x'.repeat(257) }, { ['x'.repeat(65)]: 'x' }, Object.fromEntries(Array.from('abcdefghijk', (k) => [k, 'x']))],
    ],
  ])('refuses a wrong %s, and names it', async (field, values) => {
    for (const value of values) {
      const response = await create({ to: uniquePhone(), [field]: value })
      const { errors } = await response.clone().json<{ errors: { path: string }[] }>()

      await expectRefusal(v1, response, { code: 'invalid_request' })
      expect(errors.map(({ path }) => path.split('.')[0])).toEqual([field])
    }
    expect(vendor().requests).toHaveLength(0)
  })

  it('takes the greatest binding that it promises, and no fact of it reaches the vendor', async () => {
    const binding = Object.fromEntries(Array.from('abcdefghij', (key) => [key.repeat(64), `fact-${'é'.repeat(251)}`]))
    const phone = uniquePhone()

    await expectAnswer(await create({ to: phone, binding }), v1.sent, phone)
    expect(vendor().requests[0]!.body).not.toContain('fact-')
  })

  it('says which fields it does not know', async () => {
    const response = await create({ to: uniquePhone(), mobile: '1', otp: '2' })
    const issues = [{ path: '', message: expect.stringMatching(/mobile.*otp/) }]

    await expectRefusal(v1, response, { code: 'invalid_request', issues })
  })

  it('knows no channel without a provider: sms is not configured, and nothing is spent', async () => {
    const phone = uniquePhone()

    await expectRefusal(v1, await create({ to: phone, channel: 'sms' }), { code: 'not_configured' })
    await expectAnswer(await create({ to: phone, channel: 'whatsapp' }), v1.sent, phone)
  })

  it('takes the first channel that somebody serves where none is asked for', async () => {
    const phone = uniquePhone()
    const created = await createMockService().post(PATH, { to: phone })

    await expectAnswer(created, { status: 201, body: () => pendingBody(phone, { channel: 'sms' }) }, phone)
  })

  it('does not show the code in mock mode: no document of ours asks for it', async () => {
    const created = await createMockService().post(PATH, { to: uniquePhone() })
    expect(await created.text()).not.toContain('123456')
  })
})

describe('a problem', () => {
  const { vendor } = useStandInAndFakeTime()

  it('is told word for word', async () => {
    const phone = uniquePhone()
    await create({ to: phone })
    const refused = await service.post(PATH, { to: phone }, { 'x-request-id': 'the-second' })

    expect(await refused.json()).toEqual({
      type: 'urn:edge-verify:problem:cooldown_active',
      title: 'Cooldown active',
      status: 429,
      detail: 'A code was sent to this number just now. Please wait 60 seconds before asking for another one.',
      code: 'cooldown_active',
      request_id: 'the-second',
      retry_after: 60,
    })
  })

  it('of an unconfirmed message names the verification, which a code that arrives is checked under', async () => {
    const phone = uniquePhone('0023')
    const refused = await create({ to: phone })
    const { verification_id: id } = await refused.json<{ verification_id: string }>()

    const checked = await service.post(`${PATH}/${id}/check`, { code: vendor().lastCode(phone) })

    expect(await checked.json()).toEqual({ id, status: 'approved', valid: true, guesses_left: 4 })
  })
})

describe('settings that are wrong', () => {
  it.each(MISCONFIGURED)('%s: the routes without a body say so, too', async (_what, settings, names) => {
    const misconfigured = createService(settings)
    for (const [method, path] of [
      ['GET', `${PATH}/${FOREIGN_ID}`],
      ['DELETE', `${PATH}/${FOREIGN_ID}`],
      ['POST', `${PATH}/${FOREIGN_ID}/resend`],
    ] as const) {
      const response = await misconfigured.request(path, { method })
      const text = await response.clone().text()
      await expectRefusal(v1, response, { code: 'misconfigured' })
      for (const name of names) expect(text).toContain(name)
      for (const secret of SECRETS) expect(text).not.toContain(secret)
    }
  })
})
