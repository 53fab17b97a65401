import { fileURLToPath } from 'node:url'
import { defineProject } from 'vitest/config'

// What only Node can do: the scripts, the built bundle behind its assets, and the pages in a real browser.
export default defineProject({
  root: fileURLToPath(new URL('..', import.meta.url).href),
  test: { name: 'node', include: ['test/node/**/*.test.ts'], testTimeout: 60_000, hookTimeout: 120_000 },
})
