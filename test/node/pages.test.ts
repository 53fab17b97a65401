import { createRequire } from 'node:module'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { apiDocument } from '../../scripts/assets/api-document'
import { PAGES_CONTENT_SECURITY_POLICY } from '../../src/http/security-policy'
import { describeInBrowser } from './support/browser'
import { type RunningService, startService } from './support/running-service'

interface ApiDocument {
  readonly tags: readonly { readonly name: string; readonly description: string }[]
  readonly paths: Record<string, Record<string, { operationId: string; summary: string; security: readonly unknown[] }>>
}

let service: RunningService

beforeAll(async () => {
  service = await startService()
})
afterAll(() => service.stop())

const get = (path: string, init: RequestInit = {}) => fetch(new URL(path, service.origin), { redirect: 'manual', ...init })

const documented = async () => (await (await get('/openapi.json')).json()) as ApiDocument

async function documentedOperations() {
  const { paths } = await documented()
  return Object.entries(paths).flatMap(([path, item]) => Object.values(item).map((operation) => ({ path, ...operation })))
}

describe('the assets of a deployment', () => {
  it.each(['/docs', '/redoc'])('serves %s as a page that loads nothing from elsewhere', async (path) => {
    const response = await get(path)

    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(response.headers.get('content-security-policy')).toBe(PAGES_CONTENT_SECURITY_POLICY)
    expect(response.headers.get('x-content-type-options')).toBe('nosniff')
    expect(response.headers.get('referrer-policy')).toBe('no-referrer')
    const addresses = [...(await response.text()).matchAll(/(?:src|href)="([^"]*)"/g)].map(([, address = '']) => address)
    expect(addresses.length).toBeGreaterThan(3)
    for (const address of addresses) {
      expect(address).toMatch(/^\/[^/]/)
      expect((await get(address)).status).toBe(200)
    }
  })

  it.each(['/docs', '/redoc'])('leads %s/ to the page', async (path) => {
    const response = await get(`${path}/`)

    expect([response.status, response.headers.get('location')]).toStrictEqual([307, path])
  })

  it('serves the document as JSON that any page may read', async () => {
    const response = await get('/openapi.json')

    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('application/json')
    expect(response.headers.get('access-control-allow-origin')).toBe('*')
    expect(await response.json()).toStrictEqual(JSON.parse(JSON.stringify(apiDocument)))
  })

  it('lets browsers keep what has its version in its address, with its licence, and nothing else', async () => {
    const pages = await Promise.all(['/docs', '/redoc'].map(async (path) => (await get(path)).text()))
    const vendored = pages.flatMap((page) => [...page.matchAll(/"(\/vendor\/[^"]+)"/g)].map(([, address = '']) => address))

    expect(vendored).toHaveLength(3)
    for (const address of vendored) {
      expect((await get(address)).headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
      expect((await get(`${address.slice(0, address.lastIndexOf('/'))}/LICENSE`)).status).toBe(200)
    }
    for (const path of ['/docs', '/openapi.json', '/pages/docs.js']) {
      expect((await get(path)).headers.get('cache-control')).toBe('public, max-age=0, must-revalidate')
    }
  })

  it('leaves every other address to the service, which tells an unknown one in its envelope', async () => {
    for (const path of ['/', '/nothing', '/vendor/nothing', '/_headers']) {
      const response = await get(path)

      expect(response.status).toBe(404)
      expect(response.headers.get('content-type')).toBe('application/json')
      expect(response.headers.get('content-security-policy')).toBe("default-src 'none'; frame-ancestors 'none'")
      expect(response.headers.get('x-content-type-options')).toBe('nosniff')
      expect(await response.json()).toMatchObject({ success: false, data: { error: 'route_not_found' } })
    }
  })

  it('starts without an error', async () => {
    expect((await get('/ready')).status).toBe(200)
    expect(service.logs().filter(({ level }) => level === 'error' || level === 'warn')).toStrictEqual([])
  })
})

describeInBrowser('the reference pages in a browser', (launch) => {
  let browser: Browser
  let page: Page
  let troubles: string[]

  beforeAll(async () => {
    browser = await launch()
  })
  afterAll(() => browser.close())

  beforeEach(async () => {
    page = await browser.newPage()
    troubles = await watch(page, service.origin)
  })
  afterEach(async ({ task }) => {
    const folder = process.env['SCREENSHOT_DIR']
    if (folder) await page.screenshot({ path: join(folder, `${task.name.replaceAll(/\W+/g, '-')}.png`), fullPage: true })
    await page.close()
    expect(troubles).toStrictEqual([])
  })

  it('shows every operation in Swagger UI', async () => {
    await page.goto(`${service.origin}/docs`)
    await page.locator('.opblock').first().waitFor()

    const operations = await documentedOperations()
    const shown = await page.locator('.opblock').allInnerTexts()
    expect(shown).toHaveLength(operations.length)
    for (const { path, summary } of operations) {
      expect(shown.some((text) => text.replaceAll('\u200B', '').includes(path) && text.includes(summary))).toBe(true)
    }
    await expectOwnMarkup(page)
  })

  it('shows every group in Swagger UI, and the key at what wants one', async () => {
    await page.goto(`${service.origin}/docs`)
    await page.locator('.opblock').first().waitFor()

    const { tags } = await documented()
    expect(await page.locator('.opblock-tag').evaluateAll(dataTags)).toStrictEqual(tags.map(({ name }) => name))
    const headings = await page.locator('.opblock-tag').allInnerTexts()
    for (const [index, { description }] of tags.entries()) expect(headings[index]).toContain(description.replaceAll('`', ''))
    const locked = await page.locator('.opblock', { has: page.locator('.authorization__btn') }).allInnerTexts()
    expect(locked).toHaveLength((await documentedOperations()).filter(({ security }) => security.length > 0).length)
  })

  it('sends a request from Swagger UI and shows the answer', async () => {
    await page.goto(`${service.origin}/docs#/whatsapp-otp/whatsapp-otp.send`)
    const operation = page.locator('.opblock', { hasText: '/send-otp' })
    await operation.locator('.opblock-body').waitFor()
    await operation.getByRole('button', { name: 'Try it out' }).click()
    await operation.getByRole('button', { name: 'Execute' }).click()

    const answer = operation.locator('.live-responses-table')
    await answer.waitFor()
    expect(await answer.locator('.response .response-col_status').innerText()).toContain('200')
    expect(await answer.locator('.response-col_description').nth(1).innerText()).toContain('"otp": "123456"')
  })

  it('shows every operation in ReDoc', async () => {
    await page.goto(`${service.origin}/redoc`)
    await page.locator('h1', { hasText: 'edge-verify' }).waitFor()

    const shown = await page
      .locator('[id*="/operation/"]')
      .evaluateAll((elements) => elements.map(({ id }) => id.split('/').at(-1)))
    const operations = await documentedOperations()
    expect(new Set(shown)).toStrictEqual(new Set(operations.map(({ operationId }) => operationId)))
    const text = await page.locator('main').innerText()
    for (const { path, summary } of operations) {
      expect(text).toContain(path)
      expect(text).toContain(summary)
    }
    await expectOwnMarkup(page)
  })

  it('shows every group in ReDoc', async () => {
    await page.goto(`${service.origin}/redoc`)
    await page.locator('h1', { hasText: 'edge-verify' }).waitFor()

    const { tags } = await documented()
    const groups = page.locator('[id^="tag/"]:not([id*="/operation/"])')
    expect(await groups.evaluateAll((elements) => elements.map(({ id }) => id))).toStrictEqual(
      tags.map(({ name }) => `tag/${name}`),
    )
    const text = await page.locator('main').innerText()
    for (const { description } of tags) expect(text).toContain(description.replaceAll('`', ''))
  })
})

const dataTags = (elements: Element[]) => elements.map((element) => element.getAttribute('data-tag'))

/** Collects what must not happen: errors, warnings of the policy, requests to anybody else. */
async function watch(page: Page, origin: string): Promise<string[]> {
  const troubles: string[] = []
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) troubles.push(`console ${message.type()}: ${message.text()}`)
  })
  page.on('pageerror', (error) => troubles.push(`exception: ${error.message}`))
  page.on('request', (request) => {
    const url = request.url()
    if (!url.startsWith(`${origin}/`) && !url.startsWith('data:')) troubles.push(`request to ${url}`)
  })
  page.on('requestfailed', (request) => troubles.push(`failed: ${request.url()}`))
  await page.exposeFunction('reportViolation', (text: string) => troubles.push(`policy: ${text}`))
  await page.addInitScript(`addEventListener('securitypolicyviolation', (event) =>
    reportViolation(event.violatedDirective + ' ' + event.blockedURI))`)
  return troubles
}

/** What is ours of a page: its frame. The vendors' parts have faults of their own. */
async function expectOwnMarkup(page: Page): Promise<void> {
  await page.evaluate(await readFile(createRequire(import.meta.url).resolve('axe-core'), 'utf8'))
  const rules = ['document-title', 'html-has-lang', 'html-lang-valid', 'landmark-one-main', 'meta-viewport']
  const violations: unknown = await page.evaluate(
    `axe.run({ runOnly: ${JSON.stringify(rules)} }).then((r) => r.violations.map((v) => v.id))`,
  )
  expect(violations).toStrictEqual([])
  expect(await page.title()).toContain('edge-verify')
}
