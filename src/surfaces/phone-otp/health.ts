import type * as z from 'zod'
import { openToAll } from '../../http/access'
import type { Operation } from '../../http/operation'

/** The documentation of a liveness route: it answers 200 whatever else is wrong, and says so in its body. */
export function healthOperation(operationId: string, schema: z.ZodType): Operation {
  const description = 'It is. `misconfigured`: alive, and refusing to work until its settings are mended.'
  return { operationId, summary: 'Is the service alive?', responses: { 200: { description, schema } }, refusals: [] }
}

/** Whoever asks. */
export const LIVENESS_IS_OPEN = openToAll('says nothing but that the service is alive, for load balancers')
