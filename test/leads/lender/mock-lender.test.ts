import { expect, it } from 'vitest'
import { createMockLender } from '../../../src/leads/lender/mock-lender'
import { APPLICATION } from './application'

const lender = createMockLender()

it('takes an application under an id that follows from ours', async () => {
  const id = '5f2b7c1e-3a44-4d0b-9c57-0e6d1a8f4b21'

  const outcomes = [await lender.submit({ ...APPLICATION, id }), await lender.submit({ ...APPLICATION, id })]

  for (const outcome of outcomes) {
    expect(outcome).toStrictEqual({
      status: 'accepted',
      application: {
        applicationId: 'MOCK5F2B7C1E',
        customerId: null,
        relationId: null,
        status: 'Under Review',
        response: { mock: true },
      },
    })
  }
})

it('gives another application another id', async () => {
  const outcomes = [await lender.submit(APPLICATION), await lender.submit({ ...APPLICATION, id: crypto.randomUUID() })]

  expect(new Set(outcomes.map((outcome) => JSON.stringify(outcome))).size).toBe(2)
})

it('keeps none, and reviews all of them', async () => {
  await lender.submit(APPLICATION)

  expect(await lender.find(APPLICATION)).toStrictEqual({ status: 'not_found' })
  expect(await lender.statusOf({ applicationId: 'MOCK5F2B7C1E', personal: APPLICATION.personal })).toStrictEqual({
    status: 'found',
    text: 'Under Review',
  })
})
