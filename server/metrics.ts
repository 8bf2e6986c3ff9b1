/** What Prometheus is told. Labels are few and closed: never a rack, a version of a rack's choosing, or a path. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry as Prometheus } from 'prom-client'
import { alarmKinds } from '../shared/domain/alarm.ts'
import { type BreakGlass, lastRehearsedAt, standingOfBreakGlass } from '../shared/domain/break-glass.ts'
import { openReviews } from '../shared/domain/review.ts'
import { isActive } from '../shared/domain/rollout.ts'
import { leverStandings } from '../shared/domain/synthetic.ts'
import type { CheckIns } from './fleet/check-ins.ts'
import type { Fleet } from './fleet/fleet.ts'
import type { Lifetimes } from './fleet/lifetimes.ts'
import type { Ledger } from './ledger/ledger.ts'

export interface Metrics {
  readonly contentType: string
  observe(answer: { method: string; route: string; status: number; seconds: number }): void
  /** For a route that is asked thousands of times a second: its labels are looked up once. */
  observer(labels: { method: string; route: string; status: number }): () => void
  render(): Promise<string>
}

export interface Measured {
  readonly ledger: Ledger
  readonly fleet: Fleet
  readonly checkIns: CheckIns
  readonly lifetimes: Pick<Lifetimes, 'firstEnds'>
  readonly clock: () => number
}

export function createMetrics({ ledger, fleet, checkIns, lifetimes, clock }: Measured): Metrics {
  const register = new Prometheus()
  collectDefaultMetrics({ register })
  const requests = new Counter({
    name: 'headgate_requests_total',
    help: 'Answered requests',
    labelNames: ['method', 'route', 'status'],
    registers: [register],
  })
  const durations = new Histogram({
    name: 'headgate_request_seconds',
    help: 'Time to answer',
    labelNames: ['route'],
    buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10],
    registers: [register],
  })
  const gauge = (name: string, help: string, read: () => number): void => {
    const collected: Gauge = new Gauge({
      name,
      help,
      registers: [register],
      collect: () => collected.set(read()),
    })
  }
  gauge('headgate_ledger_sequence', 'The newest event of the ledger', () => ledger.head.sequence)
  gauge('headgate_racks', 'Enrolled racks', () => fleet.index.size)
  gauge('headgate_check_ins_waiting', 'Check-ins that are not written yet', () => checkIns.waiting)
  gauge('headgate_store_writable', '1 while the store takes writes', () => (checkIns.canWrite ? 1 : 0))
  const isOpen = (glass: BreakGlass) => standingOfBreakGlass(glass, clock()) === 'open'
  gauge(
    'headgate_break_glass_open',
    'Break-glass that is open now',
    () => [...ledger.state.breakGlass.values()].filter(isOpen).length,
  )
  gauge(
    'headgate_break_glass_rehearsed_timestamp_seconds',
    'When break-glass was last rehearsed; 0: never',
    () => (lastRehearsedAt(ledger.state) ?? 0) / 1000,
  )
  gauge(
    'headgate_reviews_open',
    'What went past the rules and nobody has reviewed yet',
    () => openReviews(ledger.state).length,
  )
  const rehearsed = new Gauge({
    name: 'headgate_lever_rehearsed_timestamp_seconds',
    help: 'When a lever last worked in a rehearsal; 0: never',
    labelNames: ['lever'],
    registers: [register],
    collect: () => {
      for (const { lever, rehearsedAt = 0 } of leverStandings(ledger.state, ledger.state.synthetic.values()))
        rehearsed.set({ lever }, rehearsedAt / 1000)
    },
  })
  const racks = new Gauge({
    name: 'headgate_channel_racks',
    help: 'Racks of a channel: all, on its head, and on a withdrawn version',
    labelNames: ['app', 'channel', 'state'],
    registers: [register],
    collect: () => countRacks(),
  })
  const silence = new Gauge({
    name: 'headgate_rack_silence_seconds',
    help: 'How long ago the rack that has been silent longest was seen, by app',
    labelNames: ['app'],
    registers: [register],
  })
  const alarms = new Gauge({
    name: 'headgate_alarms_open',
    help: 'Alarms that nobody has closed yet',
    labelNames: ['kind', 'app'],
    registers: [register],
    collect: () => countAlarms(),
  })

  const ends = new Gauge({
    name: 'headgate_first_end_seconds',
    help: 'How long until the first thing of a kind ends, by app; negative: it has, and is still relied on',
    labelNames: ['kind', 'app'],
    registers: [register],
    collect: () => countEnds(),
  })
  const unknownEnds = new Gauge({
    name: 'headgate_unknown_ends',
    help: 'Things of a kind of which nobody declared when they end, by app',
    labelNames: ['kind', 'app'],
    registers: [register],
  })

  const rollouts = new Gauge({
    name: 'headgate_rollouts',
    help: 'Rollouts that have not ended, by what they are for and where they stand',
    labelNames: ['app', 'purpose', 'state'],
    registers: [register],
    collect: () => countRollouts(),
  })

  function countRollouts(): void {
    rollouts.reset()
    for (const app of ledger.state.apps.values()) {
      for (const { purpose, state } of app.rollouts.values())
        if (isActive({ state })) rollouts.inc({ app: app.name, purpose, state })
    }
  }

  function countEnds(): void {
    ends.reset()
    unknownEnds.reset()
    for (const { kind, app = '', at, unknown } of lifetimes.firstEnds()) {
      if (at !== undefined) ends.set({ kind, app }, (at - clock()) / 1000)
      unknownEnds.set({ kind, app }, unknown)
    }
  }

  function countAlarms(): void {
    alarms.reset()
    // Zeros too: an alert on a rise needs something to rise from.
    for (const kind of alarmKinds)
      for (const app of ledger.state.apps.values()) alarms.set({ kind, app: app.name }, 0)
    for (const { kind, app = '', closed } of ledger.state.alarms.values())
      if (!closed) alarms.inc({ kind, app })
  }

  const health = new Gauge({
    name: 'headgate_rack_health',
    help: 'Racks of a channel by what they said last of their health; unknown also where nothing is monitored',
    labelNames: ['app', 'channel', 'health'],
    registers: [register],
  })

  function countRacks(): void {
    racks.reset()
    health.reset()
    silence.reset()
    for (const app of ledger.state.apps.values()) {
      let oldest = clock()
      for (const rack of fleet.index.ofApp(app.name)) {
        const { channel } = rack.row
        const { current } = rack.facts
        racks.inc({ app: app.name, channel, state: 'enrolled' })
        if (current !== undefined && current === app.channels.get(channel)?.head)
          racks.inc({ app: app.name, channel, state: 'on_head' })
        if (current !== undefined && app.releases.get(current)?.yank)
          racks.inc({ app: app.name, channel, state: 'on_yanked' })
        health.inc({ app: app.name, channel, health: rack.facts.health?.state ?? 'unknown' })
        oldest = Math.min(oldest, rack.lastSeenAt ?? rack.row.enrolledAt)
      }
      silence.set({ app: app.name }, (clock() - oldest) / 1000)
    }
  }

  return {
    contentType: register.contentType,
    observe({ method, route, status, seconds }) {
      requests.inc({ method, route, status })
      durations.observe({ route }, seconds)
    },
    observer({ method, route, status }) {
      const child = requests.labels({ method, route, status })
      return () => child.inc()
    },
    render: () => register.metrics(),
  }
}
