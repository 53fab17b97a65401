import { DEPENDENCY_TIMEOUT_MS, REPLACEMENTS_AT_A_TIME, UNMATCHED_RECEIPT_PAUSES_MS } from '../config/limits'
import type { Profiles } from '../config/profiles'
import type { VendorId } from '../config/vendors'
import { errorName } from '../core/log'
import { withTimeout } from '../core/with-timeout'
import { fromDatabase } from '../messaging/communications/from-database'
import type { Receipt } from '../messaging/receipts/receipt'
import { type LostMessage, type RecordedReceipts, recordReceipts } from '../messaging/receipts/record-receipts'
import type { Caller, VerificationDeps } from './deps'
import { replaceLostMessage } from './replace-lost-message'

/**
 * Takes what a vendor reports of its messages: it is in D1 when this resolves, so that a vendor is only thanked for what
 * is kept. After the answer, messages that are lost are replaced where somebody waits for their code. The same receipts
 * again change nothing.
 * @throws `dependency_unavailable`: the vendor should report again
 */
export async function takeReceipts(
  deps: VerificationDeps,
  profiles: Profiles,
  caller: Caller,
  { provider, receipts }: { readonly provider: VendorId; readonly receipts: readonly Receipt[] },
): Promise<void> {
  if (receipts.length === 0) return
  const record = (some: readonly Receipt[]) => recordReceipts(deps.db, provider, some, deps.clock())
  const recorded = await fromDatabase(record(receipts))
  deps.log('info', 'receipts.taken', { request_id: caller.requestId, provider, count: receipts.length })
  caller.defer(followUp(deps, profiles, caller, recorded, record))
}

/** A report can be faster than the audit, which takes a few seconds to D1: what has no message yet is looked at again. */
async function followUp(
  deps: VerificationDeps,
  profiles: Profiles,
  caller: Caller,
  recorded: RecordedReceipts,
  record: (some: readonly Receipt[]) => Promise<RecordedReceipts>,
): Promise<void> {
  const replace = (message: LostMessage) => replaceLostMessage(deps, profiles, caller, message)
  const replacing = [replaceAll(recorded.lost, replace)]
  let { unmatched } = recorded
  try {
    for (const pauseMs of UNMATCHED_RECEIPT_PAUSES_MS) {
      if (unmatched.length === 0) break
      await scheduler.wait(pauseMs)
      const again = await withTimeout(record(unmatched), DEPENDENCY_TIMEOUT_MS)
      replacing.push(replaceAll(again.lost, replace))
      unmatched = again.unmatched
    }
  } catch (error) {
    deps.log('warn', 'receipts.follow_up_failed', { request_id: caller.requestId, error_name: errorName(error) })
  }
  await Promise.all(replacing)
}

/** A few at a time: one report of Meta can have a thousand, and an isolate six connections. */
async function replaceAll(lost: readonly LostMessage[], replace: (message: LostMessage) => Promise<void>): Promise<void> {
  const left = [...lost]
  const work = async () => {
    for (let message = left.shift(); message; message = left.shift()) await replace(message)
  }
  await Promise.all(Array.from({ length: REPLACEMENTS_AT_A_TIME }, work))
}
