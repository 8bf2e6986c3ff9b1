/** The registry's parts, put together: what routes are given. Opening it reads everything; closing it writes everything. */
import { join } from 'node:path'
import type { Alarm } from '../shared/domain/alarm.ts'
import type { BreakGlass } from '../shared/domain/break-glass.ts'
import { type BreakGlassDesk, createBreakGlassDesk } from './access/break-glass.ts'
import { type Credentials, createCredentials } from './access/credentials.ts'
import type { BlobStore } from './blobs/blob-store.ts'
import { filesystemBlobs } from './blobs/filesystem.ts'
import { takeInventory } from './blobs/inventory.ts'
import { type Adoption, createAdoption } from './fleet/adoption.ts'
import { type Attempts, createAttempts } from './fleet/attempts.ts'
import { type CheckIns, createCheckIns } from './fleet/check-ins.ts'
import { type Clones, createClones } from './fleet/clones.ts'
import { createEnrolments, type Enrolments } from './fleet/enroll.ts'
import { createFleet, type Fleet } from './fleet/fleet.ts'
import { loadFleet } from './fleet/fleet-index.ts'
import { createFleetSummary, type FleetSummary } from './fleet/fleet-summary.ts'
import { createFleetWatch, type FleetWatch } from './fleet/fleet-watch.ts'
import { createGateClock, type GateClock } from './fleet/gate-clock.ts'
import { createGatherer, type GatherEvidence } from './fleet/gather-evidence.ts'
import { createRackImports, type RackImports } from './fleet/import-racks.ts'
import { recallLabels } from './fleet/labels-at.ts'
import { createLifetimes, type Lifetimes } from './fleet/lifetimes.ts'
import { createOrders, type Orders } from './fleet/orders.ts'
import { createOutsideChanges, type OutsideChanges } from './fleet/outside-changes.ts'
import { createRackChanges, type RackChanges } from './fleet/rack-changes.ts'
import { lastHeardOf, openReceiving } from './fleet/receiving.ts'
import { createRehearsals, type Rehearsals } from './fleet/rehearsals.ts'
import { createRetirement, type Retirement } from './fleet/retirement.ts'
import { openRolloutAttempts, type RolloutAttempts } from './fleet/rollout-attempts.ts'
import { createRolloutDesk, type RolloutDesk } from './fleet/rollout-desk.ts'
import { createSimulator, type Simulator } from './fleet/simulate.ts'
import { openSoaks } from './fleet/soaks.ts'
import { createSyntheticClock, type SyntheticClock } from './fleet/synthetic-clock.ts'
import { watchWrites } from './fleet/writability.ts'
import { createEventStreams, type EventStreams } from './ledger/event-streams.ts'
import { type Ledger, openLedger } from './ledger/ledger.ts'
import { createMetrics, type Metrics } from './metrics.ts'
import { openStore, type Store } from './store/connection.ts'
import { createTimeTravel, type TimeTravel } from './time-travel/time-travel.ts'

export interface Registry {
  readonly store: Store
  readonly ledger: Ledger
  readonly fleet: Fleet
  readonly checkIns: CheckIns
  readonly fleetSummary: FleetSummary
  readonly adoption: Adoption
  readonly retirement: Retirement
  readonly clones: Clones
  readonly rackImports: RackImports
  readonly outsideChanges: OutsideChanges
  readonly rehearsals: Rehearsals
  readonly lifetimes: Lifetimes
  readonly gather: GatherEvidence
  readonly gateClock: GateClock
  readonly rollouts: RolloutDesk
  readonly fleetWatch: FleetWatch
  readonly rolloutAttempts: RolloutAttempts
  readonly syntheticClock: SyntheticClock
  readonly breakGlass: BreakGlassDesk
  readonly attempts: Attempts
  readonly rackChanges: RackChanges
  readonly orders: Orders
  readonly enrolments: Enrolments
  readonly credentials: Credentials
  readonly blobs: BlobStore
  readonly metrics: Metrics
  readonly eventStreams: EventStreams
  readonly timeTravel: TimeTravel
  readonly simulator: Simulator
  readonly clock: () => number
  readonly random: (bytes: number) => Buffer
  close(): Promise<void>
}

export interface RegistryDeps {
  readonly dataDir: string
  readonly clock: () => number
  readonly random: (bytes: number) => Buffer
  readonly onCheckInFailure: (error: unknown) => void
  readonly onAlarm?: (alarm: Alarm) => void
  readonly onBreakGlass?: (glass: BreakGlass) => void
}

export async function openRegistry({
  dataDir,
  clock,
  random,
  onCheckInFailure,
  onAlarm = () => undefined,
  onBreakGlass = () => undefined,
}: RegistryDeps): Promise<Registry> {
  const writability = watchWrites(await openStore(dataDir))
  const { store } = writability
  const ledger = await openLedger({ store, clock, random })
  const index = await loadFleet(store)
  const artifacts = filesystemBlobs(join(dataDir, 'artifacts'))
  await artifacts.sweep()
  const inventory = await takeInventory(artifacts)
  const receiving = await openReceiving({ store, lastHeardAt: lastHeardOf(index), startedAt: clock() })
  const checkIns = createCheckIns({ receiving, writability, onFailure: onCheckInFailure })
  const outsideChanges = createOutsideChanges({
    store,
    ledger,
    index,
    canWrite: () => checkIns.canWrite,
    onAlarm,
    onFailure: onCheckInFailure,
  })
  const isArtifactMissing = inventory.isMissing
  const soaks = await openSoaks({ store, index, receiving, onFailure: onCheckInFailure })
  const rolloutAttempts = await openRolloutAttempts({ store, index, state: ledger.state, clock })
  await recallLabels(store, index, ledger.state)
  const rehearsals = createRehearsals({
    ledger,
    canWrite: () => checkIns.canWrite,
    onFailure: onCheckInFailure,
  })
  const gather = createGatherer({ store, index, soaks, clock, isArtifactMissing })
  const breakGlass = createBreakGlassDesk({
    dataDir,
    ledger,
    onOpened: onBreakGlass,
    onFailure: onCheckInFailure,
  })
  const gateClock = createGateClock({
    ledger,
    gather,
    clock,
    canWrite: () => checkIns.canWrite,
    onFailure: onCheckInFailure,
  })
  const lifetimes = createLifetimes({
    ledger,
    index,
    clock,
    canWrite: () => checkIns.canWrite,
    onAlarm,
    onFailure: onCheckInFailure,
  })
  const syntheticClock = createSyntheticClock({
    ledger,
    clock,
    canWrite: () => checkIns.canWrite,
    onAlarm,
    onFailure: onCheckInFailure,
  })
  const clones = createClones({
    ledger,
    canWrite: () => checkIns.canWrite,
    onAlarm,
    onFailure: onCheckInFailure,
  })
  const fleet = createFleet({
    index,
    ledger,
    receiving,
    checkIns,
    outside: outsideChanges,
    soaks,
    rehearsals,
    clones,
    rolloutAttempts,
    clock,
    isArtifactMissing,
  })
  const rollouts = createRolloutDesk({
    index,
    attempts: rolloutAttempts,
    receiving,
    isArtifactMissing,
    ledger,
    clock,
    canWrite: () => checkIns.canWrite,
    onFailure: onCheckInFailure,
  })
  const eventStreams = createEventStreams({ store, ledger })
  const rackChanges = createRackChanges({ store, ledger, index, clock })
  const { state } = ledger
  const watched = {
    store,
    state,
    index,
    clock,
    canWrite: () => checkIns.canWrite,
    onFailure: onCheckInFailure,
  }
  const retirement = createRetirement({ ...watched, changes: rackChanges, receiving })
  const adoption = createAdoption(watched)
  const fleetWatch = createFleetWatch({ ...watched, ledger, fleet, receiving, onAlarm })
  const { retiredSince } = retirement
  checkIns.start()
  outsideChanges.start()
  soaks.start()
  rehearsals.start()
  clones.start()
  retirement.start()
  adoption.start()
  gateClock.start()
  rollouts.start()
  fleetWatch.start()
  breakGlass.start()
  syntheticClock.start()
  lifetimes.start()
  return {
    store,
    ledger,
    fleet,
    checkIns,
    fleetSummary: createFleetSummary({ store, state, fleet, receiving, clock, index, retiredSince }),
    adoption,
    retirement,
    clones,
    rackImports: createRackImports({ store, ledger, state, index, clock, random }),
    outsideChanges,
    rehearsals,
    lifetimes,
    gather,
    gateClock,
    rollouts,
    fleetWatch,
    rolloutAttempts,
    syntheticClock,
    attempts: createAttempts({ store, ledger, fleet, outside: outsideChanges, rolloutAttempts, clock }),
    rackChanges,
    orders: createOrders({ changes: rackChanges, state: ledger.state, clock }),
    enrolments: createEnrolments({ changes: rackChanges, state: ledger.state, index, clock }),
    credentials: createCredentials({ state: ledger.state, fleet: index, breakGlass, clock }),
    breakGlass,
    blobs: inventory.blobs,
    eventStreams,
    timeTravel: createTimeTravel({ store, ledger, index, clock }),
    simulator: createSimulator({ ledger, fleet, gather, rollouts, clock }),
    metrics: createMetrics({ ledger, fleet, checkIns, lifetimes, clock }),
    clock,
    random,
    async close() {
      // With a full disk the last check-ins are lost, and the rest still ends as it should.
      eventStreams.end()
      await gateClock.stop()
      await rollouts.stop()
      await fleetWatch.stop()
      await adoption.stop()
      await retirement.stop().catch(onCheckInFailure)
      await clones.stop().catch(onCheckInFailure)
      await breakGlass.stop()
      await syntheticClock.stop()
      await lifetimes.stop().catch(onCheckInFailure)
      await soaks.stop().catch(onCheckInFailure)
      await rehearsals.stop().catch(onCheckInFailure)
      await outsideChanges.stop().catch(onCheckInFailure)
      await checkIns.stop().catch(onCheckInFailure)
      await store.close()
    },
  }
}
