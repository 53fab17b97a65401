import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { expectDocumented } from '../support/conformance'
import { fireAlarm, gateOf } from '../support/gate'
import { MODE, STATUS, changesOf, putLoan, repaymentOf, uniqueLenderId } from '../support/loans'
import { MSG91_SETTINGS, MSHASTRA_SETTINGS, TWILIO_SETTINGS, createService, uniquePhone, wrongCode } from '../support/service'
import { BRIEF_INSERT } from '../messaging/templates/drafts'
import { useStandInsAndFakeTime } from './contract'
import { SEND, UPDATE, VERIFY, expectRefused, sent, updateBody, updated, verified } from './contract/payment-otp'
import { expectAnswer } from './contract/surface'

const json = { 'Content-Type': 'application/json' }
const send = (loan: { loanId: string; repaymentId: string }, more: object = {}) => ({
  loan_id: loan.loanId,
  repayment_id: loan.repaymentId,
  ...more,
})

const { standIns } = useStandInsAndFakeTime()
beforeEach(async () => {
  await env.DB.exec('DELETE FROM communication_template')
})

/** With templates that are read anew. */
const msg91 = (changes: Record<string, string> = {}) => createService({ ...MSG91_SETTINGS, ...changes })
const lastMessage = () => standIns().msg91.messages.at(-1)

describe('brief 000, in mock mode', () => {
  const mock = createService({ PIONEER_FLAG_MOCK_OTP_ENABLED: 'true', MSG91_OTP_LENGTH: '6' })
  const curl = async (path: string, body: string) => {
    const response = await mock.request(path, { method: 'POST', headers: json, body })
    return [response.status, await response.json()]
  }
  const ofBrief = { loanId: '123', repaymentId: '456' }

  it('takes its own requests as printed, one after the other', async () => {
    vi.setSystemTime(Date.UTC(2024, 0, 1, 12))
    await putLoan({ loanId: '123', contacts: { applicant: '+919876543210' }, repayments: [{ id: '456' }] })

    expect(await curl(SEND, '{ "loan_id": 123, "repayment_id": 456, "template_key": "1", "contact_type": "applicant" }')).toEqual(
      [
        200,
        {
          success: true,
          message: 'OTP sent successfully',
          mobile_number: '987****10',
          communication_id: expect.stringMatching(/^[\da-f-]{36}$/),
          expires_in_minutes: 5,
        },
      ],
    )
    expect(
      await curl(VERIFY, '{ "loan_id": 123, "repayment_id": 456, "otp_code": "123456", "contact_type": "applicant" }'),
    ).toEqual([
      200,
      {
        success: true,
        message: 'OTP verified successfully',
        mobile_number: '9876543210',
        verified_at: '2024-01-01T12:00:00',
        payment_status_updated: false,
      },
    ])
    expect((await repaymentOf(ofBrief)).statusId).toBe(STATUS.pending)
    expect(
      await curl(
        UPDATE,
        `{
  "loan_id": 123,
  "repayment_id": 456,
  "mobile": "9876543210",
  "otp_code": "123456",
  "status_update": {
    "loan_id": "123",
    "repayment_id": "456",
    "repayment_status": 3,
    "amount_collected": 5000.0,
    "payment_mode_id": 1
  }
}`,
      ),
    ).toEqual([
      200,
      {
        success: true,
        message: 'OTP verified and payment status updated successfully',
        mobile_number: '9876543210',
        verified_at: '2024-01-01T12:00:00',
        payment_status_updated: true,
      },
    ])
    expect(await repaymentOf(ofBrief)).toMatchObject({
      statusId: STATUS.paid,
      amountCollected: 500_000,
      paymentModeId: MODE.cash,
      version: 2,
    })
    expect(standIns().msg91.requests).toHaveLength(0)
  })

  it('shows no code, and takes no other one', async () => {
    const loan = await putLoan()
    const response = await mock.post(SEND, send(loan))

    expect(Object.keys(await response.json<object>()).toSorted()).toEqual(Object.keys(sent.body(loan.phone)).toSorted())
    await expectRefused(await mock.post(VERIFY, send(loan, { otp_code: '123457' })), 400, 'code_incorrect', { attempts_left: 4 })
  })

  it('has the code 1234 where no length is set', async () => {
    const loan = await putLoan()
    const four = createService({ PIONEER_FLAG_MOCK_OTP_ENABLED: 'true' })
    await four.post(SEND, send(loan))
    await expectAnswer(await four.post(VERIFY, send(loan, { otp_code: '1234' })), verified(), loan.phone)
  })
})

describe('brief 000, by MSG91', () => {
  it('sends, verifies and changes: four digits, valid for five minutes', async () => {
    const loan = await putLoan()
    const service = msg91({ MSG91_SENDER_ID: 'PROSPA' })

    const taken = await service.post(SEND, send(loan))
    await expectDocumented({ method: 'POST', path: SEND }, taken)
    await expectAnswer(taken, sent, loan.phone)
    expect(standIns().msg91.messages).toEqual([
      expect.objectContaining({
        destination: loan.phone.slice(1),
        templateId: MSG91_SETTINGS.MSG91_TEMPLATE_ID,
        sender: 'PROSPA',
        dltTemplateId: undefined,
        code: expect.stringMatching(/^\d{4}$/),
        lifetimeMs: 300_000,
      }),
    ])
    const { code } = lastMessage()!
    const right = await service.post(VERIFY, send(loan, { otp_code: code }))
    await expectDocumented({ method: 'POST', path: VERIFY }, right)
    await expectAnswer(right, verified(), loan.phone)
    const changed = await service.post(UPDATE, updateBody(loan, code))
    await expectDocumented({ method: 'POST', path: UPDATE }, changed)
    await expectAnswer(changed, updated(), loan.phone)
    expect(await changesOf(loan)).toHaveLength(1)
  })

  it('changes in one step', async () => {
    const loan = await putLoan()
    const service = msg91()
    await service.post(SEND, send(loan))

    await expectAnswer(await service.post(UPDATE, updateBody(loan, lastMessage()!.code)), updated(), loan.phone)
    expect((await repaymentOf(loan)).statusId).toBe(STATUS.paid)
  })

  it.each([
    [{ MSG91_OTP_LENGTH: '8', MSG91_OTP_EXPIRE_MINUTES: '10' }, 8, 10],
    [{ OTP_LENGTH: '7', OTP_EXPIRY_MINUTES: '3' }, 7, 3],
    [{ OTP_LENGTH: '7', MSG91_OTP_LENGTH: '5', OTP_EXPIRY_MINUTES: '3', MSG91_OTP_EXPIRE_MINUTES: '1' }, 5, 1],
  ])('has codes as set: %j', async (settings, digits, minutes) => {
    const [inTime, late] = [await putLoan(), await putLoan()]
    const service = msg91(settings)
    for (const loan of [inTime, late]) {
      expect(await (await service.post(SEND, send(loan))).json()).toMatchObject({ expires_in_minutes: minutes })
    }
    const [one, other] = standIns().msg91.messages
    expect([one!.code.length, one!.lifetimeMs]).toEqual([digits, minutes * 60_000])

    vi.advanceTimersByTime(minutes * 60_000 - 1)
    expect((await service.post(VERIFY, send(inTime, { otp_code: one!.code }))).status).toBe(200)
    vi.advanceTimersByTime(1)
    await expectRefused(await service.post(VERIFY, send(late, { otp_code: other!.code })), 400, 'code_expired')
  })

  it('asks MSG91 too where that is set, also for a change that follows', async () => {
    const loan = await putLoan()
    const service = msg91({ MSG91_VERIFY_MODE: 'provider' })
    await service.post(SEND, send(loan))
    const { code } = lastMessage()!

    expect((await service.post(VERIFY, send(loan, { otp_code: wrongCode(code) }))).status).toBe(400)
    expect((await service.post(VERIFY, send(loan, { otp_code: code }))).status).toBe(200)
    await expectAnswer(await service.post(UPDATE, updateBody(loan, code)), updated(), loan.phone)
    expect(standIns().msg91.requests.filter(({ url }) => url.includes('/otp/verify')).length).toBeGreaterThanOrEqual(2)
  })

  it('goes on with Twilio, then mShastra, and the same code, where MSG91 has no balance left', async () => {
    const [one, other] = [await putLoan({ contacts: { applicant: uniquePhone('0005') } }), await putLoan()]
    await msg91(TWILIO_SETTINGS).post(SEND, send(one))
    expect(standIns().twilio.messages).toMatchObject([{ destination: one.phone, code: standIns().msg91.lastCode(one.phone) }])

    await createService(MSHASTRA_SETTINGS).post(SEND, send(other))
    expect(standIns().mshastra.messages).toMatchObject([{ destination: other.phone.slice(1) }])
  })

  it('sends by the vendors that are set, in that order', async () => {
    const loan = await putLoan()
    await msg91({ ...TWILIO_SETTINGS, PAYMENT_OTP_SMS_PROVIDERS: 'twilio,msg91' }).post(SEND, send(loan))

    expect([standIns().msg91.messages.length, standIns().twilio.messages.length]).toEqual([0, 1])
  })
})

describe('who gets the code', () => {
  it('is the contact that was asked for, the applicant where none was', async () => {
    const [applicant, coApplicant] = [uniquePhone(), uniquePhone()]
    const loan = await putLoan({ contacts: { applicant, co_applicant: coApplicant } })
    const service = msg91()

    await expectAnswer(await service.post(SEND, send(loan, { contact_type: 'co_applicant' })), sent, coApplicant)
    await expectAnswer(await service.post(SEND, send(loan, { contact_type: null })), sent, applicant)
    const numbers = standIns().msg91.messages.map(({ destination }) => `+${destination}`)
    expect(numbers).toEqual([coApplicant, applicant])

    const code = standIns().msg91.lastCode(coApplicant)!
    await expectAnswer(
      await service.post(VERIFY, send(loan, { otp_code: code, contact_type: 'co_applicant' })),
      verified(),
      coApplicant,
    )
  })

  it('is never a number of the request', async () => {
    const loan = await putLoan()
    const other = uniquePhone()
    await msg91().post(SEND, send(loan, { mobile: other, mobile_number: other, phone: other }))

    expect(standIns().msg91.messages.map(({ destination }) => `+${destination}`)).toEqual([loan.phone])
  })

  it('is shown in E.164 where the number is of another country than the usual one', async () => {
    const phone = '+255694230173'
    const loan = await putLoan({ contacts: { applicant: phone } })
    await env.DB.prepare("UPDATE loan_contact SET country = 'TZ' WHERE loan_id = ?").bind(loan.loanId).run()
    const service = msg91()

    expect(await (await service.post(SEND, send(loan))).json()).toMatchObject({ mobile_number: '+25****73' })
    const body = updateBody(loan, lastMessage()!.code)
    expect(await (await service.post(UPDATE, body)).json()).toMatchObject({ mobile_number: phone })
  })

  it('takes ids as numbers and as text, with the letters of other lenders', async () => {
    const loan = await putLoan({ loanId: 'LN-2026.7_a', repayments: [{ id: '0007' }] })
    const service = msg91()
    expect((await service.post(SEND, { loan_id: 'LN-2026.7_a', repayment_id: 7 })).status).toBe(404)
    expect((await service.post(SEND, { loan_id: 'LN-2026.7_a', repayment_id: '0007' })).status).toBe(200)
    expect((await service.post(UPDATE, updateBody(loan, lastMessage()!.code))).status).toBe(200)
  })
})

describe('the template', () => {
  const twilioText = async (key: unknown) => {
    const loan = await putLoan()
    const service = createService(TWILIO_SETTINGS)
    const response = await service.post(SEND, send(loan, { template_key: key }))
    return response.ok ? standIns().twilio.messages.at(-1)!.text : response
  }
  const insert = (columns: Record<string, string | number>) => {
    const row = { template_name: 'Ours', channel_type: 1, content: 'Code {{otp_code}}.', ...columns }
    const [names, places] = [Object.keys(row).join(), Object.keys(row).fill('?').join()]
    return env.DB.prepare(`INSERT INTO communication_template (${names}) VALUES (${places}) RETURNING id`)
      .bind(...Object.values(row))
      .first<number>('id')
  }

  it.each(['1', 1, 'OTP_SEND', undefined, null])("%j is brief 000's own, once its INSERT was run", async (key) => {
    await env.DB.exec(BRIEF_INSERT.replaceAll('\n', ' '))
    const loan = await putLoan()
    const response = await msg91().post(SEND, send(loan, { template_key: key }))

    await expectAnswer(response, sent, loan.phone)
    expect(lastMessage()).toMatchObject({ dltTemplateId: 'your_dlt_id', templateId: MSG91_SETTINGS.MSG91_TEMPLATE_ID })
    const text = await twilioText(key)
    expect(text).toMatch(/^Your OTP for payment verification is \d{4}\. Valid for 5 minutes\. - Prosparity$/)
  })

  it.each(['1', 'OTP_SEND', undefined])('%j is our own text where none is stored', async (key) => {
    expect(await twilioText(key)).toMatch(/^Your OTP for payment verification is \d{4}\. Valid for 5 minutes\. - Prosparity$/)
    const loan = await putLoan()
    await msg91().post(SEND, send(loan, { template_key: key }))
    expect(lastMessage()).toMatchObject({ dltTemplateId: undefined })
  })

  it('is found by its id, and by the number of its row', async () => {
    const row = await insert({ template_id: 'PAID', content: 'Ours: {{otp_code}} to {{payee}}, loan {{loan}}', dlt_id: 'dlt-2' })

    for (const key of ['PAID', row, String(row)]) {
      expect(await twilioText(key)).toMatch(/^Ours: \d{4} to Prosparity, loan \*\d{4}$/)
      await msg91().post(SEND, send(await putLoan(), { template_key: key }))
      expect(lastMessage()).toMatchObject({ dltTemplateId: 'dlt-2' })
    }
  })

  it('has an id of its own at MSG91, where the row says so', async () => {
    await insert({ template_id: 'OTP_SEND', vendor_templates: '{"msg91":"66aa00bb11cc22dd33ee44ff"}' })
    const loan = await putLoan()
    const response = await msg91().post(SEND, send(loan))

    expect(lastMessage()).toMatchObject({ templateId: '66aa00bb11cc22dd33ee44ff' })
    await fireAlarm(await gateOf(loan.phone))
    const { communication_id: id } = await response.json<{ communication_id: string }>()
    expect(await env.DB.prepare('SELECT * FROM communication WHERE id = ?').bind(id).first()).toMatchObject({
      surface: 'payment-otp',
      purpose: 'payment',
      channel: 'sms',
      provider: 'msg91',
      status: 'queued',
      template_id: 'OTP_SEND',
      template_version: 1,
    })
  })

  it.each([
    ['is not there', {}],
    ['is out of force', { template_id: 'GONE', status: 'INACTIVE' }],
    ['is for WhatsApp', { template_id: 'GONE', channel_type: 2 }],
    ['wants what these messages have no value for', { template_id: 'GONE', content: '{{otp_code}} for {{amount}}' }],
  ])('is not found where it %s: nothing is sent, and nobody waits', async (_what, columns) => {
    if ('template_id' in columns) await insert(columns)
    const loan = await putLoan()
    const service = msg91()

    await expectRefused(await service.post(SEND, send(loan, { template_key: 'GONE' })), 404, 'template_not_found')
    await expectRefused(await service.post(SEND, send(loan, { template_key: '999999' })), 404, 'template_not_found')
    expect(standIns().msg91.requests).toHaveLength(0)
    await expectAnswer(await service.post(SEND, send(loan)), sent, loan.phone)
  })

  it.each(['', 'x'.repeat(65), 1.5, -1, true, [], {}])('is no template_key: %j', async (key) => {
    const loan = { loanId: uniqueLenderId(), repaymentId: '1' }
    await expectRefused(await msg91().post(SEND, send(loan, { template_key: key })), 400, 'invalid_request', {
      errors: [{ path: 'template_key', message: 'must be 1 to 64 characters, or a whole number' }],
    })
  })
})
