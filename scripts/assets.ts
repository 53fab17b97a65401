import { join } from 'node:path'
import { buildDocument } from './assets/build-document.ts'
import { fillFolder } from './assets/fill-folder.ts'
import { createPages } from './assets/pages.ts'
import { readVendorFiles } from './assets/vendor.ts'
import { projectRoot } from './wrangler.ts'

// `npm run assets`: the OpenAPI document and the two reference pages, in dist/assets. Wrangler runs it before each build,
// and `wrangler dev` after each change of a source, so what has not changed is left alone.

const FOLDER = 'dist/assets'

const [{ json, operations }, vendor] = await Promise.all([buildDocument(), readVendorFiles()])
const files = new Map([['openapi.json', Buffer.from(json)], ...createPages(vendor.folders), ...vendor.files])
const written = await fillFolder(join(projectRoot, FOLDER), files)
console.log(`${FOLDER}: ${operations} operations in openapi.json; ${written} of ${files.size} files changed`)
