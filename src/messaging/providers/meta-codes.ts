import type { FailureReason } from '../failure-reason'

/**
 * Meta's WhatsApp error codes as the vendors in between pass them on (error codes of the WhatsApp Business
 * Platform). The short ones below 368 are Graph API codes, which only Meta itself answers with.
 */
export const META_CODES: Readonly<Record<number, FailureReason>> = {
  368: 'provider_auth', // blocked for policy violations
  470: 'template_rejected', // outside the 24 h window, the old form of 131047
  80007: 'rate_limited', // of the business account
  130429: 'rate_limited', // throughput
  130472: 'content_blocked', // the number is part of an experiment
  130497: 'config_error', // business not allowed in this country
  131000: 'provider_unavailable',
  131005: 'provider_auth', // access denied
  131008: 'bad_request', // parameter missing
  131009: 'bad_request', // parameter invalid
  131021: 'invalid_recipient', // recipient is the sender
  131026: 'invalid_recipient', // not on WhatsApp, or cannot receive
  131030: 'config_error', // not in the list of test numbers
  131031: 'provider_auth', // account locked
  131042: 'insufficient_funds',
  131045: 'config_error', // our number is not registered
  131047: 'template_rejected', // more than 24 h since the person wrote
  131048: 'rate_limited', // spam limit on our number
  131049: 'content_blocked', // frequency cap
  131050: 'opted_out',
  131051: 'bad_request', // unsupported type
  131052: 'bad_request', // media
  131053: 'bad_request', // media
  131056: 'recipient_rate_limited', // too many messages to the same person
  131057: 'provider_unavailable', // account in maintenance
  132000: 'template_rejected', // number of parameters
  132001: 'template_rejected', // missing or not approved
  132005: 'template_rejected', // text too long once filled
  132007: 'template_rejected', // content policy
  132012: 'template_rejected', // form of a parameter
  132015: 'template_rejected', // paused
  132016: 'template_rejected', // disabled
  133010: 'config_error', // our number is not registered
  133016: 'rate_limited', // registering too often
}
