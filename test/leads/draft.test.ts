import { describe, expect, it } from 'vitest'
import { createHmacSigner } from '../../src/core/hmac'
import { type LeadDraft, requestHashOf } from '../../src/leads/draft'
import type { Personal } from '../../src/leads/personal'
import { PERSONAL } from '../support/leads'

const sign = createHmacSigner('a key for tests only, 32 and more characters')
const { phone: _phone, ...person } = PERSONAL

type Changes = Partial<Omit<LeadDraft, 'personal' | 'phone'>> & { e164?: string; personal?: Partial<Omit<Personal, 'phone'>> }

const draft = ({ personal, e164 = PERSONAL.phone, ...changes }: Changes = {}): LeadDraft => ({
  phone: { e164, country: 'IN', kind: 'mobile' },
  loanType: 'HL',
  loanAmount: 5_000_000,
  loanTenureYears: 20,
  personal: { ...person, ...personal },
  ...changes,
})
const hashOf = (changes?: Changes) => requestHashOf(sign, draft(changes))

describe('the hash of what was asked for', () => {
  it('is the same for the same, in whatever order it stands', async () => {
    const reversed = Object.fromEntries(Object.entries(person).toReversed()) as typeof person
    expect(await hashOf()).toBe(await hashOf())
    expect(await hashOf({ personal: reversed })).toBe(await hashOf())
    expect(await requestHashOf(sign, Object.fromEntries(Object.entries(draft()).toReversed()) as unknown as LeadDraft)).toBe(
      await hashOf(),
    )
  })

  it.each([
    ['email', { personal: { email: PERSONAL.email.toUpperCase() } }],
    ['first name', { personal: { firstName: PERSONAL.firstName.toUpperCase() } }],
    ['last name', { personal: { lastName: PERSONAL.lastName.toLowerCase() } }],
  ])('is the same with another case of the %s', async (_field, changes) => expect(await hashOf(changes)).toBe(await hashOf()))

  it.each([
    ['a letter and its accent', 'Zo\u00eb', 'Zoe\u0308'],
    ['a letter of two accents', '\u1ec7', 'e\u0323\u0302'],
    ['a letter and its nukta', '\u095b\u095e\u0930', '\u091c\u093c\u092b\u093c\u0930'],
  ])('is the same with %s as one character or as several', async (_what, composed, decomposed) => {
    expect(await hashOf({ personal: { firstName: decomposed } })).toBe(await hashOf({ personal: { firstName: composed } }))
  })

  const OTHERS: readonly (readonly [string, Changes])[] = [
    ['number', { e164: '+919876543211' }],
    ['loan', { loanType: 'LAP' }],
    ['amount', { loanAmount: 5_000_001 }],
    ['tenure', { loanTenureYears: 21 }],
    ['first name', { personal: { firstName: 'Zebulo' } }],
    ['last name', { personal: { lastName: 'Quackenbushe' } }],
    ['names, the other way round', { personal: { firstName: person.lastName, lastName: person.firstName } }],
    ['names, parted elsewhere', { personal: { firstName: `${person.firstName} Quacken`, lastName: 'bush' } }],
    ['gender', { personal: { gender: 'Male' } }],
    ['gender, left out', { personal: { gender: null } }],
    ['email', { personal: { email: 'zebulon.q@example.org' } }],
    ['PAN', { personal: { pan: 'QWXYZ9876L' } }],
    ['date of birth', { personal: { dateOfBirth: '1987-11-24' } }],
    ['PIN code', { personal: { pinCode: '560072' } }],
    ['amount and tenure, parted elsewhere', { loanAmount: 50_000_002, loanTenureYears: 0 }],
  ]

  it.each(OTHERS)('is another with another %s', async (_field, changes) => expect(await hashOf(changes)).not.toBe(await hashOf()))

  it('is not the same for any two of them', async () => {
    const hashes = await Promise.all([hashOf(), ...OTHERS.map(([, changes]) => hashOf(changes))])
    expect(new Set(hashes).size).toBe(OTHERS.length + 1)
  })

  it('looks at every field that a lead is asked for with', async () => {
    const changed: Changes[] = [
      ...Object.keys(person).map((name) => ({ personal: { [name]: 'another' } })),
      ...(['loanType', 'loanAmount', 'loanTenureYears'] as const).map((name) => ({ [name]: 'another' })),
      { e164: 'another' },
    ]
    expect(changed).toHaveLength(Object.keys(draft()).length - 1 + Object.keys(person).length)
    for (const changes of changed) expect(await hashOf(changes), JSON.stringify(changes)).not.toBe(await hashOf())
  })

  it('cannot be made without the key, and shows nothing', async () => {
    const hash = await hashOf()
    expect(hash).toMatch(/^[\w-]{43}$/)
    expect(await requestHashOf(createHmacSigner('another key for tests only, 32 characters'), draft())).not.toBe(hash)
    // Of the phone hashes under the same key it is none.
    expect(await sign(PERSONAL.phone)).not.toBe(hash)
  })
})
