import { expect, it } from 'vitest'
import page from '../../docs/operations.md?raw'
import { variablesSchema } from '../../src/config/variables'

const names = Object.keys(variablesSchema.shape)

it('the page for operators says how every secret is rotated (R-TOK-07)', () => {
  const secrets = names.filter((name) => /(KEY|KEYS|SECRET|TOKEN|PASSWORD|PEPPER)$/.test(name))
  expect(secrets.length).toBeGreaterThan(15)
  const rotation = page.slice(page.indexOf('## Rotating'), page.indexOf('## A key has leaked'))
  for (const name of secrets) expect(rotation, name).toContain(`\`${name}\``)
})

it('the page for operators names no variable that there is not', () => {
  const named = [...page.matchAll(/`([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)(?:=[^`\s]*)?`/g)].map(([, name]) => name!)
  expect(named.length).toBeGreaterThan(40)
  expect(new Set(named).difference(new Set(names))).toEqual(new Set())
})
