import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    root: fileURLToPath(new URL('..', import.meta.url).href),
    projects: ['test/vitest.config.workerd.ts', 'test/vitest.config.node.ts'],
    silent: 'passed-only',
    coverage: { provider: 'istanbul', include: ['src/**'] },
  },
})
