import type { Clock } from '../../core/clock'
import type { Provider } from '../provider'

/** Mock codes of every length that a profile may have; see {@link mockCode}. */
const MAX_CODE_LENGTH = 10

/** The code that everybody gets in mock mode: `123456`, cut or repeated to the length. */
export function mockCode(length: number): string {
  return '123456'.repeat(Math.ceil(length / 6)).slice(0, length)
}

/** Accepts everything and calls nobody. Its message ids are those of brief 003: `mock_<number>_<unix seconds>`. */
export function createMock(clock: Clock): Provider {
  return {
    id: 'mock',
    channels: ['sms', 'whatsapp'],
    facts: { maxCodeLength: MAX_CODE_LENGTH, textIsOurs: true },
    send: async ({ to }) => ({
      status: 'accepted',
      providerMessageId: `mock_${to}_${Math.floor(clock() / 1000)}`,
      deliveryStatus: 'sent',
    }),
  }
}
