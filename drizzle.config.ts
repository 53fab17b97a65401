import { defineConfig } from 'drizzle-kit'

// `npm run db:generate` writes migrations/NNNN_name.sql, which `wrangler d1 migrations apply` runs as they are.
export default defineConfig({
  dialect: 'sqlite',
  schema: './src/db/schema.ts',
  out: './migrations',
})
