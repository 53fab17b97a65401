import { createExecutionContext, runInDurableObject, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { provideGate } from '../../src/compose'
import worker from '../../src/index'
import { Gate } from '../../src/otp/gate'
import { bearer } from '../support/keys'
import { createService } from '../support/service'

/** Settings, as one version of a deployment has them. */
export type Settings = Readonly<Record<string, string>>

/**
 * A deployment under these settings: its Worker, its gates, its schedule. Two of them share all storage, as two versions of
 * one deployment do.
 * @param gates the settings of its gates, for the moment in which those have another version than the Worker
 */
export function deployed(settings: Settings, gates: Settings = settings) {
  const bindings = { ...settings, PHONE_GATE: gatesUnder(gates) }
  const { request, post } = createService(bindings)
  return {
    request,
    post,
    /** Asks as the holder of a credential. */
    as: (credential: string) => ({
      get: (path: string) => request(path, { headers: bearer(credential) }),
      post: (path: string, body: unknown) => post(path, body, bearer(credential)),
    }),
    /** Runs a line of the schedule. */
    async run(cron: string) {
      const ctx = createExecutionContext()
      const controller = { cron, scheduledTime: Date.now(), noRetry() {} }
      await worker.scheduled(controller, { ...env, ...bindings } as unknown as Env)
      await waitOnExecutionContext(ctx)
    },
  }
}

/** The real gates and what they have stored, by the code as it runs under these settings. */
function gatesUnder(settings: Settings): DurableObjectNamespace {
  const call = (stub: DurableObjectStub<Gate>, name: string, args: unknown[]) =>
    runInDurableObject(stub, (_running, state) => {
      const gateEnv = { ...env, ...settings }
      const gate = new Gate(state, gateEnv, provideGate(gateEnv))
      return (Reflect.get(gate, name) as (...given: unknown[]) => unknown).apply(gate, args)
    })
  return {
    idFromName: (name: string) => env.PHONE_GATE.idFromName(name),
    idFromString: (id: string) => env.PHONE_GATE.idFromString(id),
    get: (id: DurableObjectId) => {
      const stub = env.PHONE_GATE.get(id)
      return new Proxy(stub, {
        get: (_stub, name) => (name === 'then' ? undefined : (...args: unknown[]) => call(stub, String(name), args)),
      })
    },
  } as unknown as DurableObjectNamespace
}
