import type { Refusal } from '../core/app-error'
import { PHONE_REFUSAL_TEXT, type PhoneRefusalReason } from '../phone/phone-number'
import { retryAfterOf } from './to-refusal'

/** What a refusal means and what to do, in one or two sentences for a person who calls the API. */
export function refusalText(refusal: Refusal): string {
  const wait = `${retryAfterOf(refusal)} seconds`
  switch (refusal.code) {
    case 'invalid_request':
      return issuesText(refusal.details.issues)
    case 'malformed_json':
      return 'The request body is not valid JSON.'
    case 'unsupported_media_type':
      return 'The request body must be JSON, with the header Content-Type: application/json.'
    case 'payload_too_large':
      return `The request body is larger than ${refusal.details.limitBytes} bytes.`
    case 'route_not_found':
      return 'There is nothing at this address. See /docs for what there is.'
    case 'method_not_allowed':
      return `This address takes only ${refusal.details.allow.join(', ')}.`
    case 'invalid_phone':
      return PHONE_REFUSAL_TEXT[refusal.details.reason as PhoneRefusalReason]
    case 'cooldown_active':
      return `A code was sent to this number just now. Please wait ${wait} before asking for another one.`
    case 'send_limit_reached':
      return `Too many codes were sent to this number. Please try again in ${wait}.`
    case 'verification_not_found':
      return 'There is no code waiting to be verified. Please request a new one.'
    case 'verification_not_pending':
      return `This verification is over: it is ${refusal.details.status}.`
    case 'code_expired':
      return 'The code has expired. Please request a new one.'
    case 'code_incorrect':
      return `The code is not correct. Attempts left: ${refusal.details.guessesLeft}.`
    case 'too_many_guesses':
      return `Too many wrong codes. A new code can be requested in ${wait}.`
    case 'delivery_failed':
      return 'The message could not be sent. Nothing was delivered; you may try again now.'
    case 'delivery_unknown':
      return `The messaging service did not confirm the message. If a code arrives it is valid; another one can be requested in ${wait}.`
    case 'not_configured':
      return `No messaging service is configured for this channel. ${settingsText(refusal.details.anyOf)}`
    case 'misconfigured':
      return `The service is not configured correctly. ${refusal.details.problems.join('. ')}.`
    case 'dependency_unavailable':
      return 'A part of the service cannot be reached right now. Please try again: what was taken all the same is not taken twice.'
    case 'unauthorized':
      return 'This address wants a credential that is good here: send the header Authorization: Bearer with an API key, or X-API-Key.'
    case 'insufficient_scope':
      return `This credential is not for that: it wants ${refusal.details.scope}.`
    case 'origin_not_allowed':
      return 'This key is for pages of other origins.'
    case 'purpose_not_allowed':
      return `This key is not for the purpose ${refusal.details.purpose}.`
    case 'challenge_failed':
      return 'The page did not show that a person uses it. Please solve the challenge anew, and send its answer in the header X-Turnstile-Token.'
    case 'challenge_not_configured':
      return `Pages cannot have codes sent here yet. Set ${refusal.details.missing.join(', ')}.`
    case 'abnormal_usage':
      return 'This is more than usual use looks like. Please try again later.'
    case 'budget_exhausted':
      return 'No more messages can be sent today.'
    case 'code_not_accepted':
      return 'This code is not accepted. Please request a new one.'
    case 'idempotency_key_reused':
      return 'This Idempotency-Key was used for another request. Choose a new one for each.'
    case 'idempotency_key_in_use':
      return `The first request with this Idempotency-Key is not answered yet. Please repeat it in ${wait}.`
    case 'token_not_accepted':
      return 'This token is not one of ours for this audience, or its time is over.'
    case 'token_redeemed':
      return 'This token was redeemed before: it is good once.'
    case 'tokens_not_configured':
      return `Verification tokens are not set up here. Set ${refusal.details.missing.join(', ')}.`
    case 'api_key_not_found':
      return 'There is no such API key.'
    case 'api_key_not_active':
      return `This API key is ${refusal.details.status}, and stays so. Create a new one.`
    case 'webhook_forbidden':
      return 'This report is not signed by the service that it claims to come from.'
    case 'unreadable_report':
      return 'This report is in no known form.'
    case 'communication_not_found':
      return 'There is no such message. One that was sent just now is listed after a few seconds.'
    case 'template_not_found':
      return 'There is no such template.'
    case 'template_exists':
      return 'There is a template of this name. Change that one, or choose another name.'
    case 'loan_not_found':
      return 'There is no such loan.'
    case 'repayment_not_found':
      return 'The loan has no such repayment.'
    case 'contact_unreachable':
      return `The loan has no ${refusal.details.contactType} with a phone number.`
    case 'repayment_settled':
      return 'This repayment is paid already.'
    case 'update_refused':
    case 'loan_exists':
      return issuesText(refusal.details.issues)
    case 'repayment_changed':
      return 'The repayment, or the number of its contact, was changed meanwhile, so this code changed nothing. Please look at it and request a new one.'
    case 'update_pending':
      return `The code is right and used up, and the repayment is going to be changed: it could not be written yet. Repeat the same request in ${wait} to see it done.`
    case 'confirmation_used':
      return 'This code has confirmed a change already, and not this one. Please look at the repayment before you request a new code.'
    case 'confirmation_expired':
      return 'This code was confirmed too long ago to change anything. Please request a new one.'
    case 'confirmation_changed':
      return 'This is not what the code was sent for, so it is worth nothing now. Please request a new one.'
    case 'import_refused':
      return `Nothing was imported. Rows with mistakes: ${refusal.details.rows.length}.`
    case 'phone_not_verified':
      return `This number was not verified in the last ${refusal.details.withinMinutes} minutes. Please send a code to it, verify the code, and repeat this request.`
    case 'lead_not_found':
      return 'There is no such lead.'
    case 'lead_refused':
      return 'The lender did not accept this application. Please check what it says, and send it again.'
    case 'leads_not_configured':
      return `Leads are not set up here. Set ${refusal.details.missing.join(', ')}.`
    case 'internal':
      return 'Something went wrong on our side. Please quote the request id when you ask about it.'
  }
}

function issuesText(issues: readonly { readonly path: string; readonly message: string }[]): string {
  return issues.map(({ path, message }) => (path ? `${path}: ${message}` : message)).join('; ')
}

function settingsText(anyOf: readonly (readonly string[])[]): string {
  const groups = anyOf.map((names) => names.join(', '))
  return groups.length === 0 ? 'None can serve it here.' : `Set the settings of one: ${groups.join('; or ')}.`
}
