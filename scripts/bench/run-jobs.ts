import { type Client, expectAnswer } from './client.ts'

const PATH = '/jobs-of-the-benchmark/'

/** JavaScript of `isForJobs(request)` and `runJobs(service, request, env)`: runs what the schedule would, and answers when it is done. */
export const RUN_JOBS = `
const isForJobs = (request) => request.url.includes('${PATH}')

async function runJobs(service, request, env) {
  const cron = decodeURIComponent(new URL(request.url).pathname.slice('${PATH}'.length))
  await service.scheduled({ cron, scheduledTime: Date.now(), noRetry() {} }, env)
  return Response.json({ done: true })
}
`

/** The entry script of a service that can be told to run its jobs; it imports the built one as `service.js`. */
export const JOBS_SCRIPT = `
import service from './service.js'
export { PhoneGate, Limiter, IdempotencyRecord } from './service.js'
${RUN_JOBS}
export default {
  fetch: (request, env, ctx) => (isForJobs(request) ? runJobs(service, request, env) : service.fetch(request, env, ctx)),
}
`

/** Runs the jobs of a line of the schedule, to their end. @param cron as in `wrangler.toml` */
export async function runJobs(client: Client, cron: string): Promise<void> {
  expectAnswer(await client.get(PATH + encodeURIComponent(cron)), { done: true })
}
