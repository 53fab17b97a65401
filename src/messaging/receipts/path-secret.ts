import { sameSecret } from '../../core/same-secret'
import type { WebhookRequest } from './receipt'

/** For vendors that sign nothing: theirs is who knows the secret end of the address. Without a secret nobody is. */
export function createPathSecretCheck(secret: string | undefined) {
  return async ({ pathSecret }: Pick<WebhookRequest, 'pathSecret'>): Promise<boolean> =>
    secret !== undefined && pathSecret !== undefined && (await sameSecret(pathSecret, secret))
}
