import { build } from 'esbuild'

/**
 * Imports a module that uses the service's own, which are bundled first since Node does not find them by itself.
 * @param file its path
 */
export async function loadBundled<Module>(file: string): Promise<Module> {
  const { outputFiles } = await build({
    entryPoints: [file],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'neutral',
    mainFields: ['module', 'main'],
  })
  const address = `data:text/javascript;base64,${Buffer.from(outputFiles[0]!.contents).toString('base64')}`
  return (await import(address)) as Module
}
