/** The racks in memory: what checks are answered from. Every rack of the store is here, with its last report. */
import { rackReport } from '../../shared/contract/rack.ts'
import type { HealthState } from '../../shared/domain/health.ts'
import type { OutsideChange } from '../../shared/domain/outside.ts'
import type { RackFacts } from '../../shared/domain/rack.ts'
import type { Store } from '../store/connection.ts'
import { isAwaited, loadRacks, type RackRow } from '../store/racks.ts'
import type { LabelsWere } from './labels-at.ts'
import { factsOfAdopted, factsOfReport, withOrders } from './read-report.ts'
import type { Soak } from './soaks.ts'

export interface KnownRack {
  /** As stored, without what check-ins write. */
  row: Omit<RackRow, 'report' | 'lastSeenAt' | 'outside'>
  /** With the orders of its row. */
  facts: RackFacts
  /** What the last line of its history says of its health; null: nothing is monitored. */
  recordedHealth: HealthState | null
  /** Its last change that no attempt explains. */
  outside: OutsideChange | undefined
  /** Its rack-time with what it runs, once that was proved. */
  soak: Soak | undefined
  /** The bytes of the last report: the same again need not be parsed again. */
  reportText: string | undefined
  lastSeenAt: number | undefined
  /** Its labels before each change since rollouts that still go on were planned, oldest first. */
  labelsWere: readonly LabelsWere[]
}

export interface FleetIndex {
  /** Those that have a token: what was imported and not enrolled is no rack that could speak. */
  readonly size: number
  /** Those of a channel of an app that are not forgotten. */
  countOf(app: string, channel: string): number
  byName(app: string, name: string): KnownRack | undefined
  byToken(sha256: string): KnownRack | undefined
  /** Those of an app that are not forgotten, by name. */
  ofApp(app: string): KnownRack[]
  /** The same in no order, without a copy: for whoever counts. */
  inApp(app: string): Iterable<KnownRack>
  /** Of every app; those that have a token. */
  all(): Iterable<KnownRack>
  /** Takes a row that was stored; a forgotten rack keeps its name and loses its token. */
  put(row: RackRow): KnownRack
}

export function createFleetIndex(): FleetIndex {
  const apps = new Map<string, Map<string, KnownRack>>()
  const tokens = new Map<string, KnownRack>()
  /** By app and channel: a million racks are not gone through for a number that every answer has. */
  const counts = new Map<string, Map<string, number>>()

  function count({ app, channel, forgottenAt }: KnownRack['row'], more: 1 | -1): void {
    if (forgottenAt !== null) return
    const ofApp = counts.get(app) ?? new Map<string, number>()
    counts.set(app, ofApp.set(channel, (ofApp.get(channel) ?? 0) + more))
  }

  function put({ report, lastSeenAt, outside, ...row }: RackRow): KnownRack {
    const racks = apps.get(row.app) ?? new Map<string, KnownRack>()
    apps.set(row.app, racks)
    const present = racks.get(row.name)
    if (present) {
      tokens.delete(present.row.tokenSha256)
      count(present.row, -1)
    }
    count(row, 1)
    const isRenewed =
      present?.row.enrolledAt === row.enrolledAt && present.row.tokenSha256 === row.tokenSha256
    const rack =
      present && isRenewed
        ? Object.assign(present, { row, facts: withOrders(present.facts, row) })
        : newcomer(row, report, lastSeenAt, outside)
    racks.set(row.name, rack)
    if (row.forgottenAt === null && !isAwaited(row)) tokens.set(row.tokenSha256, rack)
    return rack
  }

  return {
    get size() {
      return tokens.size
    },
    countOf: (app, channel) => counts.get(app)?.get(channel) ?? 0,
    byName: (app, name) => apps.get(app)?.get(name),
    byToken: (sha256) => tokens.get(sha256),
    ofApp: (app) =>
      [...(apps.get(app)?.values() ?? [])]
        .filter((rack) => rack.row.forgottenAt === null)
        .sort((a, b) => (a.row.name < b.row.name ? -1 : 1)),
    *inApp(app) {
      for (const rack of apps.get(app)?.values() ?? []) if (rack.row.forgottenAt === null) yield rack
    },
    all: () => tokens.values(),
    put,
  }
}

export async function loadFleet(store: Store): Promise<FleetIndex> {
  const index = createFleetIndex()
  for await (const rows of loadRacks(store.read)) for (const row of rows) index.put(row)
  return index
}

function newcomer(
  row: KnownRack['row'],
  report: unknown,
  lastSeenAt: number | null,
  outside: OutsideChange | null,
): KnownRack {
  // A name that was taken up again has the last words of the rack before it still in its row.
  const isItsOwn = lastSeenAt !== null && lastSeenAt >= row.enrolledAt
  const said = isItsOwn ? rackReport.safeParse(report).data : undefined
  const facts = said
    ? factsOfReport(row.name, said, lastSeenAt ?? row.enrolledAt)
    : factsOfAdopted(row.name, row.platform, row.adoptedVersion)
  return {
    row,
    facts: withOrders(facts, row),
    recordedHealth: facts.health?.state ?? null,
    soak: undefined,
    outside: isItsOwn ? (outside ?? undefined) : undefined,
    // Only its attempt has more to say than the facts.
    reportText: said?.attempt ? JSON.stringify(report) : undefined,
    lastSeenAt: isItsOwn ? lastSeenAt : undefined,
    labelsWere: [],
  }
}
