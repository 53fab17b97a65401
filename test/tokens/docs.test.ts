import { expect, it } from 'vitest'
import page from '../../docs/tokens.md?raw'
import { hashBinding } from '../../src/otp/binding'
import { issueToken } from '../../src/tokens/issue-token'
import { createSigningKeys } from '../../src/tokens/signing-keys'
import { ISSUER, newSigningKey, partsOf } from '../support/tokens'

it('shows the hash of facts that a token has', async () => {
  const [, facts, written, hash] = /```\n(\{.*\})\n(\[.*\])\n([\w-]{43})\n```/.exec(page)!
  expect(written).toBe(JSON.stringify(Object.entries(JSON.parse(facts!) as object).toSorted(([a], [b]) => (a < b ? -1 : 1))))
  expect(hash).toBe(await hashBinding(JSON.parse(facts!) as Record<string, string>))
})

it('explains every claim and every parameter of the header, and the type', async () => {
  const config = { keys: [], issuer: ISSUER, audience: 'shop', lifetimeSeconds: 300 }
  const deps = { config, keys: createSigningKeys([await newSigningKey()]), sign: async (text: string) => text }
  const { token } = await issueToken(
    deps,
    'ver_1',
    { phone: '+917888888888', purpose: 'login', bindingHash: '', owner: 'page-1', at: 0 },
    undefined,
  )
  const { header, claims } = partsOf(token)
  const section = page.slice(page.indexOf('## What it says'), page.indexOf('## Verifying it offline'))

  for (const name of [...Object.keys(header), ...Object.keys(claims), header.typ]) expect(section).toContain(`\`${name}\``)
})
