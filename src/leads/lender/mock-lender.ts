import type { Application, Lender, TakenApplication } from './lender'

const STATUS = 'Under Review'
const ID_DIGITS = 8

/** Stands in for the lender in mock mode, where no call leaves: it takes everything, under an id that follows from ours. */
export function createMockLender(): Lender {
  return {
    submit: async (application) => ({ status: 'accepted', application: take(application) }),
    // It keeps nothing, and what is handed in again gets the same id again.
    find: async () => ({ status: 'not_found' }),
    statusOf: async () => ({ status: 'found', text: STATUS }),
  }
}

function take({ id }: Application): TakenApplication {
  const applicationId = `MOCK${id.replaceAll('-', '').slice(0, ID_DIGITS).toUpperCase()}`
  return { applicationId, customerId: null, relationId: null, status: STATUS, response: { mock: true } }
}
