import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'
import { describe, it } from 'vitest'

const USUAL_PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/snap/bin/chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  String.raw`C:\Program Files\Google\Chrome\Application\chrome.exe`,
  String.raw`C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe`,
]

const QUIET = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/**
 * Where a Chromium is: what `CHROMIUM_PATH` says, else the first of the usual places.
 * @throws when `CHROMIUM_PATH` names nothing: somebody meant one browser and must not get another
 */
export function findBrowser(): string | undefined {
  const named = process.env['CHROMIUM_PATH']
  if (!named) return USUAL_PLACES.find((path) => existsSync(path))
  if (!existsSync(named)) throw new Error(`CHROMIUM_PATH: there is no ${named}`)
  return named
}

/**
 * A `describe` for tests in a browser. Without one on this machine they are skipped, and it is said aloud; with
 * `REQUIRE_BROWSER=1` they fail instead.
 * @param tests gets the function that starts a browser with a fresh profile, which the tests close
 */
export function describeInBrowser(name: string, tests: (launch: () => Promise<Browser>) => void): void {
  const executablePath = findBrowser()
  if (executablePath !== undefined) {
    const asRoot = process.getuid?.() === 0 ? ['--no-sandbox'] : []
    describe(name, () => tests(() => chromium.launch({ executablePath, args: [...asRoot, ...QUIET] })))
    return
  }
  const reason = `${name}: NOT TESTED, there is no Chromium on this machine. Install one, or set CHROMIUM_PATH.`
  if (process.env['REQUIRE_BROWSER'] === '1') {
    it(reason, () => {
      throw new Error(reason)
    })
    return
  }
  process.stderr.write(`\n${reason}\n\n`)
  it.skip(reason)
}
