import { afterEach, beforeEach, vi } from 'vitest'
import { type StandIns, standInForVendors } from '../support/service'
import type { GupshupStandIn } from '../support/vendors/gupshup'
import { describeBodies } from './contract/bodies'
import { describeChecks } from './contract/checks'
import { describeFailingParts } from './contract/failing-parts'
import { describeHttp } from './contract/http'
import { describePhones } from './contract/phones'
import { describeSends } from './contract/sends'
import { describeSettings } from './contract/settings'
import type { ContractVendor, SurfaceUnderTest } from './contract/surface'
import { describeVendor } from './contract/vendor'

/** What a part of the contract works with. */
export interface ContractContext {
  readonly surface: SurfaceUnderTest
  /** The stand-in of the running test, of the vendor that the surface sends by. */
  readonly vendor: () => ContractVendor
}

/** The same cases for every surface: what they share they must all do, each in its own words. Time stands still in them. */
export function describeContract(surface: SurfaceUnderTest): void {
  const { standIns } = useStandInsAndFakeTime()
  const context = { surface, vendor: () => surface.vendorOf(standIns()) }
  describeBodies(context)
  describePhones(context)
  describeSends(context)
  describeChecks(context)
  describeVendor(context)
  describeFailingParts(context)
  describeSettings(context)
  describeHttp(context)
}

/** For each test of a file: the stand-ins of all vendors behind `fetch`, and a `Date` that moves by hand only. */
export function useStandInsAndFakeTime(): { readonly standIns: () => StandIns } {
  let standIns: StandIns
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['Date'] })
    standIns = standInForVendors()
  })
  afterEach(() => {
    vi.useRealTimers()
    vi.restoreAllMocks()
  })
  return { standIns: () => standIns }
}

/** {@link useStandInsAndFakeTime}, for tests of surfaces that send by Gupshup. */
export function useStandInAndFakeTime(): { readonly vendor: () => GupshupStandIn } {
  const { standIns } = useStandInsAndFakeTime()
  return { vendor: () => standIns().gupshup }
}
