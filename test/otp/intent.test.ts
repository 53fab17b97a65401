import { describe, expect, it } from 'vitest'
import { type IntentFacts, codeBinding, contradicts } from '../../src/otp/intent'

const intent = { key: 'key', facts: { amount: 500_000, payee: 'Prosparity', requested_by: null } }

describe('contradicts', () => {
  it.each<IntentFacts>([
    {},
    { amount: 500_000 },
    { payee: 'Prosparity' },
    { amount: 500_000, payee: 'Prosparity', requested_by: null },
  ])('finds nothing in %j', (facts) => {
    expect(contradicts(facts, intent)).toBe(false)
  })

  it.each<IntentFacts>([
    { amount: 500_001 },
    { amount: '500000' },
    { amount: null },
    { amount: 500_000, payee: 'prosparity' },
    { requested_by: '' },
    { requested_by: 0 },
    { currency: 'INR' },
    { toString: 'x' },
  ])('finds %j', (facts) => {
    expect(contradicts(facts, intent)).toBe(true)
  })
})

describe('what the digest of a code is bound to', () => {
  it('is the binding alone where nothing is fixed', () => {
    expect(codeBinding('hash', undefined)).toBe('hash')
    expect(codeBinding('hash', null)).toBe('hash')
    expect(codeBinding('', undefined)).toBe('')
  })

  it('is another text for each intent, and none of a binding alone: a hash has no dot', () => {
    expect(codeBinding('hash', intent)).toBe('hash.key')
    expect(codeBinding('hash', { ...intent, key: 'other' })).not.toBe(codeBinding('hash', intent))
    expect(codeBinding('', intent)).toBe('.key')
  })

  it('goes by the key and not by the facts, of which some may change', () => {
    expect(codeBinding('hash', { ...intent, facts: {} })).toBe(codeBinding('hash', intent))
  })
})
