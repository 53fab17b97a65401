import * as z from 'zod'
import { parseJson } from '../../core/decode'

// The forms of the lender's settings, for `variables.ts`.

/** What the service itself puts into an application; a constant would stand over a customer's own data. */
const OWN_FIELDS = [
  'id',
  'loanType',
  'loanAmountReq',
  'loanTenure',
  'firstName',
  'lastName',
  'gender',
  'dateOfBirth',
  'mobile',
  'email',
  'pan',
  'pincode',
]

/** The path of a call, with a place in braces for each of these. */
export function pathTemplate(places: readonly string[]) {
  const wanted = places.map((name) => `{${name}}`)
  return z
    .string()
    .regex(/^\/[\w./{}?=&-]*$/, 'must be a path that begins with /')
    .refine(
      (path) => [...path.matchAll(/\{[^}]*\}/g)].every(([place]) => wanted.includes(place)),
      wanted.length === 0 ? 'has a place for something' : `must have no other places than ${wanted.join(', ')}`,
    )
    .refine((path) => wanted.length === 0 || path.includes(wanted[0]!), `must have the place ${wanted[0]}`)
}

const constants = z
  .record(z.string().min(1), z.union([z.string(), z.number(), z.boolean()]))
  .refine((fields) => !Object.keys(fields).some((name) => OWN_FIELDS.includes(name)))

/** Fields of every application that do not come from the customer: an object of texts, numbers and booleans. */
export const constantsSchema = z.string().transform((text, context) => {
  const read = constants.safeParse(parseJson(text))
  if (read.success) return read.data
  // One sentence whatever is wrong: what is said of a configuration never repeats its values.
  context.addIssue(`must be JSON such as {"createdFromPemId":"7"}, without what the customer says (${OWN_FIELDS.join(', ')})`)
  return z.NEVER
})
