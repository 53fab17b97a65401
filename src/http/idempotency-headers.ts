import * as z from 'zod'
import { IDEMPOTENCY_KEY } from '../idempotency/read-key'
import { REPLAYED } from './idempotency'

/** The header of a request, as the OpenAPI document shows it. */
export const IDEMPOTENCY_KEYS = {
  [IDEMPOTENCY_KEY]: z
    .string()
    .optional()
    .meta({
      description:
        'Anything that nobody can guess, such as a new UUID for each thing that is to happen: 1 to 255 visible ASCII characters, in quotes or without. For a day the same request with the same key happens once, and is answered as the first time.',
      example: '2f1c9c7e-6d0a-4a43-9c5e-0f8f1a7b3d52',
      param: { id: IDEMPOTENCY_KEY },
    }),
}

/** The header of an answer that is told again. */
export const IS_REPLAYED = z
  .literal('true')
  .optional()
  .meta({ description: `The answer that the first request with this \`${IDEMPOTENCY_KEY}\` had.`, header: { id: REPLAYED } })
