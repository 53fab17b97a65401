import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { projectRoot } from '../wrangler.ts'

const ENTRY = join(import.meta.dirname, 'api-document.ts')
const METHODS = ['get', 'put', 'post', 'delete', 'patch']

interface ApiDocument {
  readonly paths: Readonly<Record<string, object>>
}

/**
 * Bundles the app, runs it in this Node and takes the document from it.
 * @returns the text of `openapi.json`, and how many operations it has
 * @throws when the sources do not build, or a route is not documented
 */
export async function buildDocument(): Promise<{ readonly json: string; readonly operations: number }> {
  const dist = join(projectRoot, 'dist')
  await mkdir(dist, { recursive: true })
  // A folder of its own: another run may be at work at the same time.
  const folder = await mkdtemp(join(dist, 'api-document-'))
  try {
    const outfile = join(folder, 'api-document.mjs')
    await build({
      entryPoints: [ENTRY],
      outfile,
      bundle: true,
      format: 'esm',
      platform: 'neutral',
      mainFields: ['module', 'main'],
    })
    const { apiDocument } = (await import(pathToFileURL(outfile).href)) as { apiDocument: ApiDocument }
    return { json: `${JSON.stringify(apiDocument, null, 2)}\n`, operations: countOperations(apiDocument) }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function countOperations({ paths }: ApiDocument): number {
  return Object.values(paths).flatMap((item) => Object.keys(item).filter((key) => METHODS.includes(key))).length
}
