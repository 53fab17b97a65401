import { randomUUID } from 'node:crypto'
import type { Answer, Client } from './client.ts'
import { failed, type Finding, type Outcome, unexpected, worked } from './step.ts'

// What can be asked of any deployment without sending anything to anybody.

/** `health` is missing where the answer is a stranger's, who is spared the rest then. */
export async function checkHealth({ get }: Client): Promise<Finding<{ health: 'healthy' | 'misconfigured' }>> {
  const answer = await get('/health')
  switch (answer.json['status']) {
    case 'healthy':
      return { ...worked('healthy'), health: 'healthy' }
    case 'misconfigured':
      return {
        ...failed('misconfigured: set what /ready names (docs/deploy.md, "Variables and secrets")'),
        health: 'misconfigured',
      }
    default:
      return unexpected('200 {"status": "healthy"}', answer)
  }
}

export async function checkReady({ get }: Client): Promise<Outcome> {
  const answer = await get('/ready')
  const { status, checks, problems } = answer.json
  if (typeof checks !== 'object' || checks === null) return unexpected('200 {"status": "ready"}', answer)
  const parts = Object.entries(checks).map(([name, state]) => `${name} ${state}`)
  const reasons = Array.isArray(problems) ? problems.map(String) : []
  const detail = [parts.join(', '), ...reasons].join('; ')
  return answer.status === 200 && status === 'ready' ? worked(detail) : failed(detail)
}

export async function checkOpenApi({ get }: Client): Promise<Outcome> {
  const answer = await get('/openapi.json')
  const { openapi, paths } = answer.json
  if (answer.status !== 200 || typeof openapi !== 'string' || !openapi.startsWith('3.1')) {
    return unexpected('200 and OpenAPI 3.1', answer)
  }
  return worked(`OpenAPI ${openapi}, ${Object.keys(paths ?? {}).length} paths`)
}

export async function checkPage({ get }: Client, path: string): Promise<Outcome> {
  const answer = await get(path)
  const isHtml = answer.headers.get('content-type')?.startsWith('text/html') === true
  return answer.status === 200 && isHtml ? worked('200 html') : unexpected('200 html', answer)
}

/**
 * Who may call? Asks without a key for something that is refused in any case.
 * @param hasKey is there one to go on with?
 */
export async function checkAccess({ post }: Client, hasKey: boolean): Promise<Finding<{ isClosed: boolean }>> {
  const answer = await post('/send-otp', '{"phone_number": ')
  switch (answer.status) {
    case 401:
      return { ...worked(`refused with 401, as it must be${hasKey ? '' : `. ${HOW_TO_GET_A_KEY}`}`), isClosed: true }
    case 400:
      return { ...worked('not wanted: everybody may call (AUTH_REQUIRED is off)'), isClosed: false }
    default:
      return unexpected('401, or 400 where everybody may call', answer)
  }
}

const HOW_TO_GET_A_KEY =
  'For the rest make a key (npm run key -- create --name smoke --scopes verifications:send,verifications:check --remote, or --local) and put it into EDGE_VERIFY_KEY'

export async function checkMalformedJson({ post }: Client): Promise<Outcome> {
  return expectRefusal(400, await post('/send-otp', '{"phone_number": '))
}

/** A number of Delhi's fixed network: real, and unable to receive a message. */
export async function checkLandline({ post }: Client): Promise<Outcome> {
  return expectRefusal(400, await post('/send-otp', { phone_number: '+911123456789' }))
}

export async function checkUnknownPath({ get }: Client): Promise<Outcome> {
  return expectRefusal(404, await get(`/no-such-path-${randomUUID()}`))
}

/** A refusal of this service: the status, and its own words instead of a proxy's page. */
export function expectRefusal(status: number, answer: Answer): Outcome {
  return answer.status === status && answer.json['success'] === false
    ? worked(`refused with ${status}`)
    : unexpected(`a refusal with ${status}`, answer)
}

/** Only in `mock` mode may a code be asked for a number that belongs to nobody. */
export async function checkMode({ get }: Client): Promise<Finding<{ mode: 'mock' | 'real' | 'production' }>> {
  const answer = await get('/debug/whatsapp')
  if (answer.status === 404) return { ...worked('hidden, as in production it must be'), mode: 'production' }
  switch (answer.json['mock']) {
    case true:
      return { ...worked('mock mode: nothing is really sent'), mode: 'mock' }
    case false:
      return { ...worked('messages are really sent'), mode: 'real' }
    default:
      return unexpected('200 or 404', answer)
  }
}
