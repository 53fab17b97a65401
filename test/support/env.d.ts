declare namespace Cloudflare {
  interface Env {
    TEST_MIGRATIONS: import('@cloudflare/vitest-pool-workers').D1Migration[]
    PHONE_HASH_KEY: string
    GUPSHUP_API_KEY: string
    GUPSHUP_API_URL: string
  }
}
