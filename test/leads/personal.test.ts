import { describe, expect, it } from 'vitest'
import { createKeyRing } from '../../src/core/key-ring'
import { maskPan, openPersonal, sealPersonal } from '../../src/leads/personal'
import { PERSONAL } from '../support/leads'

const LEAD = '019aa5f0-0000-7000-8000-000000000000'
const OTHER = '019aa5f0-0000-7000-8000-000000000001'
const FIRST = 'the first key of tests only, 32 characters'
const SECOND = 'the second key of tests only, 32 characters'
const keys = createKeyRing({ current: FIRST, previous: undefined }, 'lead')

describe('personal data', () => {
  it('is opened as it was, for its lead', async () => {
    const sealed = await sealPersonal(keys, LEAD, PERSONAL)
    expect(await openPersonal(keys, { id: LEAD, ...sealed })).toEqual(PERSONAL)
    const without = { ...PERSONAL, gender: null, firstName: 'ज़ेबुलॉन', lastName: "O'Brien-Δ" }
    expect(await openPersonal(keys, { id: LEAD, ...(await sealPersonal(keys, LEAD, without)) })).toEqual(without)
  })

  it('names its key, shows nothing of itself, and is never the same twice', async () => {
    const one = await sealPersonal(keys, LEAD, PERSONAL)
    const two = await sealPersonal(keys, LEAD, PERSONAL)
    expect(one.personalKeyId).toBe(await keys.keyId())
    expect(one.personalSealed).not.toBe(two.personalSealed)
    for (const value of Object.values(PERSONAL)) expect(JSON.stringify(one)).not.toContain(value)
    expect(Object.keys(one).toSorted()).toEqual(['personalKeyId', 'personalSealed'])
  })

  it('is not opened in the row of another lead, nor by a key that is gone', async () => {
    const sealed = await sealPersonal(keys, LEAD, PERSONAL)
    expect(await openPersonal(keys, { id: OTHER, ...sealed })).toBeUndefined()
    const rotated = createKeyRing({ current: SECOND, previous: undefined }, 'lead')
    expect(await openPersonal(rotated, { id: LEAD, ...sealed })).toBeUndefined()
    const rotating = createKeyRing({ current: SECOND, previous: FIRST }, 'lead')
    expect(await openPersonal(rotating, { id: LEAD, ...sealed })).toEqual(PERSONAL)
  })
})

describe('a PAN that is shown', () => {
  it('has its last four characters only', () => {
    expect(maskPan('ABCDE1234F')).toBe('******234F')
    expect(maskPan(PERSONAL.pan)).toBe('******876K')
  })
})
