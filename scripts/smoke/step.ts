import { type Answer, NoAnswerError, oneLine } from './client.ts'

export type Mark = 'worked' | 'failed' | 'skipped'

/** How one step went, with a line for a person. */
export interface Outcome {
  readonly mark: Mark
  readonly detail: string
}

/** An outcome and what the step found out beside it, which is missing where there was no usable answer. */
export type Finding<Facts extends object> = Outcome & Partial<Facts>

export const worked = (detail: string): Outcome => ({ mark: 'worked', detail })
export const failed = (detail: string): Outcome => ({ mark: 'failed', detail })
export const skipped = (reason: string): Outcome => ({ mark: 'skipped', detail: reason })

/** Failed, with what the service said instead; skipped, where it only does not do it for this key. */
export function unexpected(wanted: string, answer: Answer): Outcome {
  const { status, headers } = answer
  if (status === 401) return failed('the key is not accepted (401): is it of this deployment, and still in force?')
  if (isMissingScope(answer)) return skipped(`the key is good, and not for this (403): ${saidIn(answer)}`)
  const location = headers.get('location')
  const said = location === null ? saidIn(answer) : `redirects to ${location}`
  return failed(`expected ${wanted}, got ${status}${said === '' ? '' : `: ${said}`}`)
}

/** What a surface says of a refusal, in words. */
function saidIn({ json, text }: Answer): string {
  const said = [json['message'], json['detail']].find((words) => typeof words === 'string')
  return oneLine(said ?? text)
}

function isMissingScope({ status, headers }: Answer): boolean {
  return status === 403 && headers.get('www-authenticate')?.includes('insufficient_scope') === true
}

export interface Report {
  /** Runs a step and prints its line. No answer is a failed step; every other error is a bug here and passes through. */
  readonly step: <Facts extends object = object>(title: string, run: () => Promise<Finding<Facts>>) => Promise<Finding<Facts>>
  readonly count: (mark: Mark) => number
}

const SIGNS: Record<Mark, string> = { worked: '✓', failed: '✗', skipped: '–' }

export function createReport(print: (line: string) => void): Report {
  const marks: Mark[] = []
  return {
    count: (mark) => marks.filter((one) => one === mark).length,
    step: async (title, run) => {
      const outcome = await noAnswerFails(run)
      marks.push(outcome.mark)
      print(`${SIGNS[outcome.mark]} ${title.padEnd(34)} ${outcome.mark === 'skipped' ? 'skipped: ' : ''}${outcome.detail}`)
      return outcome
    },
  }
}

async function noAnswerFails<Facts extends object = object>(run: () => Promise<Finding<Facts>>): Promise<Finding<Facts>> {
  try {
    return await run()
  } catch (error) {
    if (error instanceof NoAnswerError) return failed(error.message) as Finding<Facts>
    throw error
  }
}
