import { type MessagePrices, type Micros, priceOf } from '../config/prices'
import type { Delivery, Hop } from '../messaging/deliver'
import type { Channel, Message } from '../messaging/message'
import { segmentsOf } from '../messaging/templates/segments'

/** What a message costs that may travel in several ways. */
export interface MessageCosts {
  /** By the dearest of them. */
  readonly dearest: () => Promise<Micros>
  /** What was, or may have been, spent by what was tried. */
  readonly spent: (delivery: Pick<Delivery, 'attempts'>) => Promise<Micros>
}

/** Prices are looked up when they are asked for, since the text that they depend on may have to be read. */
export function messageCosts(
  prices: MessagePrices | undefined,
  {
    hops,
    messageOn,
    country,
  }: {
    readonly hops: readonly Hop[]
    readonly messageOn: (channel: Channel) => Promise<Pick<Message, 'text'>>
    readonly country: string
  },
): MessageCosts {
  const priceOn = async ({ provider, channel }: Hop): Promise<Micros> => {
    const price = priceOf(prices, { provider: provider.id, channel, country })
    if (price === undefined) return 0
    // Vendors with texts of their own keep them to one segment.
    return channel === 'sms' && provider.facts.textIsOurs ? price * segmentsOf((await messageOn(channel)).text).segments : price
  }
  return {
    dearest: async () => Math.max(0, ...(await Promise.all(hops.map(priceOn)))),
    async spent({ attempts }) {
      const tried = attempts.filter(({ status }) => status !== 'rejected')
      const taken = tried.flatMap((attempt) =>
        hops.filter(({ provider, channel }) => provider.id === attempt.provider && channel === attempt.channel).slice(0, 1),
      )
      return (await Promise.all(taken.map(priceOn))).reduce((sum, price) => sum + price, 0)
    },
  }
}
