import { PAGES_CONTENT_SECURITY_POLICY } from '../../src/http/security-policy.ts'
import type { VendorFolders } from './vendor.ts'

// The files of our own. Nothing is inline, since the policy allows no inline script and no inline style.

/** The two pages, their scripts, their style, and the headers under which Workers static assets serve everything. */
export function createPages(vendor: VendorFolders): [string, Buffer][] {
  const swaggerUi = {
    title: 'edge-verify API',
    styles: [`${vendor.swaggerUi}/swagger-ui.css`],
    scripts: [`${vendor.swaggerUi}/swagger-ui-bundle.js`, '/pages/docs.js'],
  }
  const redoc = {
    title: 'edge-verify API reference',
    styles: [],
    scripts: [`${vendor.redoc}/redoc.standalone.js`, '/pages/redoc.js'],
  }
  const files = {
    'docs.html': page(swaggerUi),
    'redoc.html': page(redoc),
    'pages/docs.js': DOCS_SCRIPT,
    'pages/redoc.js': REDOC_SCRIPT,
    'pages/pages.css': STYLE,
    'pages/icon.svg': ICON,
    _headers: HEADERS,
  }
  return Object.entries(files).map(([path, text]) => [path, Buffer.from(text)])
}

function page({ title, styles, scripts }: { title: string; styles: string[]; scripts: string[] }): string {
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>${title}</title>
    <link rel="icon" href="/pages/icon.svg" type="image/svg+xml" />
${[...styles, '/pages/pages.css'].map((href) => `    <link rel="stylesheet" href="${href}" />`).join('\n')}
${scripts.map((src) => `    <script src="${src}" defer></script>`).join('\n')}
  </head>
  <body>
    <main id="reference"></main>
    <noscript><p>This page needs JavaScript. The same in one file, for programs and people: <a href="/openapi.json">openapi.json</a>.</p></noscript>
  </body>
</html>
`
}

const DOCS_SCRIPT = `SwaggerUIBundle({
  url: '/openapi.json',
  domNode: document.getElementById('reference'),
  deepLinking: true,
  displayRequestDuration: true,
  // Neither an outside validator, nor another document than ours by a crafted link.
  validatorUrl: null,
  queryConfigEnabled: false,
})
`

const REDOC_SCRIPT = `Redoc.init(
  '/openapi.json',
  // The search runs in a worker made from a blob, which the policy does not allow.
  { disableSearch: true, nativeScrollbars: true },
  document.getElementById('reference'),
)
`

const STYLE = `body {
  margin: 0;
}

noscript p {
  margin: 2rem;
  font: 1rem/1.5 system-ui, sans-serif;
}
`

const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="4" fill="#1d4ed8" /><path d="M4 8.5l2.7 2.7L12 5.5" fill="none" stroke="#fff" stroke-width="2" stroke-linecap="round" stroke-linejoin="round" /></svg>
`

// The document is public, so a page of anybody may read it: editors, generators, catalogues.
const HEADERS = `/*
  Content-Security-Policy: ${PAGES_CONTENT_SECURITY_POLICY}
  Cross-Origin-Opener-Policy: same-origin
  Referrer-Policy: no-referrer
  X-Content-Type-Options: nosniff
  X-Frame-Options: DENY

/vendor/*
  Cache-Control: public, max-age=31536000, immutable

/openapi.json
  Access-Control-Allow-Origin: *
`
