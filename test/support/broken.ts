/** Rejects, as a dependency does that is down. */
export const failing = () => Promise.reject(new Error('injected'))
/** Answers nobody. */
export const hanging = () => new Promise<never>(() => {})

/** A KV namespace of which every call ends in the same way. */
export const kvThat = (answer: () => Promise<never>) => ({ get: answer, put: answer, delete: answer, list: answer })

/** A D1 database of which every call ends in the same way. */
export function databaseThat(answer: () => Promise<never>) {
  const statement = { bind: () => statement, run: answer, all: answer, raw: answer, first: answer }
  return { prepare: () => statement, batch: answer, exec: answer }
}

export const brokenKv = kvThat(failing)
export const brokenDatabase = databaseThat(failing)
