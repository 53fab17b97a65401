/** What is kept of a key. Fields are only ever added: old and new code run side by side during a deploy. */
export interface RecordState {
  readonly version: 1
  /** Keyed hash of the request that the key was first used for. */
  readonly fingerprint: string
  /** Of the Worker that answers it, so that none speaks for another. */
  readonly attempt: string
  /** Milliseconds since the epoch, as all times here. */
  readonly begunAt: number
  /** While nothing is kept: until then somebody else waits. */
  readonly leasedUntil: number
  /** From then on the key is as good as new. */
  readonly expiresAt: number
  /** The answer. Absent while there is none. */
  readonly sealed?: string
}

/** The state after an event, and what is told. The same state, by identity: nothing has to be written. */
export interface Decision<Reply> {
  /** Undefined: nothing is kept of the key. */
  readonly state: RecordState | undefined
  readonly reply: Reply
}
