import { describe, expect, it } from 'vitest'
import { findBreaches, type Sources } from './support/architecture'

const modules = import.meta.glob<string>(['../src/**/*.ts', '!../src/env.d.ts'], {
  query: '?raw',
  import: 'default',
  eager: true,
})
const sources: Sources = Object.fromEntries(Object.entries(modules).map(([path, source]) => [path.replace('../', ''), source]))

describe('the sources', () => {
  it('keep the rules', () => {
    expect(findBreaches(sources)).toEqual([])
  })

  it('are all read, with what they import', () => {
    expect(Object.keys(sources).length).toBeGreaterThan(60)
    expect(sources['src/index.ts']).toContain("from './app'")
    expect(findBreaches({ ...sources, 'src/core/clock.ts': "import '../otp/gate'" })).not.toEqual([])
  })
})

/** Breaches of one file beside files that keep the rules. */
function breachesIn(path: string, source: string): string[] {
  return findBreaches({ ...BYSTANDERS, [path]: source })
}

const BYSTANDERS: Sources = {
  'src/core/clock.ts': 'export const now = 1',
  'src/core/log.ts': 'console.info(1)',
  'src/phone/number.ts': '',
  'src/config/limits.ts': '',
  'src/db/client.ts': '',
  'src/audit/event.ts': '',
  'src/messaging/message.ts': '',
  'src/otp/gate.ts': '',
  'src/leads/lead.ts': '',
  'src/payments/payment.ts': '',
  'src/privacy/erase.ts': '',
  'src/http/surface.ts': '',
  'src/surfaces/v1/index.ts': '',
  'src/surfaces/homi/index.ts': '',
  'src/surfaces/phone-otp/routes.ts': '',
  'src/app.ts': '',
  'src/compose.ts': '',
}

describe('the checker: ranks', () => {
  it('finds nothing wrong with sources that keep the rules', () => {
    expect(findBreaches(BYSTANDERS)).toEqual([])
  })

  it.for([
    ['src/index.ts', ['./app', './compose', './otp/gate']],
    ['src/app.ts', ['./surfaces/v1', './http/surface', './core/log']],
    ['src/compose.ts', ['./http/surface', './leads/lead', './config/limits']],
    ['src/surfaces/v1/index.ts', ['../../http/surface', '../../privacy/erase', '../phone-otp/routes', '../../core/clock']],
    ['src/http/other.ts', ['./surface', '../otp/gate', '../phone/number']],
    ['src/privacy/other.ts', ['./erase', '../payments/payment', '../leads/lead', '../otp/gate', '../db/client']],
    ['src/leads/create.ts', ['./lead', '../otp/gate', '../db/client']],
    ['src/payments/confirm.ts', ['../otp/gate', '../messaging/message']],
    ['src/otp/send.ts', ['./gate', '../messaging/message', '../audit/event', '../phone/number']],
    ['src/messaging/providers/one.ts', ['../message', '../../audit/event', '../../config/limits']],
    ['src/audit/write.ts', ['./event', '../db/client', '../core/clock']],
    ['src/phone/parse.ts', ['./number', '../core/clock']],
    ['src/core/ids.ts', ['./clock']],
  ] as const)('lets %s import %j', ([path, names]) => {
    expect(breachesIn(path, names.map((name) => `import { x } from '${name}'`).join('\n'))).toEqual([])
  })

  it.for([
    ['src/core/ids.ts', '../config/limits'],
    ['src/core/ids.ts', '../app'],
    ['src/config/x.ts', '../phone/number'],
    ['src/phone/x.ts', '../db/client'],
    ['src/db/x.ts', '../audit/event'],
    ['src/audit/x.ts', '../messaging/message'],
    ['src/messaging/providers/x.ts', '../../otp/gate'],
    ['src/otp/x.ts', '../leads/lead'],
    ['src/otp/x.ts', '../http/surface'],
    ['src/leads/x.ts', '../payments/payment'],
    ['src/payments/x.ts', '../leads/lead'],
    ['src/leads/x.ts', '../privacy/erase'],
    ['src/payments/x.ts', '../privacy/erase'],
    ['src/privacy/x.ts', '../http/surface'],
    ['src/http/x.ts', '../surfaces/v1'],
    ['src/surfaces/v1/x.ts', '../homi'],
    ['src/surfaces/phone-otp/x.ts', '../v1/index'],
    ['src/surfaces/v1/x.ts', '../../compose'],
    ['src/compose.ts', './app'],
    ['src/compose.ts', './surfaces/v1'],
    ['src/app.ts', './compose'],
    ['src/otp/x.ts', './missing'],
    ['src/otp/x.ts', '../../test/support/service'],
  ] as const)('does not let %s import %s', ([path, name]) => {
    expect(breachesIn(path, `import { x } from '${name}'`)).toEqual([expect.stringContaining(`${path} imports `)])
  })

  it.for([
    "import type { X } from '../otp/gate'",
    "import { type X } from '../otp/gate'",
    'import { x } from "../otp/gate"',
    "import {\n  a,\n  b,\n} from '../otp/gate'",
    "import '../otp/gate'",
    "export { x } from '../otp/gate'",
    "export * from '../otp/gate'",
    "const { x } = await import('../otp/gate')",
    "type X = import('../otp/gate').X",
    "const text = `${await import('../otp/gate')}`",
  ])('sees %j', (source) => {
    expect(breachesIn('src/core/ids.ts', source)).toHaveLength(1)
  })

  it.for(["// import { x } from '../otp/gate'", "/* import '../otp/gate' */", "const a = 1 // from '../otp/gate'"])(
    'takes no notice of %j',
    (source) => {
      expect(breachesIn('src/core/ids.ts', source)).toEqual([])
    },
  )

  it('asks for a rank for every folder', () => {
    expect(breachesIn('src/shared/x.ts', '')).toEqual(['src/shared/x.ts is in shared, which has no rank'])
  })
})

describe('the checker: cycles', () => {
  it('finds them at any length, of types too', () => {
    const cycle = {
      'src/otp/a.ts': "import { b } from './b'",
      'src/otp/b.ts': "import type { C } from './rules/c'",
      'src/otp/rules/c.ts': "import '../a'",
    }

    expect(findBreaches(cycle)).toEqual(['src/otp/a.ts -> src/otp/b.ts -> src/otp/rules/c.ts -> src/otp/a.ts is an import cycle'])
    expect(breachesIn('src/otp/self.ts', "export * from './self'")).toEqual([expect.stringContaining('is an import cycle')])
  })

  it('does not take two ways to one file for one', () => {
    const diamond = {
      'src/otp/a.ts': "import './b'\nimport './c'",
      'src/otp/b.ts': "import './d'",
      'src/otp/c.ts': "import './d'",
      'src/otp/d.ts': '',
    }

    expect(findBreaches(diamond)).toEqual([])
  })
})

describe('the checker: packages', () => {
  it.for([
    ['src/http/x.ts', "import { Hono } from 'hono'"],
    ['src/surfaces/v1/x.ts', "import { zValidator } from '@hono/zod-validator'"],
    ['src/db/x.ts', "import { sql } from 'drizzle-orm'"],
    ['src/audit/x.ts', "import { sql } from 'drizzle-orm/d1'"],
    ['src/messaging/x.ts', "import { sql } from 'drizzle-orm'"],
    ['src/privacy/x.ts', "import { sql } from 'drizzle-orm'"],
    ['src/otp/x.ts', "import { DurableObject } from 'cloudflare:workers'"],
    ['src/config/x.ts', "import * as z from 'zod'"],
    ['src/http/x.ts', "import type * as z from 'zod'"],
    ['src/http/x.ts', "import { createDocument } from 'zod-openapi'"],
  ] as const)('lets %s say %s', ([path, source]) => {
    expect(breachesIn(path, source)).toEqual([])
  })

  it.for([
    ['src/otp/x.ts', "import { Hono } from 'hono'"],
    ['src/config/x.ts', "import type { Context } from 'hono'"],
    ['src/messaging/x.ts', "import { HTTPException } from 'hono/http-exception'"],
    ['src/leads/x.ts', "import { zValidator } from '@hono/zod-validator'"],
    ['src/http/x.ts', "import { eq } from 'drizzle-orm'"],
    ['src/surfaces/v1/x.ts', "import { eq } from 'drizzle-orm'"],
    ['src/phone/x.ts', "import { sqliteTable } from 'drizzle-orm/sqlite-core'"],
    ['src/http/x.ts', "import { z } from 'zod'"],
    ['src/http/x.ts', "import z from 'zod'"],
    ['src/http/x.ts', "import * as zod from 'zod'"],
    ['src/http/x.ts', "import * as z from 'zod/mini'"],
    ['src/http/x.ts', "const z = await import('zod')"],
  ] as const)('does not let %s say %s', ([path, source]) => {
    expect(breachesIn(path, source)).toEqual([expect.stringContaining(`${path} imports `)])
  })
})

describe('the checker: what a file says', () => {
  it('counts lines, the last line break not being one', () => {
    expect(breachesIn('src/otp/x.ts', '\n'.repeat(250))).toEqual([])
    expect(breachesIn('src/otp/x.ts', '\n'.repeat(251))).toEqual(['src/otp/x.ts has 251 lines, more than 250'])
  })

  it.for([
    ['let x: any', 'any'],
    ['const x = y as any', 'any'],
    ['const x: Map<string, any[]> = y', 'any'],
    ['z.any()', 'any'],
    ['const text = `${x as any}`', 'any'],
    ['const text = `a ${`b ${x as any} c`} d`', 'any'],
    ["const quote = /['\"]/\nlet x: any // '", 'any'],
    ['const half = a / 2 as any // any / 2', 'any'],
    ['Math.random()', 'Math.random'],
    ['const { floor } = Math\nMath\n  .random()', 'Math.random'],
    ['console.log(1)', 'console'],
    ["console['log'](1)", 'console'],
    ['const { log } = console', 'console'],
  ] as const)('finds %j', ([source, breach]) => {
    expect(breachesIn('src/otp/x.ts', source)).toEqual([expect.stringContaining(breach)])
  })

  it.for([
    '// any number of them, by Math.random or console.log',
    '/** Any: not any.\n * console */',
    "const failover = 'any'",
    "const text = 'it\\'s any'",
    'const text = `any ${x} console ${y} any`',
    'const text = `any ${`any ${x}`} any`',
    'const pattern = /any|console/i',
    'const pattern = text.replace(/[/"]any/g, x)',
    'const many = anyOf(company)',
    'await Promise.any(calls)',
  ])('takes no notice of %j', (source) => {
    expect(breachesIn('src/otp/x.ts', source)).toEqual([])
  })

  it('leaves the console to core/log.ts alone', () => {
    expect(breachesIn('src/core/log.ts', 'console.error(1)')).toEqual([])
    expect(breachesIn('src/otp/log.ts', 'console.error(1)')).toHaveLength(1)
  })

  it.for(['src/otp/utils.ts', 'src/core/string-utils.ts', 'src/http/helpers/x.ts', 'src/otp/helper.ts'])(
    'refuses the name %s',
    (path) => {
      expect(breachesIn(path, '')).toEqual([`${path} has a name that says nothing`])
    },
  )
})
