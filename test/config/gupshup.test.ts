import { describe, expect, it } from 'vitest'
import type { GupshupConfig } from '../../src/config/providers/gupshup'
import { VENDOR_VARIABLES } from '../../src/config/vendors'
import { loadConfig } from '../../src/config/load-config'
import { aSecret } from '../support/secrets'

const REQUIRED = {
  GUPSHUP_API_KEY: 'key-of-the-account',
  GUPSHUP_SOURCE: '+917834811114',
  GUPSHUP_TEMPLATE_ID: 'template-id',
  GUPSHUP_SRC_NAME: 'HomiAi',
}

function load(variables: Record<string, unknown>): GupshupConfig | undefined | readonly string[] {
  const result = loadConfig({ OTP_PEPPER: aSecret('p'), ...variables })
  return result.ok ? result.config.gupshup : result.problems
}

function without(...names: (keyof typeof REQUIRED)[]): Record<string, string> {
  return Object.fromEntries(Object.entries(REQUIRED).filter(([name]) => !names.includes(name as keyof typeof REQUIRED)))
}

describe('the Gupshup group', () => {
  it('is configured when all four are there', () => {
    expect(load(REQUIRED)).toEqual({
      apiKey: 'key-of-the-account',
      source: '917834811114',
      apiUrl: 'https://api.gupshup.io/wa/api/v1/template/msg',
      templateId: 'template-id',
      srcName: 'HomiAi',
      notices: {},
    })
  })

  it('is absent when none is, whatever its address', () => {
    expect(load({})).toBeUndefined()
    expect(load({ GUPSHUP_API_URL: 'http://127.0.0.1:8790/send' })).toBeUndefined()
  })

  it('is what an operator is told to set', () => {
    expect(VENDOR_VARIABLES.gupshup.toSorted()).toEqual(Object.keys(REQUIRED).toSorted())
  })

  it('lists the names that are missing when it is filled in part', () => {
    expect(load(without('GUPSHUP_API_KEY'))).toEqual(['Gupshup is configured in part, missing: GUPSHUP_API_KEY'])
    expect(load(without('GUPSHUP_SOURCE', 'GUPSHUP_TEMPLATE_ID', 'GUPSHUP_SRC_NAME'))).toEqual([
      'Gupshup is configured in part, missing: GUPSHUP_SOURCE, GUPSHUP_TEMPLATE_ID, GUPSHUP_SRC_NAME',
    ])
    expect(load({ ...REQUIRED, GUPSHUP_SRC_NAME: '  ' })).toEqual(['Gupshup is configured in part, missing: GUPSHUP_SRC_NAME'])
    expect(load({ GUPSHUP_WHATSAPP_OTP_SRC_NAME: 'HomiAi' })).toEqual([
      'Gupshup is configured in part, missing: GUPSHUP_API_KEY, GUPSHUP_SOURCE, GUPSHUP_TEMPLATE_ID',
    ])
  })

  it.for([
    ['GUPSHUP_TEMPLATE_ID', 'GUPSHUP_WHATSAPP_OTP_TEMPLATE_ID', 'templateId'],
    ['GUPSHUP_SRC_NAME', 'GUPSHUP_WHATSAPP_OTP_SRC_NAME', 'srcName'],
  ] as const)('takes %s and %s for one setting', ([first, second, field]) => {
    expect(load({ ...without(first), [second]: 'other' })).toMatchObject({ [field]: 'other' })
    expect(load({ ...REQUIRED, [second]: REQUIRED[first] })).toMatchObject({ [field]: REQUIRED[first] })
    expect(load({ ...REQUIRED, [second]: '' })).toMatchObject({ [field]: REQUIRED[first] })
    expect(load({ ...REQUIRED, [second]: 'other' })).toEqual([`${first} and ${second} name the same setting but differ`])
  })

  const CREATION = { GUPSHUP_LEAD_CREATION_TEMPLATE_ID: 'creation-id', GUPSHUP_LEAD_CREATION_SRC_NAME: 'HomiLeads' }
  const STATUS = { GUPSHUP_LEAD_STATUS_TEMPLATE_ID: 'status-id', GUPSHUP_LEAD_STATUS_SRC_NAME: 'HomiStatus' }

  it('has a template for each thing that customers are told, and what stands in its places', () => {
    const created = { templateId: 'creation-id', srcName: 'HomiLeads', values: ['first_name', 'application_id'] }
    const status = { templateId: 'status-id', srcName: 'HomiStatus', values: ['first_name', 'application_id', 'status'] }

    expect(load({ ...REQUIRED, ...CREATION })).toMatchObject({ notices: { lead_created: created } })
    expect(load({ ...REQUIRED, ...STATUS })).toHaveProperty('notices', { lead_status: status })
    expect(load({ ...REQUIRED, ...CREATION, ...STATUS })).toHaveProperty('notices', {
      lead_created: created,
      lead_status: status,
    })
  })

  it('takes their values in the order that is set', () => {
    const values = { GUPSHUP_LEAD_CREATION_VALUES: 'loan_type, first_name', GUPSHUP_LEAD_STATUS_VALUES: 'status' }

    expect(load({ ...REQUIRED, ...CREATION, ...STATUS, ...values })).toMatchObject({
      notices: { lead_created: { values: ['loan_type', 'first_name'] }, lead_status: { values: ['status'] } },
    })
  })

  it.for(['pan', 'first_name;status', 'first_name,', ',', 'First_Name', 'toString'])('refuses %j as values', (values) => {
    expect(load({ ...REQUIRED, ...CREATION, GUPSHUP_LEAD_CREATION_VALUES: values })).toEqual([
      'GUPSHUP_LEAD_CREATION_VALUES: must be names of first_name, application_id, loan_type, status, with commas between',
    ])
  })

  it('lists what is missing of a template for leads, as of the group that it needs', () => {
    expect(load({ ...REQUIRED, GUPSHUP_LEAD_CREATION_TEMPLATE_ID: 'creation-id' })).toEqual([
      expect.stringMatching(/new leads is configured in part, missing: GUPSHUP_LEAD_CREATION_SRC_NAME$/),
    ])
    expect(load({ ...REQUIRED, GUPSHUP_LEAD_STATUS_SRC_NAME: 'HomiStatus' })).toEqual([
      expect.stringMatching(/status of leads is configured in part, missing: GUPSHUP_LEAD_STATUS_TEMPLATE_ID$/),
    ])
    expect(load(CREATION)).toEqual(['Gupshup has templates for leads, and is not configured'])
  })

  it('takes a source number that TOML has as a number', () => {
    expect(load({ ...REQUIRED, GUPSHUP_SOURCE: 917_834_811_114 })).toMatchObject({ source: '917834811114' })
  })

  it.for(['homi', '123456', '1234567890123456', '0091 78348'])('refuses %j as a source number', (source) => {
    expect(load({ ...REQUIRED, GUPSHUP_SOURCE: source })).toEqual([
      'GUPSHUP_SOURCE: must be a phone number with its country code',
    ])
  })

  it.for(['api.gupshup.io', 'ftp://api.gupshup.io/', 'javascript:alert(1)', '/wa/api/v1'])('refuses %j as an address', (url) => {
    expect(load({ ...REQUIRED, GUPSHUP_API_URL: url })).toEqual([expect.stringMatching(/^GUPSHUP_API_URL: /)])
  })

  it('takes the address of a local stand-in', () => {
    expect(load({ ...REQUIRED, GUPSHUP_API_URL: 'http://127.0.0.1:8790/send' })).toMatchObject({
      apiUrl: 'http://127.0.0.1:8790/send',
    })
  })
})
