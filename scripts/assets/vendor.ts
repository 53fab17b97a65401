import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

interface VendorPackage {
  readonly name: string
  /** Names as they are served, and where the package has them. Licences go with what they are of. */
  readonly files: Readonly<Record<string, string>>
  readonly edit?: Readonly<Record<string, (text: string) => string>>
}

const SWAGGER_UI: VendorPackage = {
  name: 'swagger-ui-dist',
  files: {
    'swagger-ui-bundle.js': 'swagger-ui-bundle.js',
    'swagger-ui-bundle.js.LICENSE.txt': 'swagger-ui-bundle.js.LICENSE.txt',
    'swagger-ui.css': 'swagger-ui.css',
    LICENSE: 'LICENSE',
    NOTICE: 'NOTICE',
  },
}

const REDOC: VendorPackage = {
  name: 'redoc',
  files: {
    'redoc.standalone.js': 'bundles/redoc.standalone.js',
    'redoc.standalone.js.LICENSE.txt': 'bundles/redoc.standalone.js.LICENSE.txt',
    LICENSE: 'LICENSE',
  },
  edit: { 'redoc.standalone.js': withoutForeignLogo },
}

/** Where the pages find the packages, such as `/vendor/redoc-2.5.4`. */
export interface VendorFolders {
  readonly swaggerUi: string
  readonly redoc: string
}

/** The parts of the two packages that the pages load, from `node_modules`. */
export async function readVendorFiles(): Promise<{ folders: VendorFolders; files: [string, Buffer][] }> {
  const [swaggerUi, redoc] = await Promise.all([readPackage(SWAGGER_UI), readPackage(REDOC)])
  return { folders: { swaggerUi: swaggerUi.folder, redoc: redoc.folder }, files: [...swaggerUi.files, ...redoc.files] }
}

async function readPackage({ name, files, edit = {} }: VendorPackage): Promise<{ folder: string; files: [string, Buffer][] }> {
  const manifest = fileURLToPath(import.meta.resolve(`${name}/package.json`))
  const { version } = JSON.parse(await readFile(manifest, 'utf8')) as { version: string }
  // The version is in the address, since browsers keep these files for a year. No `@`: its address would be redirected.
  const folder = `/vendor/${name.replace('-dist', '')}-${version}`
  const contents = Object.entries(files).map(async ([served, source]): Promise<[string, Buffer]> => {
    const content = await readFile(join(dirname(manifest), source))
    return [`${folder.slice(1)}/${served}`, edit[served] ? Buffer.from(edit[served](content.toString())) : content]
  })
  return { folder, files: await Promise.all(contents) }
}

/**
 * ReDoc shows its maker's logo from its maker's host, with no option against it. Our policy refuses that, with an error in
 * the console of everybody who looks. An address that is no image makes ReDoc leave the image out.
 */
function withoutForeignLogo(script: string): string {
  const parts = script.split('https://cdn.redoc.ly/redoc/logo-mini.svg')
  if (parts.length !== 2) throw new Error('ReDoc has changed: look again at where its logo comes from.')
  return parts.join('data:,')
}
