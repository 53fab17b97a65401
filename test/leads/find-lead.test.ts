import { describe, expect, it } from 'vitest'
import { uuidv7 } from '../../src/core/ids'
import { findLead } from '../../src/leads/find-lead'
import { planOf, watchedDatabase } from '../support/audit'
import { putLead } from '../support/leads'
import { createService, standInForVendors } from '../support/service'

/** A lender that numbers by our kind of ids. */
const lendersUuid = (spell = (id: string) => id) => spell(uuidv7(Date.now() - 1_000))

describe('a lead is found', () => {
  it.each<[string, Parameters<typeof putLead>[0], (lead: { readonly id: string; readonly applicationId: string }) => string]>([
    ['our id', {}, ({ id }) => id],
    ['our id in capitals, as some programs write a UUID', {}, ({ id }) => id.toUpperCase()],
    ["the lender's id", {}, ({ applicationId }) => applicationId],
    ["the lender's id, which is of our kind", { applicationId: lendersUuid() }, ({ applicationId }) => applicationId],
    [
      "the lender's id, which is of our kind and in capitals",
      { applicationId: lendersUuid((id) => id.toUpperCase()) },
      ({ applicationId }) => applicationId,
    ],
  ])('by %s, in the index of it', async (_what, changes, keyOf) => {
    const { id, applicationId } = await putLead(changes)
    const { db, done } = watchedDatabase()
    const found = await findLead(db, { id: keyOf({ id, applicationId: applicationId! }) })

    expect(found?.id).toBe(id)
    const plan = (await planOf(done[0]!)).join('\n')
    expect(plan).not.toMatch(/SCAN/)
    expect(done[0]!.rowsRead).toBeLessThanOrEqual(4)
  })

  it('and told of, by each of these', async () => {
    const vendors = standInForVendors()
    const { id, applicationId } = await putLead({ applicationId: lendersUuid() })
    vendors.lender.down(true)
    const { request, post } = createService()
    for (const key of [id, id.toUpperCase(), applicationId!]) {
      expect(await (await request(`/v1/leads/${key}`)).json(), key).toMatchObject({ id })
      expect((await post('/api_v1/lead_status', { basic_application_id: key })).status, key).toBe(200)
      expect(await (await post(`/v1/leads/${key}/status`, { status: `Seen by ${key.length}` })).json(), key).toMatchObject({ id })
    }
  })

  it("not by what is nobody's", async () => {
    const { applicationId } = await putLead()
    const { db } = watchedDatabase()
    for (const id of [uuidv7(Date.now()), uuidv7(Date.now()).toUpperCase(), `${applicationId}x`, '']) {
      expect(await findLead(db, { id }), id).toBeUndefined()
    }
  })
})
