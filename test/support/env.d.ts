declare namespace Cloudflare {
  interface Env {
    TEST_MIGRATIONS: import('@cloudflare/vitest-pool-workers').D1Migration[]
    GUPSHUP_API_KEY: string
    GUPSHUP_API_URL: string
  }
}
