import { DurableObject } from 'cloudflare:workers'
import { type BeginReply, type BeginRequest, begin } from './rules/begin'
import { giveBack } from './rules/give-back'
import { keep } from './rules/keep'
import type { RecordState } from './rules/record-state'

const STATE_KEY = 'state'

/**
 * The memory of one `Idempotency-Key` of one caller. Every decision is a pure rule (`rules/`) applied to the stored state in
 * one synchronous block, so of any number of requests at once one begins. What is stored are hashes, times and an answer
 * that it cannot read. After a day it deletes itself.
 */
export class IdempotencyRecord extends DurableObject<Env> {
  /** Lets one request begin; tells all others what is with the key. */
  begin(request: BeginRequest): BeginReply {
    const before = this.#read()
    const { state, reply } = begin(before, request, Date.now())
    if (state && state !== before) {
      this.#write(state)
      // Not awaited: the platform holds the reply back until the write and the alarm are durable.
      void this.ctx.storage.setAlarm(state.expiresAt)
    }
    return reply
  }

  /** Keeps an answer. @returns whether it is kept */
  keep(answer: { readonly attempt: string; readonly sealed: string }): boolean {
    const before = this.#read()
    const { state, reply } = keep(before, answer)
    if (state && state !== before) this.#write(state)
    return reply
  }

  /** Forgets the key. @returns whether it is forgotten */
  async giveBack(attempt: string): Promise<boolean> {
    const { state, reply } = giveBack(this.#read(), attempt)
    if (!state) await this.ctx.storage.deleteAll()
    return reply
  }

  /** Forgets a key whose day is over. */
  override async alarm(): Promise<void> {
    const state = this.#read()
    if (!state || Date.now() >= state.expiresAt) await this.ctx.storage.deleteAll()
    else await this.ctx.storage.setAlarm(state.expiresAt)
  }

  #read(): RecordState | undefined {
    return this.ctx.storage.kv.get<RecordState>(STATE_KEY)
  }

  #write(state: RecordState): void {
    this.ctx.storage.kv.put(STATE_KEY, state)
  }
}
