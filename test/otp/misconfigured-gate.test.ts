import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { provideGate } from '../../src/compose'
import { writeAudit } from '../../src/audit/write-audit'

describe('the gate while the configuration is wrong', () => {
  it('still carries the audit, and only refuses to weigh codes', async () => {
    const deps = provideGate({ ...env, OTP_PEPPER: '' })

    await expect(writeAudit(deps.db, { events: [], records: [] })).resolves.toBeUndefined()
    expect(() => deps.digester()).toThrow('misconfigured')
  })
})
