import { describe, expect, it } from 'vitest'
import { hashBinding } from '../../src/otp/binding'
import { type ChangeFacts, bindRepayment, changeIn, toIntent } from '../../src/payments/change'

const facts: ChangeFacts = {
  loan_id: '123',
  repayment_id: '456',
  contact_type: 'applicant',
  repayment_status: 3,
  amount: 500_000,
  currency: 'INR',
  payment_mode_id: 1,
  payee: 'Prosparity',
  basis_version: 1,
  contact_version: 1,
  requested_by: null,
}
const keyOf = async (changes: Partial<ChangeFacts> = {}) => (await toIntent({ ...facts, ...changes })).key

describe('a change as what a code is for', () => {
  it('keeps its facts', async () => {
    expect(changeIn(await toIntent(facts))).toEqual(facts)
  })

  it.each<Partial<ChangeFacts>>([
    { loan_id: '124' },
    { repayment_id: '457' },
    { loan_id: '1234', repayment_id: '56' },
    { contact_type: 'co_applicant' },
    { repayment_status: 2 },
    { amount: 500_001 },
    { currency: 'USD' },
    { payment_mode_id: 2 },
    { payee: 'prosparity' },
  ])('is another one with %j', async (changes) => {
    expect(await keyOf(changes)).not.toBe(await keyOf())
  })

  it.each<Partial<ChangeFacts>>([
    { basis_version: 2 },
    { contact_version: 2 },
    { requested_by: 'agent-7' },
    { basis_version: 9, contact_version: 9, requested_by: '' },
  ])('is the same with %j, which says when and by whom it was asked for', async (changes) => {
    expect(await keyOf(changes)).toBe(await keyOf())
    expect(changeIn(await toIntent({ ...facts, ...changes }))).toMatchObject(changes)
  })

  it('is the same in whatever order it is told', async () => {
    const turned = Object.fromEntries(Object.entries(facts).toReversed()) as ChangeFacts
    expect((await toIntent(turned)).key).toBe(await keyOf())
  })
})

describe('what a code for a repayment is bound to', () => {
  const applicant = { contactType: 'applicant', version: 1 } as const

  it('is another one for another loan, repayment or contact, and for each number that a contact has had', async () => {
    const bindings = await Promise.all([
      bindRepayment('123', '456', applicant),
      bindRepayment('123', '456', { ...applicant, contactType: 'co_applicant' }),
      bindRepayment('123', '456', { ...applicant, version: 2 }),
      bindRepayment('123', '456', { ...applicant, version: 3 }),
      bindRepayment('123', '457', applicant),
      bindRepayment('124', '456', applicant),
      bindRepayment('1234', '56', applicant),
    ])
    expect(new Set(bindings).size).toBe(bindings.length)
    expect(await bindRepayment('123', '456', { ...applicant })).toBe(bindings[0])
  })

  it('is none that a caller of another surface can ask for', async () => {
    const told = { loan_id: '123', repayment_id: '456', contact_type: 'applicant', contact_version: '1' }
    const bound = await bindRepayment('123', '456', applicant)
    expect(await hashBinding(told)).not.toBe(bound)
    expect(await hashBinding({ ...told, repayment: '' })).not.toBe(bound)
  })
})
