import { afterEach, expect, it, vi } from 'vitest'
import { consoleLog } from '../../src/core/log'

afterEach(() => void vi.restoreAllMocks())

it.for(['info', 'warn', 'error'] as const)('a line of level %s is one JSON object on that method of the console', (level) => {
  const write = vi.spyOn(console, level).mockImplementation(() => {})

  consoleLog(level, 'provider.attempt', { provider: 'gupshup', attempt: 1, reason: undefined })
  consoleLog(level, 'plain')

  expect(write.mock.calls).toEqual([
    [`{"level":"${level}","event":"provider.attempt","provider":"gupshup","attempt":1}`],
    [`{"level":"${level}","event":"plain"}`],
  ])
})
