declare namespace Cloudflare {
  interface Env {
    TEST_MIGRATIONS: import('@cloudflare/vitest-pool-workers').D1Migration[]
    PHONE_HASH_KEY: string
    PII_ENCRYPTION_KEY: string
    GUPSHUP_API_KEY: string
    GUPSHUP_API_URL: string
    BASIC_APPLICATION_API_URL: string
    BASIC_APPLICATION_USER_ID: string
    BASIC_APPLICATION_API_KEY: string
  }
}
