import { TEMPLATES_FRESH_MS, TEMPLATES_TIMEOUT_MS } from '../../config/limits'
import { refuse } from '../../core/app-error'
import type { Clock } from '../../core/clock'
import { type Log, errorName } from '../../core/log'
import { withTimeout } from '../../core/with-timeout'
import type { Database } from '../../db/client'
import { chooseTemplate } from './choose-template'
import { type TemplateRow, toTemplate } from './stored-template'
import type { Template, Templates, WantedTemplate } from './template'
import { readActiveRows } from './template-store'

/** D1 is left alone for so long after a failure, so that an outage costs one message in many a wait. Milliseconds. */
const RETRY_AFTER_MS = 5_000

/** A template that is asked for by its id and not known may have been made elsewhere just now: so often D1 is asked. Milliseconds. */
const ASK_AGAIN_MS = 1_000

type Defer = (work: Promise<unknown>) => void

/**
 * The templates in force, kept in memory by each isolate. The first message waits for D1, at most a second; after that a
 * stale copy is used while it is read again, and the last one that was read is used while D1 is down.
 */
export function createTemplates(deps: { readonly db: Database; readonly clock: Clock; readonly log: Log }): Templates & {
  /** A template was changed by this isolate: the next message reads them first. */
  forget(): void
} {
  const { db, clock, log } = deps
  const toTemplates = createReader(log)
  let known: readonly Template[] = []
  let isKnown = false
  let freshUntil = 0
  /** When D1 last told them. */
  let readAt = 0
  /** No reading begins before this. */
  let notBefore = 0
  let reading: Promise<void> = Promise.resolve()
  let latest = 0

  /** Never rejects. What a reading brings after a later one has begun is dropped. */
  async function readOnce(): Promise<void> {
    const number = ++latest
    // Holds the next reading back while this one goes on, and is the way past one that never ends.
    notBefore = clock() + RETRY_AFTER_MS
    try {
      const rows = await readActiveRows(db)
      if (number !== latest) return
      known = toTemplates(rows)
      isKnown = true
      readAt = clock()
      freshUntil = clock() + TEMPLATES_FRESH_MS
      notBefore = 0
    } catch (error) {
      if (number === latest) fail(error)
    }
  }

  function read(defer: Defer): void {
    reading = readOnce()
    defer(reading)
  }

  async function readFirst(defer: Defer): Promise<void> {
    if (clock() >= notBefore) read(defer)
    const awaited = reading
    try {
      await withTimeout(awaited, TEMPLATES_TIMEOUT_MS)
    } catch (error) {
      if (reading !== awaited) return
      // Nobody else waits for it. Should it bring something after all, that is used.
      reading = Promise.resolve()
      fail(error)
    }
  }

  function fail(error: unknown): void {
    notBefore = clock() + RETRY_AFTER_MS
    log('warn', 'templates.read_failed', { dependency: 'd1', error_name: errorName(error) })
  }

  /** Only a template that was asked for by its id is not found. */
  async function askAgain(wanted: WantedTemplate, defer: Defer): Promise<Template | undefined> {
    const before = readAt
    await readFirst(defer)
    if (readAt === before) throw refuse('dependency_unavailable', { dependency: 'd1' })
    return chooseTemplate(known, wanted)
  }

  return {
    async choose(wanted, defer) {
      if (!isKnown) await readFirst(defer)
      else if (clock() >= freshUntil && clock() >= notBefore) read(defer)
      return chooseTemplate(known, wanted) ?? (isKnown && clock() < readAt + ASK_AGAIN_MS ? undefined : askAgain(wanted, defer))
    },
    forget() {
      isKnown = false
      notBefore = 0
      latest += 1
    },
  }
}

/** Rows to templates, one for each template id. What would make broken messages is left out, and told once. */
function createReader(log: Log) {
  const told = new Set<number>()
  return (rows: readonly TemplateRow[]): Template[] => {
    const newest = new Map<string, { readonly row: TemplateRow; readonly template: Template }>()
    for (const row of rows) {
      const template = toTemplate(row)
      const found = newest.get(row.templateId)
      if (!template) tell(row)
      else if (!found || row.version > found.row.version) newest.set(row.templateId, { row, template })
    }
    return [...newest.values()].toSorted((one, other) => other.row.id - one.row.id).map(({ template }) => template)
  }

  function tell({ id, templateId, version }: TemplateRow): void {
    if (told.has(id)) return
    told.add(id)
    log('error', 'templates.broken', { names: [templateId], count: version })
  }
}
