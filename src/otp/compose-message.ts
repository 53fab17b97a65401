import type { Profile } from '../config/profiles'
import type { Channel, OtpMessage } from '../messaging/message'
import { renderTemplate } from '../messaging/templates/render-template'
import type { Template } from '../messaging/templates/template'

/** What a message with a code says. */
export interface CodeFactsOfMessage {
  /** E.164. */
  readonly to: string
  readonly channel: Channel
  readonly purpose: string
  readonly locale: string
  readonly code: string
  readonly communicationId: string
  readonly profile: Pick<Profile, 'lifetimeSeconds' | 'appName'>
  /** Besides the usual ones. */
  readonly values?: Readonly<Record<string, string>> | undefined
}

/** The message with a code, in the words of its template. */
export function composeMessage(template: Template, facts: CodeFactsOfMessage): OtpMessage {
  const { profile, to, channel, purpose, locale, code, communicationId, values } = facts
  const variables: Record<string, string> = {
    ...values,
    expires_in_minutes: String(Math.floor(profile.lifetimeSeconds / 60)),
    app_name: profile.appName,
    // As words: `loan_payment` is a name for programs.
    purpose: purpose.replaceAll(/[_-]+/g, ' '),
  }
  return {
    kind: 'otp',
    to,
    channel,
    purpose,
    locale,
    code,
    communicationId,
    expiresInSeconds: profile.lifetimeSeconds,
    text: renderTemplate(template, { ...variables, otp_code: code }),
    variables,
    dltTemplateId: template.dltTemplateId,
    vendorTemplates: template.vendorTemplates,
  }
}
