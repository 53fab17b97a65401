import { afterEach, describe, expect, it, vi } from 'vitest'
import { createService, standInForGupshup, uniquePhone, wrongCode } from '../support/service'

const { post } = createService()

afterEach(() => vi.restoreAllMocks())

/** A pending verification for one loan, and a check of it under a request id of the caller's choice. */
async function pendingFor(binding: Record<string, string>) {
  const vendor = standInForGupshup()
  const phone = uniquePhone()
  const created = await post('/v1/verifications', { to: phone, channel: 'whatsapp', purpose: 'payment', binding })
  expect(created.status).toBe(201)
  const { id } = await created.json<{ id: string }>()
  const check = async (requestId: string, body: object) => {
    const response = await post(`/v1/verifications/${id}/check`, body, { 'x-request-id': requestId })
    return response.json<{ valid: boolean; guesses_left: number }>()
  }
  return { right: vendor.lastCode(phone)!, check }
}

describe('a check that is repeated with its request id', () => {
  it('is answered as before and costs no guess', async () => {
    const { right, check } = await pendingFor({ loan: '1' })
    const code = wrongCode(right)
    expect(await check('one', { code })).toMatchObject({ valid: false, guesses_left: 4 })
    expect(await check('one', { code })).toMatchObject({ valid: false, guesses_left: 4 })
    expect(await check('two', { code: right })).toMatchObject({ valid: true, guesses_left: 3 })
    expect(await check('two', { code: right })).toMatchObject({ valid: true, guesses_left: 3 })
  })

  it('is another guess with another code', async () => {
    const { right, check } = await pendingFor({ loan: '1' })
    expect(await check('one', { code: wrongCode(right) })).toMatchObject({ valid: false })
    expect(await check('one', { code: right })).toMatchObject({ valid: true, guesses_left: 3 })
  })

  it('is another guess with another binding: an approval for one loan is none for the next', async () => {
    const { right, check } = await pendingFor({ loan: '1' })
    expect(await check('one', { code: right, binding: { loan: '1' } })).toMatchObject({ valid: true })
    expect(await check('one', { code: right, binding: { loan: '2' } })).not.toMatchObject({ valid: true })
  })

  it('is another guess with another binding: a wrong one does not stick to the right one', async () => {
    const { right, check } = await pendingFor({ loan: '1' })
    expect(await check('one', { code: right, binding: { loan: '2' } })).toMatchObject({ valid: false })
    expect(await check('one', { code: right, binding: { loan: '1' } })).toMatchObject({ valid: true })
  })
})
