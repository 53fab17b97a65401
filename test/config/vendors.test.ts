import { describe, expect, it } from 'vitest'
import type { Config } from '../../src/config/config'
import { loadConfig } from '../../src/config/load-config'
import { VENDOR_CHANNELS, VENDOR_VARIABLES, type VendorId } from '../../src/config/vendors'
import { aSecret } from '../support/secrets'

const PEPPER = { OTP_PEPPER: aSecret('p') }

function load(variables: Record<string, string>): Config {
  const result = loadConfig({ ...PEPPER, ...variables })
  if (!result.ok) throw new Error(result.problems.join('; '))
  return result.config
}

function problemsOf(variables: Record<string, string>): readonly string[] {
  const result = loadConfig({ ...PEPPER, ...variables })
  return result.ok ? [] : result.problems
}

const SID = (prefix: string) => prefix + '0123456789abcdef'.repeat(2)

/** The least that each vendor needs. */
const SETTINGS = {
  gupshup: {
    GUPSHUP_API_KEY: 'key',
    GUPSHUP_SOURCE: '917834811114',
    GUPSHUP_TEMPLATE_ID: 'template',
    GUPSHUP_SRC_NAME: 'App',
  },
  msg91: { MSG91_AUTH_KEY: 'key', MSG91_TEMPLATE_ID: 'template' },
  mshastra: { SMS_USERNAME: '20012345', SMS_PASSWORD: 'pass word', SMS_SENDER: 'MYBRAND' },
  twilio: { TWILIO_ACCOUNT_SID: SID('AC'), TWILIO_AUTH_TOKEN: 'token', TWILIO_PHONE_NUMBER: '+15005550006' },
  whatsapp_cloud: {
    WHATSAPP_ACCESS_TOKEN: 'token',
    WHATSAPP_PHONE_NUMBER_ID: '106540352242922',
    WHATSAPP_OTP_TEMPLATE: 'login_code',
  },
} as const satisfies Record<VendorId, Record<string, string>>

const KEYS = {
  gupshup: 'gupshup',
  msg91: 'msg91',
  mshastra: 'mshastra',
  twilio: 'twilio',
  whatsapp_cloud: 'whatsappCloud',
} as const satisfies Record<VendorId, keyof Config>

describe.for(Object.keys(VENDOR_CHANNELS) as VendorId[])('%s', (vendor) => {
  const settings: Record<string, string> = SETTINGS[vendor]

  it('is there when all that it needs is, and alone', () => {
    const config = load(settings)

    for (const [other, key] of Object.entries(KEYS)) expect([other, config[key] !== undefined]).toEqual([other, other === vendor])
  })

  it('is told to an operator by the names that it needs', () => {
    const names = VENDOR_VARIABLES[vendor].map((name) => name.replace(/ or .*/, ''))
    expect(names.toSorted()).toEqual(Object.keys(settings).toSorted())
  })

  it.for(Object.keys(settings))('is half a vendor without %s, which is named', (missing) => {
    const problems = problemsOf({ ...settings, [missing]: '' })

    expect(problems).toHaveLength(1)
    expect(problems[0]).toContain('is configured in part, missing: ')
    expect(problems[0]).toContain(missing)
  })
})

describe('MSG91', () => {
  it('has its own address, no sender and no say by default', () => {
    expect(load(SETTINGS.msg91).msg91).toEqual({
      authKey: 'key',
      templateId: 'template',
      senderId: undefined,
      apiUrl: 'https://control.msg91.com',
      verifiesToo: false,
    })
  })

  it('is asked as well where that was set', () => {
    const config = load({
      ...SETTINGS.msg91,
      MSG91_VERIFY_MODE: 'provider',
      MSG91_SENDER_ID: 'PROSPA',
      MSG91_API_URL: 'http://127.0.0.1:8790/',
    })

    expect(config.msg91).toMatchObject({ verifiesToo: true, senderId: 'PROSPA', apiUrl: 'http://127.0.0.1:8790' })
  })

  it('refuses another mode', () => {
    expect(problemsOf({ ...SETTINGS.msg91, MSG91_VERIFY_MODE: 'both' })).toEqual(['MSG91_VERIFY_MODE: must be own or provider'])
  })
})

describe('mShastra', () => {
  it.for(['http://mshastra.com/send', 'http://127.0.0.1.evil.example/send'])('refuses to send its password to %s', (url) => {
    expect(problemsOf({ ...SETTINGS.mshastra, SMS_API_URL: url })).toEqual([
      'SMS_API_URL must be https: the password travels with each message',
    ])
  })

  it.for(['https://saudi.mshastra.com/send', 'http://localhost:8790/send', 'http://127.0.0.1/send', 'http://sms.test/send'])(
    'may call %s',
    (url) => {
      expect(load({ ...SETTINGS.mshastra, SMS_API_URL: url }).mshastra?.apiUrl).toBe(url)
    },
  )
})

describe('Twilio', () => {
  it('sends from the number, or from the messaging service where both are set', () => {
    const service = { TWILIO_MESSAGING_SERVICE_SID: SID('MG') }

    expect(load(SETTINGS.twilio).twilio?.sender).toEqual({ kind: 'number', e164: '+15005550006' })
    expect(load({ ...SETTINGS.twilio, ...service }).twilio?.sender).toEqual({ kind: 'service', sid: SID('MG') })
    expect(load({ ...SETTINGS.twilio, ...service, TWILIO_PHONE_NUMBER: '' }).twilio?.sender).toEqual({
      kind: 'service',
      sid: SID('MG'),
    })
  })

  it.for([
    ['TWILIO_ACCOUNT_SID', 'your-twilio-account-sid'],
    ['TWILIO_PHONE_NUMBER', '15005550006'],
    ['TWILIO_AUTH_TOKEN', 'two words'],
    ['TWILIO_API_URL', 'api.twilio.com'],
  ])('refuses %s=%s', ([name, value]) => {
    expect(problemsOf({ ...SETTINGS.twilio, [name!]: value! })).toEqual([expect.stringMatching(new RegExp(`^${name}: `))])
  })
})

describe('WhatsApp Cloud', () => {
  it('speaks a version of the API that is alive, and American English, by default', () => {
    expect(load(SETTINGS.whatsapp_cloud).whatsappCloud).toMatchObject({
      apiUrl: 'https://graph.facebook.com/v26.0',
      templateLanguage: 'en_US',
    })
  })

  it("takes brief 003's settings for half a vendor, and says what they lack", () => {
    const brief = {
      WHATSAPP_API_URL: 'https://graph.facebook.com/v18.0',
      WHATSAPP_ACCESS_TOKEN: 'your-whatsapp-access-token',
      WHATSAPP_BUSINESS_ACCOUNT_ID: 'your-business-account-id',
      WHATSAPP_BUSINESS_NUMBER: 'your-whatsapp-business-number',
      WHATSAPP_WEBHOOK_SECRET: 'your-webhook-secret',
      WHATSAPP_VERIFY_TOKEN: 'your-verify-token',
    }

    const isInPart = 'WhatsApp Cloud is configured in part, missing: WHATSAPP_PHONE_NUMBER_ID, WHATSAPP_OTP_TEMPLATE'
    expect(problemsOf({ ...brief, ENVIRONMENT: 'development' })).toEqual([isInPart])
    // In production these values are told of, too: they are what the brief has in the places of secrets.
    const samples = ['WHATSAPP_ACCESS_TOKEN', 'WHATSAPP_WEBHOOK_SECRET', 'WHATSAPP_VERIFY_TOKEN']
    expect(problemsOf(brief)).toEqual([isInPart, ...samples.map((name) => `${name} is a sample, which anybody knows`)])
  })
})

describe('codes that WhatsApp does not carry', () => {
  it.for(['gupshup', 'whatsapp_cloud'] as const)('are a problem with %s', (vendor) => {
    expect(problemsOf({ ...SETTINGS[vendor], OTP_LENGTH: '9' })).toEqual(['OTP_LENGTH is over 8, which WhatsApp does not carry'])
    expect(problemsOf({ ...SETTINGS[vendor], OTP_LENGTH: '8' })).toEqual([])
  })

  it('are a problem with MSG91 from ten digits on', () => {
    expect(problemsOf({ ...SETTINGS.msg91, OTP_LENGTH: '10' })).toEqual(['OTP_LENGTH is over 9, which MSG91 does not carry'])
    expect(problemsOf({ ...SETTINGS.msg91, MSG91_OTP_LENGTH: '9' })).toEqual([])
  })

  it('are none for payments, which go by SMS', () => {
    expect(problemsOf({ ...SETTINGS.gupshup, ...SETTINGS.whatsapp_cloud, MSG91_OTP_LENGTH: '9' })).toEqual([])
  })

  it('are none for SMS alone, nor in mock mode', () => {
    expect(problemsOf({ ...SETTINGS.twilio, OTP_LENGTH: '10' })).toEqual([])
    expect(problemsOf({ ...SETTINGS.msg91, OTP_LENGTH: '9' })).toEqual([])
    const mock = { PIONEER_FLAG_MOCK_OTP_ENABLED: 'true', ENVIRONMENT: 'development' }
    expect(problemsOf({ ...SETTINGS.gupshup, ...mock, OTP_LENGTH: '9' })).toEqual([])
  })
})

describe('secrets in the address of a webhook', () => {
  it.for(['GUPSHUP_WEBHOOK_SECRET', 'MSG91_WEBHOOK_SECRET'])('%s is long and needs no escaping', (name) => {
    expect(problemsOf({ [name]: aSecret('a') })).toEqual([])
    for (const value of [aSecret('a', 31), `${aSecret('a', 40)}/`, `${aSecret('a', 40)} b`, aSecret('a', 129)]) {
      expect(problemsOf({ [name]: value })).toEqual([`${name}: must be 32 to 128 letters, digits, - or _`])
    }
  })
})
