// A channel's address named an old version and a new one in turn, and controllers tried to go back and forth with it.
// When: 26 June 2026; 10 April 2021.
// Source: k3s-io/k3s#14282; home-assistant/supervisor#2800.
import { isDecision, refuseStale } from '../../cli/agent/judge-decision.ts'
import { newRackState, type RackState } from '../../cli/agent/rack-state.ts'
import { decisionBodyOf } from '../../server/fleet/decision-body.ts'
import type { DecisionBody } from '../../shared/contract/rack.ts'
import { aRack, aRegistry, type RegistryStory } from '../support/builders.ts'
import { type Exhibit, happened } from './exhibit.ts'

const polls = 20

/** What a rack is answered, as it crosses the wire. */
function answerOf(registry: RegistryStory, current: string): DecisionBody {
  const rack = aRack({ current })
  const told: unknown = JSON.parse(
    JSON.stringify(
      decisionBodyOf({
        decision: rack.asks(registry),
        app: registry.app,
        channel: registry.channel(),
        facts: rack.facts,
        rack: rack.facts.name,
        ledgerSequence: registry.events.length,
        answeredAt: registry.now,
      }),
    ),
  )
  if (!isDecision(told)) throw new Error('The rack takes it for no decision.')
  return told
}

/** Of what a rack remembers, what an answer is judged by. */
function having(answer: DecisionBody): RackState {
  const { channel, revision, ledgerSequence } = answer
  return {
    ...newRackState(channel),
    scheme: 'semver',
    seen: { channel, revision, ledgerSequence },
  }
}

export const theFlappingChannel: Exhibit = {
  id: '02-the-flapping-channel',
  title: 'k3s and Home Assistant: the flapping channel',
  when: '2026-06-26; 2021-04-10',
  sources: ['k3s-io/k3s#14282', 'home-assistant/supervisor#2800'],
  happened:
    'For about three days the address of the channel `stable` answered with 1.35.5 and with 1.36.2 in turn; controllers made one failing downgrade job after the other and left nodes out of service. In 2021 a file of versions went back by a month from time to time, depending on the cache that answered.',
  mechanism: 'several answer, none says how new its answer is, and the reader believes the last one',
  peer: {
    name: 'a client of two replicas that disagree',
    rule: 'target = ask(nextReplica()); if (target !== current) install(target)',
    incident() {
      const replicas = ['1.36.2', '1.35.5']
      let current = '1.36.2'
      let backwards = 0
      for (let poll = 0; poll < polls; poll += 1) {
        const target = replicas[poll % replicas.length] ?? current
        if (target < current) backwards += 1
        current = target
      }
      return happened(backwards > 1, `within ${polls} questions it went back ${backwards} times`)
    },
  },
  answer:
    'Every answer carries the revision of its channel and the place in the ledger that it stands on. A rack remembers the newest that it has seen of both, across restarts, and acts on nothing older: the last good decision stands, and the person reads both numbers.',
  heldBy: ['cli/agent/judge-decision.ts', 'shared/domain/claims.ts'],
  missing:
    'Replicas: there is one registry, so none that is cut off and says so at `/readyz`, and no probe from outside that compares what a replica, a mirror and a cache serve.',
  processes: {
    file: 'test/museum/processes/02-the-flapping-channel.test.ts',
    test: 'a registry and its old copy answer in turn: the rack moves once, forward',
  },
  holds(witness) {
    const cutOff = aRegistry().withApp('k3s', 'semver').serves('1.34.1', '1.35.5')
    const whole = aRegistry().withApp('k3s', 'semver').serves('1.34.1', '1.35.5', '1.36.2')
    witness.is('one is behind the other', cutOff.events.length < whole.events.length)

    // A rack on the newest version hears both in turn.
    const knows = having(answerOf(whole, '1.36.2'))
    for (let poll = 0; poll < polls; poll += 1) {
      const answer = answerOf(poll % 2 === 0 ? whole : cutOff, '1.36.2')
      witness.is('neither sends it back', answer.action === 'none')
      if (poll % 2 === 0) refuseStale(answer, knows)
      else {
        const { message } = witness.refused(() => refuseStale(answer, knows), 'stale_answer')
        witness.is(
          'what it got and what it has seen are said',
          /revision 2 .*seen revision 3/.test(message) && message.endsWith('Nothing is changed.'),
        )
      }
    }
    witness.told(aRack({ current: '1.36.2' }).asks(whole), 'none: up_to_date')
    witness.told(aRack({ current: '1.36.2' }).asks(cutOff), 'none: ahead_of_channel')

    // A rack that is behind takes 1.36.2 from the one; what the other would have it take is not even looked at.
    const behind = aRack({ current: '1.34.1' })
    witness.told(behind.asks(whole), 'update 1.36.2: offered')
    witness.told(behind.asks(cutOff), 'update 1.35.5: offered')
    const offered = answerOf(whole, '1.34.1')
    refuseStale(offered, having(answerOf(cutOff, '1.34.1')))
    witness.refused(() => refuseStale(answerOf(cutOff, '1.34.1'), having(offered)), 'stale_answer')

    // A revision that is older is enough: a copy may have got on with something else meanwhile.
    const { revision, ...rest } = offered
    const busy = { ...rest, revision: revision - 1, ledgerSequence: rest.ledgerSequence + 100 }
    witness.refused(() => refuseStale(busy, having(offered)), 'stale_answer')
    // So is a place in the ledger: who missed a freeze is on the same revision, and offers what nobody may take.
    const frozen = aRegistry()
      .withApp('k3s', 'semver')
      .serves('1.34.1', '1.35.5')
      .freezes({ app: 'k3s', channel: 'stable' })
    witness.told(behind.asks(frozen), 'wait 1.35.5: frozen')
    const thawed = answerOf(cutOff, '1.34.1')
    const knowsOfIt = having(answerOf(frozen, '1.34.1'))
    witness.is('on the same revision', thawed.revision === knowsOfIt.seen.revision)
    witness.refused(() => refuseStale(thawed, knowsOfIt), 'stale_answer')
  },
}
