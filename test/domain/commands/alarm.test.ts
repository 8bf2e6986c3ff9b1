// Raising an alarm once, and closing it with a note.
import { describe, expect, test } from 'vitest'
import { openAlarm } from '../../../shared/domain/alarm.ts'
import { closeAlarm, raiseAlarm } from '../../../shared/domain/commands/alarm.ts'
import { foldEvents } from '../../../shared/domain/fold.ts'
import { emptyState, forkState, type State } from '../../../shared/domain/state.ts'
import { problemOf } from '../../support/builders.ts'
import { aFinding } from '../../support/raise-alarm.ts'

const noon = Date.UTC(2016, 7, 16, 12)
const itself = { now: noon, actor: 'registry' }
const ada = { now: noon + 1000, actor: 'token:ada' }

function raised(state: State = emptyState(), ...findings: readonly ReturnType<typeof aFinding>[]): State {
  for (const finding of findings) foldEvents(state, raiseAlarm(state, finding, itself))
  return state
}

describe('raising', () => {
  test('is one event, by the registry itself', () => {
    expect(raiseAlarm(emptyState(), aFinding(), itself)).toEqual([
      { type: 'alarm.raised', v: 1, at: noon, actor: 'registry', alarm: 'ALARM-1', ...aFinding() },
    ])
  })

  test('the same again is no other alarm, however much there is of it', () => {
    const state = raised(emptyState(), aFinding())
    expect(raiseAlarm(state, aFinding({ count: 40 }), itself)).toEqual([])
  })

  test('of another app, or about something else, it is', () => {
    const state = raised(
      emptyState(),
      aFinding(),
      aFinding({ app: 'other' }),
      aFinding({ subject: 'canary' }),
    )
    expect([...state.alarms.values()].map(({ id, app, subject }) => [id, app, subject])).toEqual([
      ['ALARM-1', 'rack', 'fleet'],
      ['ALARM-2', 'other', 'fleet'],
      ['ALARM-3', 'rack', 'canary'],
    ])
  })

  test('once closed, the next one is a new one', () => {
    const state = raised(emptyState(), aFinding())
    foldEvents(state, closeAlarm(state, { alarm: 'ALARM-1', note: 'a backup' }, ada))
    expect(openAlarm(state, aFinding())).toBeUndefined()
    expect(openAlarm(raised(state, aFinding()), aFinding())?.id).toBe('ALARM-2')
  })

  test('a fork does not alarm the state it came from', () => {
    const state = emptyState()
    raised(forkState(state), aFinding())
    expect(state.alarms.size).toBe(0)
  })
})

describe('closing', () => {
  const close = (state: State, note: string, context = ada, alarm = 'ALARM-1') =>
    closeAlarm(state, { alarm, note }, context)

  test('keeps who, when and what it was', () => {
    const state = raised(emptyState(), aFinding())
    foldEvents(state, close(state, 'a backup'))
    expect(state.alarms.get('ALARM-1')).toMatchObject({
      count: 3,
      raisedBy: 'registry',
      closed: { at: ada.now, by: 'token:ada', note: 'a backup' },
    })
  })

  test('the same again is closed already; another note would be lost, and is refused', () => {
    const state = raised(emptyState(), aFinding())
    foldEvents(state, close(state, 'a backup'))
    expect(close(state, 'a backup')).toEqual([])
    expect(problemOf(() => close(state, 'something else'))).toMatchObject({
      code: 'alarm_closed',
      message: 'ALARM-1 was closed by token:ada at 2016-08-16T12:00:01.000Z: a backup',
    })
    expect(problemOf(() => close(state, 'a backup', { ...ada, actor: 'token:bob' })).code).toBe(
      'alarm_closed',
    )
  })

  test('what is not there cannot be closed', () => {
    expect(problemOf(() => close(emptyState(), 'x', ada, 'ALARM-7'))).toMatchObject({
      code: 'alarm_not_found',
    })
  })
})
