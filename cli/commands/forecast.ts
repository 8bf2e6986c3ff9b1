/** `headgate forecast`: what ends when, which link of its chain sets the date, what stops then, and for which racks. */
import type { Command } from 'commander'
import type { EndingBody } from '../../shared/contract/forecast.ts'
import { describeDuration, toIso } from '../../shared/domain/instants.ts'
import { unwrap } from '../api.ts'
import type { Deps } from '../deps.ts'
import { parseUntil } from '../duration.ts'
import { oneLine } from '../plain-text.ts'
import { openSession } from '../session.ts'
import { type RegistryOptions, registryVerb } from '../verb.ts'

interface Options extends RegistryOptions {
  readonly until?: string
  readonly app?: string
}

export function forecastCommand(deps: Deps): Command {
  return registryVerb({
    example: 'headgate forecast --until 2026-12-31',
    problems: ['app_not_found', 'invalid_date'],
  })
    .option('--until <when>', 'how far to look: 30d, 2026-12-31 or RFC 3339 (else 90 days)')
    .option('--app <app>', 'only what ends of this app')
    .action(async (options: Options) => {
      const { until, app } = options
      const { api, report } = await openSession(deps, options)
      const end = until === undefined ? undefined : toIso(parseUntil('--until', until, deps.clock.now()))
      const query = { ...(end !== undefined && { until: end }), ...(app !== undefined && { app }) }
      const forecast = await unwrap(api.v1.forecast.$get({ query }))
      const { ends, leftOut, from } = forecast
      report.show('Forecast', forecast, (page) => {
        page.table(
          ['when', 'in', 'what', 'set by', 'stops', 'racks'],
          ends.map((one) => rowOf(one, Date.parse(from))),
        )
      })
      const unknown = ends.filter(({ endsAt }) => endsAt === null).length
      if (ends.length === 0) report.say(`Nothing is known to end until ${forecast.until}.`)
      if (unknown > 0)
        report.warn(`Nobody declared when ${unknown} of these ${ends.length} end: any day may be the day.`)
      if (leftOut > 0) report.warn(`${leftOut} more end later; ask for one app, or for fewer days.`)
    })
}

function rowOf(ending: EndingBody, now: number): string[] {
  const { app, channel, endsAt, noLaterThan, what, stops } = ending
  const place = [app, channel].filter(Boolean).join('/')
  return [
    endsAt === null ? '? unknown' : endsAt,
    distance(endsAt, noLaterThan, now),
    oneLine(place === '' ? what : `${what} (${place})`, 60),
    linkWords(ending),
    oneLine(stops, 80),
    racksWords(ending),
  ]
}

/** Of what is unknown, by when it has ended at the latest, if anybody knows that. */
function distance(endsAt: string | null, noLaterThan: string | null, now: number): string {
  if (noLaterThan === null) return '?'
  const left = Date.parse(noLaterThan) - now
  if (left <= 0) return `ended ${describeDuration(-left)} ago`
  return endsAt === null ? `${describeDuration(left)} at most` : describeDuration(left)
}

/** The link, with what was seen of it where nothing is declared, or something else. */
function linkWords({ setBy: { link, declaredEndsAt, seenEndsAt } }: EndingBody): string {
  const name = oneLine(link, 60)
  if (seenEndsAt === null || seenEndsAt === declaredEndsAt) return name
  if (declaredEndsAt === null) return `${name} (seen: ${seenEndsAt})`
  return `${name} (declared: ${declaredEndsAt}, seen: ${seenEndsAt})`
}

function racksWords({ racks: { count, names } }: EndingBody): string {
  if (count === 0) return ''
  const shown = names.slice(0, 3).join(', ')
  return `${count}: ${shown}${count > Math.min(names.length, 3) ? ', …' : ''}`
}
