import { NOTICE_VALUES, type NoticeKind } from '../../config/notices'
import type { GupshupConfig } from '../../config/providers/gupshup'
import type { ProviderRegistry } from '../../messaging/providers'
import type { NoticeCarrier } from '../deps'

/** In mock mode nothing is sent: there is no template, and so all that could stand in one. */
const MOCK_TEMPLATE = { templateId: 'mock', values: NOTICE_VALUES }

/** Finds who tells customers of leads: Gupshup, as far as it has a template for that. */
export function createCarrierOf(
  { mock, gupshup }: ProviderRegistry,
  config: Pick<GupshupConfig, 'notices'> | undefined,
): (kind: NoticeKind) => NoticeCarrier | undefined {
  return (kind) => {
    if (mock) return { provider: mock, template: MOCK_TEMPLATE }
    const template = config?.notices[kind]
    return gupshup && template && { provider: gupshup, template }
  }
}
