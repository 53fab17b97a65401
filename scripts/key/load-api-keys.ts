import { join } from 'node:path'
import { build } from 'esbuild'

export type ApiKeys = typeof import('./api-keys.ts')

/** The functions of `api-keys.ts`, which is bundled first since Node does not find the modules of the service by itself. */
export async function loadApiKeys(): Promise<ApiKeys> {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, 'api-keys.ts')],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'neutral',
    mainFields: ['module', 'main'],
  })
  const address = `data:text/javascript;base64,${Buffer.from(outputFiles[0]!.contents).toString('base64')}`
  return (await import(address)) as ApiKeys
}
