/** What works without any credential. */
export const OPEN_OPERATIONS = [
  'external-otp.whatsapp.challenge',
  'external-otp.whatsapp.report',
  'homi.health',
  'jwks',
  'ready',
  'webhooks.gupshup',
  'webhooks.msg91',
  'webhooks.twilio',
  'webhooks.whatsapp.challenge',
  'webhooks.whatsapp.report',
  'whatsapp-otp.debug.configuration',
  'whatsapp-otp.debug.request',
  'whatsapp-otp.health',
]
