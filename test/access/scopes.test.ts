import { describe, expect, it } from 'vitest'
import { OPERATOR, anyone, isTrustedWithLeads, requirePurpose, sees, seesAll, visibleOwner } from '../../src/access/principal'
import type { Principal } from '../../src/access/principal'
import { BROWSER_SCOPES, OPEN_SCOPES, SCOPES, type Scope, knownScopes } from '../../src/access/scopes'

const server = (id: string, ...scopes: Scope[]): Principal => ({ kind: 'server', id, scopes: new Set(scopes) })
/** What nobody has unless an operator gave it to them by name. */
const TRUSTED: readonly Scope[] = ['callers:all', 'leads:unverified', 'people:erase']

describe('scopes', () => {
  it('are each there once, in one form', () => {
    expect(new Set(SCOPES).size).toBe(SCOPES.length)
    for (const scope of SCOPES) expect(scope).toMatch(/^[a-z_]+:[a-z]+$/)
  })

  it('are known by their whole names, each once', () => {
    expect(knownScopes(['leads:read', 'leads:read', 'callers:all'])).toEqual(['leads:read', 'callers:all'])
    expect(
      knownScopes(['leads', 'leads:', 'leads:reader', 'Leads:read', ' leads:read', 'leads:read callers:all', '*', '']),
    ).toEqual([])
    expect(knownScopes([])).toEqual([])
  })

  it.each([
    ['pages', BROWSER_SCOPES],
    ['anybody in development', OPEN_SCOPES],
  ])('of %s show nothing that others made', (_of, scopes) => {
    for (const scope of TRUSTED) expect(scopes).not.toContain(scope)
    expect(scopes.every((scope) => SCOPES.includes(scope))).toBe(true)
  })

  it('of pages have no codes of the page sent, read nobody, and are for no leads: all visitors are one caller', () => {
    for (const scope of [
      'caller_codes:send',
      'leads:create',
      'leads:status',
      'leads:update',
      'leads:read',
      'communications:read',
      'loans:read',
      'payments:confirm',
      'tokens:redeem',
    ])
      expect(BROWSER_SCOPES).not.toContain(scope)
  })
})

describe('who sees what', () => {
  it('sees what is its own, and all only with callers:all (R-CFG-04)', () => {
    const [a, all] = [server('a', ...SCOPES.filter((scope) => scope !== 'callers:all')), server('b', 'callers:all')]
    expect([sees(a, 'a'), sees(a, 'b'), sees(a, ''), seesAll(a), visibleOwner(a)]).toEqual([true, false, false, false, 'a'])
    expect([sees(all, 'a'), sees(all, ''), seesAll(all), visibleOwner(all)]).toEqual([true, true, true, undefined])
    expect(visibleOwner(OPERATOR)).toBeUndefined()
    // The service itself: a report of a vendor, a scheduled job.
    expect(sees(undefined, 'a')).toBe(true)
  })

  it('is, where access is open, nobody: who sees what is nobody’s', () => {
    const one = anyone(OPEN_SCOPES)
    expect([sees(one, ''), sees(one, 'a'), visibleOwner(one)]).toEqual([true, false, ''])
  })

  it('is trusted with leads of numbers that nobody proved only by name', () => {
    expect(isTrustedWithLeads(server('a', 'leads:create', 'callers:all'))).toBe(false)
    expect(isTrustedWithLeads(server('a', 'leads:unverified'))).toBe(true)
    expect(isTrustedWithLeads(anyone(OPEN_SCOPES))).toBe(false)
    expect(isTrustedWithLeads(OPERATOR)).toBe(true)
  })

  it('is for its purposes, where it has any', () => {
    const of = (...purposes: string[]): Principal => ({ ...server('a'), purposes: new Set(purposes) })
    expect(() => requirePurpose(of('login'), 'login')).not.toThrow()
    expect(() => requirePurpose(server('a'), 'payment')).not.toThrow()
    expect(() => requirePurpose(undefined, 'payment')).not.toThrow()
    for (const principal of [of('login'), of(), of('Payment', 'pay')]) {
      expect(() => requirePurpose(principal, 'payment')).toThrow('purpose_not_allowed')
    }
  })
})
