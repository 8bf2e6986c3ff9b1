/** Alarms: what the registry noticed by itself, and a person closes with a note. */
import { createRoute, z } from '@hono/zod-openapi'
import { type AlarmBody, alarmBody, closeAlarmBody } from '../../shared/contract/alarm.ts'
import type { Alarm } from '../../shared/domain/alarm.ts'
import { closeAlarm, findAlarm, noSuchAlarm } from '../../shared/domain/commands/alarm.ts'
import { toIso } from '../../shared/domain/instants.ts'
import { findApp, type State } from '../../shared/domain/state.ts'
import { type Credential, requirePermission } from '../access/credentials.ts'
import type { Registry } from '../registry.ts'
import { withoutUndefined } from './content.ts'
import { answers, body, listQuery, pageOf, routes, writeQuery, writing } from './route.ts'

const alarmParam = z.object({ alarm: z.string().min(1).max(64) })

const listAlarms = createRoute({
  method: 'get',
  path: '/alarms',
  tags: ['alarms'],
  summary: 'List the alarms, newest first: the open ones, or all of them',
  request: {
    query: listQuery.extend({
      app: z.string().min(1).max(64).optional(),
      all: z.enum(['true', 'false']).optional(),
    }),
  },
  responses: answers(
    z.object({ alarms: z.array(alarmBody), next: z.string().nullable() }),
    'A page of alarms',
  ),
})

const showAlarm = createRoute({
  method: 'get',
  path: '/alarms/{alarm}',
  tags: ['alarms'],
  summary: 'Show an alarm',
  request: { params: alarmParam },
  responses: answers(alarmBody, 'The alarm'),
})

const postClose = createRoute({
  method: 'post',
  path: '/alarms/{alarm}/close',
  tags: ['alarms'],
  summary: 'Close an alarm, saying what it was',
  request: { params: alarmParam, query: writeQuery, body: body(closeAlarmBody) },
  responses: answers(alarmBody.extend({ dryRun: z.boolean() }), 'The alarm'),
})

export function alarmRoutes({ ledger }: Registry) {
  /** For a credential of one app there are no others. */
  function visible(credential: Credential, state: State, id: string): Alarm {
    const alarm = findAlarm(state, id)
    if (!isWithin(credential, alarm)) throw noSuchAlarm(id)
    return alarm
  }

  return routes()
    .openapi(listAlarms, (c) => {
      const credential = c.get('credential')
      const { app, all, ...page } = c.req.valid('query')
      requirePermission(credential, 'read', { app: app ?? credential.app })
      if (app !== undefined) findApp(ledger.state, app)
      const found = [...ledger.state.alarms.values()]
        .reverse()
        .filter((alarm) => isWithin(credential, alarm) && (app === undefined || alarm.app === app))
        .filter(({ closed }) => all === 'true' || !closed)
      const { items, next } = pageOf(found, ({ id }) => id, page)
      return c.json({ alarms: items.map(alarmBodyOf), next }, 200)
    })
    .openapi(showAlarm, (c) => {
      const credential = c.get('credential')
      requirePermission(credential, 'read', { app: credential.app })
      return c.json(alarmBodyOf(visible(credential, ledger.state, c.req.valid('param').alarm)), 200)
    })
    .openapi(postClose, async (c) => {
      const credential = c.get('credential')
      const { alarm } = c.req.valid('param')
      const { note } = c.req.valid('json')
      requirePermission(credential, 'closeAlarm', { app: credential.app })
      const { app } = visible(credential, ledger.state, alarm)
      requirePermission(credential, 'closeAlarm', withoutUndefined({ app }))
      const write = writing(c, { note })
      const answer = await ledger.record({
        ...write,
        decide: (state, context) => closeAlarm(state, { alarm, note }, context),
        answer: (after) => ({ ...alarmBodyOf(findAlarm(after, alarm)), dryRun: write.isDryRun }),
      })
      return c.json(answer, 200)
    })
}

function isWithin({ app }: Credential, alarm: Alarm): boolean {
  return app === undefined || alarm.app === app
}

export function alarmBodyOf(alarm: Alarm): AlarmBody {
  const { id, kind, app, subject, count, since, detail, racks, raisedAt, raisedBy, closed } = alarm
  return {
    alarm: id,
    kind,
    app: app ?? null,
    subject,
    count,
    since: toIso(since),
    detail,
    racks: [...(racks ?? [])],
    raisedAt: toIso(raisedAt),
    raisedBy,
    closed: closed ? { ...closed, at: toIso(closed.at) } : null,
  }
}
