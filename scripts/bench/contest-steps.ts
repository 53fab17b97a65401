import { type Client, expectAnswer } from './client.ts'
import type { ContestStep, Person } from './contest.ts'

/** The settings under which nobody is counted. */
export const NO_RULES = {
  LIMIT_KEY_MODE: 'off',
  LIMIT_ADDRESS_MODE: 'off',
  LIMIT_PREFIX_MODE: 'off',
  LIMIT_COUNTRY_MODE: 'off',
} as const

/** As the other parts of the benchmark have codes sent and checked. */
export const SEND: ContestStep = {
  name: 'send',
  ask: async (client, { phone }) => expectAnswer(await client.post('/send-otp', { phone_number: phone }), { success: true }),
}
export const CHECK: ContestStep = {
  name: 'check',
  ask: async (client, { phone, code }) =>
    expectAnswer(await client.post('/verify-otp', { phone_number: phone, otp: code }), { success: true }),
}

const VERIFICATIONS = '/v1/verifications'

/** The same on `/v1`, whose checks sign tokens. */
export const V1_SEND: ContestStep = {
  name: 'send',
  ask: async (client, { phone }) => {
    expectAnswer(await client.post(VERIFICATIONS, { to: phone }), { status: 'pending' }, 201)
  },
}
export const V1_CHECK: ContestStep = { name: 'check', ask: async (client, person) => void (await check(client, person)) }

/** With an `Idempotency-Key`, which each person has one of. */
export const SEND_ONCE: ContestStep = { name: 'send', ask: (client, person) => sendWithKey(client, person, undefined) }
export const SEND_AGAIN: ContestStep = {
  name: 'the same again',
  ask: (client, person) => sendWithKey(client, person, 'true'),
}

export const CHECK_AND_SIGN: ContestStep = {
  name: 'check',
  async ask(client, person) {
    const { token } = await check(client, person)
    if (typeof token !== 'string') throw new Error('a right code came without a token')
    person.token = token
  },
}
export const REDEEM: ContestStep = {
  name: 'redeem',
  ask: async (client, { phone, token }) =>
    expectAnswer(await client.post('/v1/tokens/redeem', { token }), { phone_number: phone }),
}

async function sendWithKey(client: Client, { phone }: Person, replayed: string | undefined): Promise<void> {
  const answer = await client.send({
    method: 'POST',
    path: VERIFICATIONS,
    headers: { 'content-type': 'application/json', 'idempotency-key': `send-${phone.slice(1)}` },
    body: JSON.stringify({ to: phone }),
  })
  expectAnswer(answer, { status: 'pending' }, 201)
  if (answer.headers['idempotent-replayed'] !== replayed) throw new Error(`a send was answered as if it were another one`)
}

async function check(client: Client, { phone, code }: Person): Promise<Readonly<Record<string, unknown>>> {
  const answer = await client.post(`${VERIFICATIONS}/check`, { to: phone, code })
  expectAnswer(answer, { valid: true })
  return JSON.parse(answer.text) as Record<string, unknown>
}
