import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { repeatedKeyIn } from '../../src/http/repeated-key'
import { createMockService, uniquePhone } from '../support/service'

describe('a key that stands twice (R-HTTP-09)', () => {
  it.each([
    ['{"a":1,"a":2}', 'a'],
    ['{"a":1,"a":1}', 'a'],
    ['{"a":{"b":1,"c":2,"b":3}}', 'b'],
    ['[{"a":1},{"b":[{"c":1,"c":2}]}]', 'c'],
    ['{"":1,"":2}', ''],
    [String.raw`{"a":1,"\u0061":2}`, 'a'],
    [String.raw`{"\"":1,"\u0022":2}`, '"'],
    [String.raw`{"a\\":1,"a\u005c":2}`, 'a\\'],
    ['{"a":"}","b":"{\\"","a":0}', 'a'],
    ['{ "a" : 1 ,\n "a"\t: 2 }', 'a'],
    ['{"constructor":1,"constructor":2}', 'constructor'],
  ])('is seen in %s', (json, key) => {
    expect(repeatedKeyIn(json)).toBe(key)
  })

  it.each([
    '{"a":1,"b":2}',
    '{"a":{"a":{"a":1}}}',
    '[{"a":1},{"a":2}]',
    '{"a":"a","b":"a","c":["a","a"]}',
    '{"a":"x\\",\\"a\\":1"}',
    '{"A":1,"a":2}',
    '"a"',
    '[]',
  ])('is not seen in %s', (json) => {
    expect(repeatedKeyIn(json)).toBeUndefined()
  })

  it('is in no JSON that was written by a program', () => {
    fc.assert(fc.property(fc.json(), (json) => repeatedKeyIn(json) === undefined))
  })

  it('is found wherever it was put in', () => {
    const keys = fc.uniqueArray(fc.string(), { minLength: 1, maxLength: 8 })
    fc.assert(
      fc.property(keys, fc.jsonValue(), fc.nat(), (names, value, nth) => {
        const twice = names[nth % names.length]!
        const members = [...names, twice].map((name) => `${JSON.stringify(name)}:${JSON.stringify(value)}`)
        return repeatedKeyIn(`[0,{${members.join(',')}}]`) === twice
      }),
    )
  })

  it.each([
    ['/v1/verifications', 'to'],
    ['/send-otp', 'phone_number'],
    ['/api_v1/otp_send', 'phone_number'],
    ['/api/users/send-otp', 'phone_number'],
  ])('is refused at %s before anything is sent', async (path, name) => {
    const [one, other] = [uniquePhone(), uniquePhone()]
    const response = await createMockService().post(path, `{"${name}":"${one}","${name}":"${other}"}`)
    expect(response.status).toBe(400)
    expect(await response.text()).toContain(`${name}: is there twice`)
  })
})
