import { readdirSync, readFileSync } from 'node:fs'

/** Can processor time be told on this machine? Elsewhere than on Linux no figure is better than a wrong one. */
export const canMeasure = process.platform === 'linux'

/** What Linux counts in here, on every architecture that workerd has. Too coarse for a short phase, so only the second choice. */
const TICK_MICROSECONDS = 10_000

/** The workerd processes that this process has started. Empty where they cannot be told. */
export function workerdProcesses(): number[] {
  if (!canMeasure) return []
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .filter((pid) => {
      const stat = readStat(pid)
      return stat !== undefined && stat.parent === process.pid && stat.command === 'workerd'
    })
}

/**
 * The processor time that a process has used so far, all its threads, user and system, in microseconds. Undefined where it
 * cannot be told.
 */
export function processorTime(pid: number | undefined): number | undefined {
  if (pid === undefined) return undefined
  const stat = readStat(pid)
  return threadTime(pid) ?? (stat && (stat.userTicks + stat.systemTicks) * TICK_MICROSECONDS)
}

/** Resident memory of a process in MiB, undefined where it cannot be told. */
export function residentMemory(pid: number | undefined): number | undefined {
  const kib = pid === undefined ? undefined : /^VmRSS:\s+(\d+) kB/m.exec(read(`/proc/${pid}/status`) ?? '')?.[1]
  return kib === undefined ? undefined : Number(kib) / 1024
}

/**
 * The same as the ticks of `stat`, from the scheduler's own account, which is in nanoseconds. It knows living threads only,
 * which is enough: workerd keeps its threads. Undefined where the kernel keeps no such account.
 */
function threadTime(pid: number): number | undefined {
  const accounts = readdirSync(`/proc/${pid}/task`).map((thread) => read(`/proc/${pid}/task/${thread}/schedstat`))
  if (accounts.some((account) => account === undefined)) return undefined
  return accounts.reduce((total, account) => total + Number(account!.split(' ')[0]), 0) / 1_000
}

function readStat(pid: number) {
  const text = read(`/proc/${pid}/stat`)
  if (text === undefined) return undefined
  // The name stands in brackets and may hold anything, brackets too. proc(5): parent is field 4, utime 14, stime 15.
  const command = text.slice(text.indexOf('(') + 1, text.lastIndexOf(')'))
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return { command, parent: Number(fields[1]), userTicks: Number(fields[11]), systemTicks: Number(fields[12]) }
}

/** Undefined for what is not there, such as a process that has ended meanwhile. */
function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
