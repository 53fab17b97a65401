import { randomInt } from 'node:crypto'
import { parsePhoneNumberFromString } from 'libphonenumber-js/max'
import type { Answer, Client } from './client.ts'
import { expectRefusal } from './service-checks.ts'
import { failed, type Outcome, type Report, skipped, unexpected, worked } from './step.ts'

export interface VerificationInput {
  readonly phone: string
  /** The code, where the answer does not carry it. Called after the message went out; undefined when nobody knows it. */
  readonly findCode: () => Promise<string | undefined>
}

/**
 * Sends a code to `phone` and verifies it, with the refusals on the way that an attacker would meet.
 * @returns whether the number is proved now
 */
export async function checkVerification(
  report: Report,
  client: Client,
  { phone, findCode }: VerificationInput,
): Promise<boolean> {
  const sent = await report.step<{ mockCode: string | undefined }>('POST /send-otp', async () => {
    const answer = await client.post('/send-otp', { phone_number: phone })
    return isSuccess(answer) ? { ...worked('a code is on its way'), mockCode: mockCodeIn(answer) } : unexpected('200', answer)
  })
  if (sent.mark !== 'worked') {
    await report.step('POST /verify-otp', async () => skipped('there is no code'))
    return false
  }
  // Before a person is asked for the code, which may take longer than the cooldown lasts.
  await report.step('POST /send-otp, at once again', async () =>
    checkCooldown(await client.post('/send-otp', { phone_number: phone })),
  )

  const code = sent.mockCode ?? (await findCode())
  if (code === undefined) {
    await report.step('POST /verify-otp', async () => skipped('the code is on the phone: give --code, or run this in a terminal'))
    return false
  }
  const verify = (otp: string) => client.post('/verify-otp', { phone_number: phone, otp })
  await report.step('POST /verify-otp, a wrong code', async () => checkWrongCode(await verify(wrongCode(code))))
  const verified = await report.step('POST /verify-otp, the right code', async () => {
    const answer = await verify(code)
    return isSuccess(answer) ? worked('verified') : unexpected('200', answer)
  })
  const isProven = verified.mark === 'worked'
  await report.step('POST /verify-otp, the same again', async () =>
    isProven ? checkUsedCode(await verify(code)) : skipped('it did not work the first time'),
  )
  return isProven
}

/** A valid Indian mobile number that nobody chose. */
export function randomIndianMobile(): string {
  for (;;) {
    const phone = `+91${randomInt(6_000_000_000, 10_000_000_000)}`
    const parsed = parsePhoneNumberFromString(phone)
    if (parsed?.isValid() === true && parsed.getType() === 'MOBILE') return phone
  }
}

/** As long as the right code, and different in its last digit. */
export function wrongCode(code: string): string {
  return `${code.slice(0, -1)}${(Number(code.slice(-1)) + 1) % 10}`
}

function isSuccess({ status, json }: Answer): boolean {
  return status === 200 && json['success'] === true
}

function dataOf(answer: Answer): Record<string, unknown> {
  const { data } = answer.json
  return typeof data === 'object' && data !== null ? (data as Record<string, unknown>) : {}
}

function mockCodeIn(sent: Answer): string | undefined {
  const { otp } = dataOf(sent)
  return typeof otp === 'string' ? otp : undefined
}

function checkCooldown(answer: Answer): Outcome {
  const refusal = expectRefusal(429, answer)
  if (refusal.mark !== 'worked') return refusal
  const header = answer.headers.get('retry-after') ?? ''
  if (!/^[1-9]\d*$/.test(header)) return failed(`refused with 429, but Retry-After is "${header}"`)
  const inBody = dataOf(answer)['retry_after']
  return inBody === Number(header)
    ? worked(`refused for ${header} s`)
    : failed(`Retry-After is ${header}, the body says ${String(inBody)}`)
}

function checkWrongCode(answer: Answer): Outcome {
  const refusal = expectRefusal(400, answer)
  if (refusal.mark !== 'worked') return refusal
  const left = dataOf(answer)['attempts_left']
  return typeof left === 'number'
    ? worked(`refused, ${left} guesses left`)
    : failed('refused, but it does not say how many guesses are left')
}

/** There is no live code any more: 404, or 400 from deployments that do not tell the two apart. */
function checkUsedCode(answer: Answer): Outcome {
  return answer.status === 400 ? expectRefusal(400, answer) : expectRefusal(404, answer)
}
