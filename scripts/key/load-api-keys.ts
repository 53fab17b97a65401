import { join } from 'node:path'
import { loadBundled } from '../load-bundled.ts'

export type ApiKeys = typeof import('./api-keys.ts')

/** The functions of `api-keys.ts`. */
export function loadApiKeys(): Promise<ApiKeys> {
  return loadBundled<ApiKeys>(join(import.meta.dirname, 'api-keys.ts'))
}
