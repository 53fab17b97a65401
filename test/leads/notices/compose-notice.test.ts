import { describe, expect, it } from 'vitest'
import type { NoticeValue } from '../../../src/config/notices'
import { composeNotice } from '../../../src/leads/notices/compose-notice'
import { createMock } from '../../../src/messaging/providers/mock'
import { createGupshup } from '../../../src/messaging/providers/gupshup'
import { PERSONAL, leadRow } from '../../support/leads'

const gupshup = createGupshup({} as never, { fetch: () => Promise.reject(new Error('unused')), timeoutMs: 1 })
const mock = createMock(Date.now)
const notice = (kind: 'lead_created' | 'lead_status', status: string | null) => ({ kind, status, communicationId: 'com-1' })
const carrier = (values: readonly NoticeValue[], provider = gupshup) => ({ provider, template: { templateId: 'tpl-1', values } })

describe('the message to a customer', () => {
  it('of a new lead is to the number, by WhatsApp, in the template, with its values in order', async () => {
    const lead = await leadRow({ applicationId: 'B002BJF', loanType: 'LAP', personal: PERSONAL })
    expect(
      composeNotice(lead, notice('lead_created', 'Under Review'), PERSONAL, carrier(['first_name', 'application_id'])),
    ).toEqual({
      kind: 'notice',
      to: PERSONAL.phone,
      channel: 'whatsapp',
      purpose: 'lead_created',
      locale: 'en',
      communicationId: 'com-1',
      text: 'Dear Zebulon, we have received your application for a Loan Against Property. Its number is B002BJF.',
      variables: { first_name: 'Zebulon', application_id: 'B002BJF' },
      dltTemplateId: null,
      vendorTemplates: { gupshup: 'tpl-1' },
    })
  })

  it('of a status has that of the news, and not the one that the lead has by now', async () => {
    const lead = await leadRow({ applicationId: 'B002BJF', status: 'Disbursed' })
    const message = composeNotice(
      lead,
      notice('lead_status', 'Approved'),
      PERSONAL,
      carrier(['status', 'first_name', 'loan_type', 'application_id']),
    )
    expect(message.text).toBe('Dear Zebulon, the status of your application B002BJF is now: Approved.')
    expect(Object.entries(message.variables)).toEqual([
      ['status', 'Approved'],
      ['first_name', 'Zebulon'],
      ['loan_type', 'Home Loan'],
      ['application_id', 'B002BJF'],
    ])
    expect(message.purpose).toBe('lead_status')
  })

  it('has only the values that the template has places for', async () => {
    const lead = await leadRow()
    expect(Object.keys(composeNotice(lead, notice('lead_status', 'x'), PERSONAL, carrier(['status'])).variables)).toEqual([
      'status',
    ])
  })

  it('has something in every place, whatever is not known', async () => {
    const lead = await leadRow({ applicationId: null, status: null, loanType: 'XX' })
    const { variables } = composeNotice(
      lead,
      notice('lead_created', null),
      PERSONAL,
      carrier(['application_id', 'loan_type', 'status']),
    )
    expect(variables).toEqual({ application_id: lead.id, loan_type: 'XX', status: '' })
  })

  it('names no template of a vendor in mock mode', async () => {
    const message = composeNotice(await leadRow(), notice('lead_created', null), PERSONAL, carrier(['first_name'], mock))
    expect(message.vendorTemplates).toEqual({})
  })
})
