/** What wrangler reports about a finished deployment; each part is undefined where it does not say. */
export interface DeployReport {
  readonly workerName: string | undefined
  /** Where the Worker answers: `https://…`, without a slash at the end. */
  readonly address: string | undefined
}

/**
 * Reads the file that wrangler writes for other programs (`WRANGLER_OUTPUT_FILE_PATH`): one JSON object a line, of which
 * the last one of type `deploy` counts.
 */
export function readReport(lines: string): DeployReport {
  const deploy = lines
    .split('\n')
    .map(parseLine)
    .findLast((entry) => entry['type'] === 'deploy')
  const name = deploy?.['worker_name']
  const targets = Array.isArray(deploy?.['targets']) ? deploy['targets'].map(String) : []
  return {
    workerName: typeof name === 'string' ? name : undefined,
    address: targets.map(addressOf).find((address) => address !== undefined),
  }
}

function parseLine(line: string): Record<string, unknown> {
  try {
    return JSON.parse(line) as Record<string, unknown>
  } catch {
    return {}
  }
}

/** Targets are addresses, custom domains (`host (custom domain)`), routes with a path, and schedules. */
function addressOf(target: string): string | undefined {
  if (target.startsWith('https://')) return target.replace(/\/+$/, '')
  const domain = /^([a-z0-9-]+(?:\.[a-z0-9-]+)+) \(custom domain\b/i.exec(target)?.[1]
  return domain === undefined ? undefined : `https://${domain}`
}
