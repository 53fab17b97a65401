import { type ApiKeyChanges, bearer, putApiKey } from './keys'
import { createService } from './service'

/** One caller of a service: all its requests bring its credential. */
export interface TestCaller {
  /** By which what it makes is its own. */
  readonly id: string
  readonly get: (path: string) => Promise<Response>
  readonly post: (path: string, body?: unknown, headers?: Record<string, string>) => Promise<Response>
  readonly cancel: (path: string) => Promise<Response>
}

/** A service that lets nobody in without a credential, and its callers. */
export function createClosedService(settings: Record<string, unknown> = {}) {
  const service = createService({ AUTH_REQUIRED: 'true', ...settings })
  const callerWith = (id: string, credential: string): TestCaller => ({
    id,
    get: (path) => service.request(path, { headers: bearer(credential) }),
    post: (path, body, headers = {}) =>
      body === undefined
        ? service.request(path, { method: 'POST', headers: { ...bearer(credential), ...headers } })
        : service.post(path, body, { ...bearer(credential), ...headers }),
    cancel: (path) => service.request(path, { method: 'DELETE', headers: bearer(credential) }),
  })
  return {
    service,
    callerWith,
    /** A caller with a key of its own. */
    caller: async (changes: ApiKeyChanges = {}): Promise<TestCaller> => {
      const { key, id } = await putApiKey(changes)
      return callerWith(id, key)
    },
  }
}

/** A body without what differs from request to request. */
export async function plainBody(response: Response): Promise<unknown> {
  const { instance: _instance, request_id: _requestId, ...body } = await response.json<Record<string, unknown>>()
  return { status: response.status, body }
}
