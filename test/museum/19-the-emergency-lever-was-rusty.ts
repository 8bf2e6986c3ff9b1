// The way to stop depended on what was broken, was hardly trained, and went everywhere at once itself.
// When: 2 July 2019; 5 December 2025.
// Source: Cloudflare, details of the outage of July 2, 2019; Cloudflare outage on December 5, 2025.
import { isDecision } from '../../cli/agent/judge-decision.ts'
import { afterRound, calm } from '../../cli/agent/rhythm.ts'
import { closeBreakGlass, noteOpened, noteUsed } from '../../shared/domain/commands/break-glass.ts'
import { beginRun, endRun, noteSilence } from '../../shared/domain/commands/synthetic.ts'
import { forecast } from '../../shared/domain/forecast.ts'
import { day } from '../../shared/domain/instants.ts'
import { isTooLongAgo, leverStandings, levers } from '../../shared/domain/synthetic.ts'
import { aRack, aRegistry, type RegistryStory } from '../support/builders.ts'
import { type Exhibit, happened } from './exhibit.ts'

const app = 'headgate-synthetic'

/** A rehearsal of every lever, by a build in which one of them may not work. */
function rehearsed(registry: RegistryStory, run: string, broken?: string): RegistryStory {
  const within = { limitMilliseconds: 600_000, nextWithinMilliseconds: day }
  registry.records(beginRun(registry.state, { app, levers, ...within }, registry.context))
  const steps = levers.map((lever) => {
    const outcome = lever === broken ? ('failed' as const) : ('passed' as const)
    return {
      lever,
      outcome,
      milliseconds: 900,
      limitMilliseconds: 30_000,
      detail: 'it threw for an empty channel',
    }
  })
  const outcome = broken === undefined ? 'passed' : 'failed'
  return registry.records(endRun(registry.state, { app, run, outcome, steps, left: [] }, registry.context))
}

/** Opened at the disk, used, closed: no token, no sign-in and no page is needed for it. */
function opensGlass(registry: RegistryStory, id: string, isRehearsal: boolean): RegistryStory {
  const openedAt = registry.now
  const glass = {
    id,
    sha256: 'a'.repeat(64),
    by: 'root',
    reason: 'sign-in is down',
    openedAt,
    expiresAt: openedAt + day,
    isRehearsal,
  }
  registry.records(noteOpened(registry.state, glass, registry.context))
  return registry.records(noteUsed(registry.state, id, registry.context))
}

export const theEmergencyLeverWasRusty: Exhibit = {
  id: '19-the-emergency-lever-was-rusty',
  title: 'Cloudflare: the emergency lever was rusty',
  when: '2019-07-02; 2025-12-05',
  sources: ['Cloudflare, outage of July 2, 2019', 'Cloudflare, outage on December 5, 2025'],
  happened:
    'A rule went everywhere within seconds; to stop it people needed what stood behind the broken product, the way past that was little trained, and some of their credentials had lapsed unused. Six years later a switch for emergencies, which knows no stages and had never been used on that kind of rule, crashed an old proxy.',
  mechanism: 'a lever that is pulled in emergencies only is tried in emergencies only',
  uncertain: 'the list of eleven causes was read as it is quoted',
  peer: {
    name: 'a lever in a drawer',
    rule: 'work hangs on it daily ? noticed when it breaks : noticed when it is needed',
    incident() {
      const parts = [
        { name: 'publish', isDaily: true, brokeOnDay: 10 },
        { name: 'kill switch', isDaily: false, brokeOnDay: 20 },
      ]
      const emergencyOnDay = 95
      const broken = parts.filter(({ isDaily, brokeOnDay }) => !isDaily && brokeOnDay < emergencyOnDay)
      const names = broken.map(
        ({ name, brokeOnDay }) => `${name}, ${emergencyOnDay - brokeOnDay} days after it broke`,
      )
      return happened(broken.length === 1, `found in the emergency: ${names}`)
    },
  },
  answer:
    'A synthetic rack pulls every lever on a timer, in an app of its own: publish, promote, update, halt, freeze, each remedy, revert, recall, break-glass; one that fails alarms by its name, and so does a rehearsal that does not come. Each lever has the day on which it last worked, and the forecast the day on which that is too long ago. Break-glass needs the disk and nothing else, is loud and reviewed; an answer that an agent cannot read changes nothing on its rack.',
  heldBy: [
    'shared/domain/synthetic.ts',
    'shared/domain/commands/synthetic.ts',
    'shared/domain/commands/break-glass.ts',
    'cli/agent/judge-decision.ts',
    'cli/agent/rhythm.ts',
  ],
  missing:
    'The console and sign-in by others, which break-glass is for; a gate on the age of the last rehearsal.',
  processes: {
    file: 'test/cli/synthetic/run.test.ts',
    test: 'every lever works, and the registry knows when',
  },
  holds(witness) {
    const registry = aRegistry().withApp('waf').serves('10', '20')
    const alarms = () => [...registry.state.alarms.values()].filter(({ closed }) => !closed)
    const glassStanding = () =>
      leverStandings(registry.state, registry.state.synthetic.values()).find(
        ({ lever }) => lever === 'break-glass',
      )
    const isStale = () => {
      const standing = glassStanding()
      return standing !== undefined && isTooLongAgo(standing, registry.now)
    }

    rehearsed(registry, 'S-1')
    witness.is('all is well but for what was never rehearsed', alarms().length === 0 && isStale())
    registry.records(closeBreakGlass(opensGlass(registry, 'G-1', true).state, 'G-1', registry.context))
    witness.is('a rehearsal by hand counts', !isStale() && alarms().length === 0)
    const ahead = forecast(registry.state, [], { from: registry.now, to: registry.now + 95 * day }).ends
    const glass = ahead.find(({ what }) => what.includes('break-glass'))
    witness.is('the forecast has its day', glass?.expiry.at === registry.now + 90 * day)

    // A build in which `yank` throws: found by the next rehearsal, by its name, and over when it works again.
    registry.later(24 * 60)
    rehearsed(registry, 'S-2', 'yank-rollback')
    witness.answered(
      alarms()
        .map(({ kind, subject }) => `${kind} ${subject}`)
        .join(),
      'synthetic_failed yank-rollback',
    )
    registry.later(60)
    rehearsed(registry, 'S-3')
    witness.is('it closes itself', alarms().length === 0)
    // Ninety-five days of nothing: whoever should have said so is what is silent.
    registry.later(95 * 24 * 60)
    registry.records(noteSilence(registry.state, app, registry.context))
    witness.answered(
      alarms()
        .map(({ kind }) => kind)
        .join(),
      'synthetic_overdue',
    )
    witness.is('break-glass is stale', isStale())

    // For real: whoever is at the disk stops everything, the registry alarms, and a remedy does not go everywhere at once.
    opensGlass(registry, 'G-2', false).as('break-glass:G-2')
    witness.is(
      'it is loud',
      alarms().some(({ kind }) => kind === 'break_glass'),
    )
    registry.yanks('20', { severity: 'critical' }).freezes({ all: true })
    registry.plans('R-1', [{}, {}]).steps('R-1', { waiting: 1 }, { waiting: 1 }, {})
    witness.is('one first', registry.rollout('R-1').wave === 0)
    witness.told(aRack({ current: '20' }).asks(registry), 'wait 10: frozen')

    // A document that cannot be read is none: nothing moves, and the agent asks ever more rarely.
    const decision = { action: 'update', motive: 'rollout', reason: 'offered', target: null }
    witness.is(
      'bad answers are not acted on',
      [null, '', [], {}, decision].every((body) => !isDecision(body)),
    )
    let rhythm = calm
    let longest = 0
    for (let round = 0; round < 12; round += 1) {
      const next = afterRound(rhythm, { kind: 'silent', retryAfterSeconds: undefined }, 0.999)
      rhythm = next.rhythm
      longest = Math.max(longest, next.seconds)
    }
    witness.is('it backs off, to a quarter of an hour', longest > 890 && longest <= 900)
  },
}
