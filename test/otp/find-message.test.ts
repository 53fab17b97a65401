import { describe, expect, it } from 'vitest'
import { EMPTY_GATE_STATE } from '../../src/otp/gate-state'
import { findMessage } from '../../src/otp/rules/find-message'
import { FREE_POLICY, PHONE, PureGate } from '../support/pure-gate'

describe('the rule findMessage', () => {
  it('knows a message from its reservation on, by our id', () => {
    const gate = new PureGate()
    gate.send({ channel: 'whatsapp', owner: 'key_1' })

    expect(findMessage(gate.state, { communicationId: 'com-code-1' })).toEqual({
      communicationId: 'com-code-1',
      provider: null,
      providerMessageId: null,
      status: 'pending',
      channel: 'whatsapp',
      phone: PHONE.e164,
      owner: 'key_1',
    })
  })

  it('knows the messages of other purposes beside it, and of one purpose the newest', () => {
    const gate = new PureGate(FREE_POLICY)
    gate.send({ purpose: 'payment' })
    gate.send()
    gate.send()

    const found = ['com-code-1', 'com-code-2', 'com-code-3'].map((communicationId) =>
      findMessage(gate.state, { communicationId }),
    )
    expect(found.map((message) => message?.communicationId)).toEqual(['com-code-1', undefined, 'com-code-3'])
  })

  it('knows nothing of other ids, takes none for the id that a message does not have, and reads only', () => {
    const gate = new PureGate()
    gate.send()

    expect(findMessage(gate.state, { communicationId: 'com-code-9' })).toBeNull()
    expect(findMessage(gate.state, { providerMessageId: 'com-code-1' })).toBeNull()
    expect(findMessage(EMPTY_GATE_STATE, { communicationId: 'com-code-1' })).toBeNull()
  })
})
