import { afterEach, beforeEach, vi } from 'vitest'
import { type GupshupStandIn } from '../support/vendors/gupshup'
import { standInForGupshup } from '../support/service'
import { describeBodies } from './contract/bodies'
import { describeChecks } from './contract/checks'
import { describeFailingParts } from './contract/failing-parts'
import { describeHttp } from './contract/http'
import { describePhones } from './contract/phones'
import { describeSends } from './contract/sends'
import { describeSettings } from './contract/settings'
import type { SurfaceUnderTest } from './contract/surface'
import { describeVendor } from './contract/vendor'

/** What a part of the contract works with. */
export interface ContractContext {
  readonly surface: SurfaceUnderTest
  /** The stand-in of the running test. */
  readonly vendor: () => GupshupStandIn
}

/** The same cases for every surface: what they share they must all do, each in its own words. Time stands still in them. */
export function describeContract(surface: SurfaceUnderTest): void {
  const { vendor } = useStandInAndFakeTime()
  const context = { surface, vendor }
  describeBodies(context)
  describePhones(context)
  describeSends(context)
  describeChecks(context)
  describeVendor(context)
  describeFailingParts(context)
  describeSettings(context)
  describeHttp(context)
}

/** For each test of a file: a stand-in behind `fetch`, and a `Date` that moves by hand only. */
export function useStandInAndFakeTime(): { readonly vendor: () => GupshupStandIn } {
  let vendor: GupshupStandIn
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['Date'] })
    vendor = standInForGupshup()
  })
  afterEach(() => {
    vi.useRealTimers()
    vi.restoreAllMocks()
  })
  return { vendor: () => vendor }
}
