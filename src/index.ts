import { DurableObject } from 'cloudflare:workers'

export class PhoneGate extends DurableObject<Env> {}

export default {
  fetch: () => new Response('not yet'),
} satisfies ExportedHandler<Env>
