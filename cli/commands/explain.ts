/** `headgate explain`: what a rack would be told if it asked now, with every rule that was asked on the way. */
import type { Command } from 'commander'
import type { DecisionBody } from '../../shared/contract/rack.ts'
import { toIso } from '../../shared/domain/instants.ts'
import { Problem } from '../../shared/domain/problem.ts'
import { askRegistry } from '../agent/ask.ts'
import { ageOf } from '../agent/doctor.ts'
import { openRack, type Rack } from '../agent/rack.ts'
import { ordersOf } from '../agent/rack-report.ts'
import { at, unwrap } from '../api.ts'
import { drawDecision } from '../decision-page.ts'
import type { Deps } from '../deps.ts'
import { ownFields } from '../order-fields.ts'
import type { Page } from '../output.ts'
import { atOption, atQuery, drawPast } from '../past-page.ts'
import { openRackSession } from '../rack-session.ts'
import { openSession } from '../session.ts'
import { type RegistryOptions, registryVerb } from '../verb.ts'

interface Options extends RegistryOptions {
  readonly app?: string
  readonly rack?: string
  readonly dir?: string
  readonly at?: string
}

/** On the rack the last decision is at hand. */
const patienceMs = 3_000

export function explainCommand(deps: Deps): Command {
  return registryVerb({
    example: 'headgate explain --app rack --rack prod-1',
    problems: ['app_not_found', 'rack_not_found', 'not_enrolled', 'invalid_date', 'past_unknown'],
  })
    .option('--app <app>', 'the app')
    .option('--rack <rack>', 'the rack, as the registry knows it')
    .option('--dir <dir>', 'on the rack: its own directory; without a registry, the last decision')
    .option(...atOption)
    .action(async (options: Options) => {
      const { app, rack, dir } = options
      if (dir !== undefined && options.at !== undefined) {
        throw new Problem(
          'invalid_input',
          'Only the registry knows earlier times: --at goes with --app and --rack.',
          {
            hint: 'headgate history --dir DIR',
          },
        )
      }
      if (dir !== undefined) return explainHere(deps, { ...options, dir })
      if (app === undefined || rack === undefined) {
        throw new Problem(
          'invalid_input',
          'Which rack? Either --app and --rack, or --dir on the rack itself.',
          { hint: 'headgate rack list --app APP' },
        )
      }
      const { api, report } = await openSession(deps, options)
      const decision = await unwrap(
        api.v1.apps[':app'].racks[':rack'].decision.$get({
          param: at({ app, rack }),
          query: atQuery(deps, options.at),
        }),
      )
      report.show('Decision', decision, (page) => {
        drawDecision(page, decision)
        drawPast(page, decision.past)
      })
    })
}

async function explainHere(deps: Deps, options: Options & { readonly dir: string }): Promise<void> {
  const { place, report } = openRackSession(deps, options)
  const rack = await openRack(place)
  try {
    const { decision } = await askRegistry(rack, { isTraced: true, timeoutMs: patienceMs, startMs: 0 })
    report.show('Decision', decision, (page) => drawHere(page, decision, rack))
  } catch (error) {
    const last = rack.state.lastDecision
    if (!(error instanceof Problem) || error.face.exit !== 6 || !last) throw error
    const now = rack.time.now()
    report.warn(`${error.message} What follows was answered ${ageOf(last.at, now)}.`)
    const ageSeconds = Math.max(0, Math.round((now - last.at) / 1000))
    const lastAnswer = { at: toIso(last.at), ageSeconds, whyNotNow: error.message }
    report.show('Decision', { ...last.body, lastAnswer }, (page) => {
      page.line(`answered ${ageOf(last.at, now)}, and not asked now: the registry does not answer`)
      drawHere(page, last.body, rack)
    })
  }
}

/** With the rack's own orders: those from the registry are part of its decision. */
function drawHere(page: Page, decision: DecisionBody, { state }: Rack): void {
  drawDecision(page, decision)
  const own = ownFields(page, ordersOf(state))
  if (own.length === 0) return
  page.line()
  page.fields(own)
}
