/** `headgate synthetic run`: every lever pulled by a rack of its own, in an app of its own; once, or again and again. */
import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import { describeDuration } from '../../../shared/domain/instants.ts'
import { Problem } from '../../../shared/domain/problem.ts'
import type { StepResult } from '../../../shared/domain/synthetic.ts'
import { at, unwrap } from '../../api.ts'
import { requireDataFolder } from '../../break-glass-files.ts'
import type { Deps } from '../../deps.ts'
import { parseDuration } from '../../duration.ts'
import type { Report } from '../../output.ts'
import { openSession, type Session } from '../../session.ts'
import { isFine, limitSecondsOf, type Rehearsal, type Rehearsed, rehearse } from '../../synthetic/rehearse.ts'
import { type Step, steps } from '../../synthetic/steps.ts'
import { dryRunOption, type RegistryOptions, registryVerb } from '../../verb.ts'

export const usualSyntheticApp = 'headgate-synthetic'

interface Options extends RegistryOptions {
  readonly app: string
  readonly dir?: string
  readonly data?: string
  readonly steps?: readonly Step[]
  readonly every?: string
  readonly nextWithin?: string
  readonly takeOver?: string
}

export function syntheticRunCommand(deps: Deps): Command {
  return registryVerb({
    example: 'headgate synthetic run --data ./registry',
    problems: [
      'not_synthetic',
      'synthetic_running',
      'synthetic_failed',
      'invalid_date',
      'locked',
      'interrupted',
    ],
  })
    .option('--app <app>', 'where it takes place; the first run creates it', usualSyntheticApp)
    .option('--dir <dir>', "for the rack (else the user's state directory)")
    .option('--data <dir>', "the registry's own folder, on this machine: break-glass is rehearsed too")
    .option('--steps <levers>', 'only these, separated by commas; what they need is done as well', parseSteps)
    .option('--every <duration>', 'again and again, such as 6h, until it is stopped')
    .option('--next-within <duration>', 'the next run follows within this time, or the registry alarms')
    .option('--take-over <run>', 'in the place of this one, which is under way and certainly dead')
    .addOption(dryRunOption())
    .action(async (options: Options) => {
      const session = await openSession(deps, options)
      const rehearsal = rehearsalOf(deps, session, options)
      if (options.dryRun) return showOnly(session, rehearsal)
      if (options.every !== undefined) return goOn(deps, session, rehearsal, options.every)
      const ended = await rehearse(deps, session, rehearsal)
      showRehearsed(session.report, ended)
      const problem = problemOf(ended)
      if (problem) throw problem
      session.report.next(`headgate synthetic show --app ${ended.app}`)
    })
}

function rehearsalOf(deps: Deps, { report }: Session, options: Options): Rehearsal {
  const { app, dir, data, every, nextWithin = every, takeOver, url, tokenFile, context } = options
  const dataDir = data === undefined ? undefined : resolve(deps.cwd, data)
  if (dataDir !== undefined) requireDataFolder(deps, dataDir)
  const flags = { '--url': url, '--token-file': tokenFile, '--context': context }
  return {
    app,
    dataDir,
    dir: dir === undefined ? join(stateHome(deps), 'headgate-synthetic', app) : resolve(deps.cwd, dir),
    steps: options.steps ?? steps,
    access: Object.entries(flags).flatMap(([flag, value]) => (value === undefined ? [] : [flag, value])),
    nextWithinSeconds:
      nextWithin === undefined
        ? undefined
        : parseInterval(every === nextWithin ? '--every' : '--next-within', nextWithin),
    takesOver: takeOver,
    interruption: options.dryRun ? new AbortController().signal : deps.interruption(),
    onBegun(run, cleared) {
      report.say(`${run} in ${app}`)
      if (cleared.length > 0) report.warn(`an earlier run left ${cleared.join(', ')}: cleared away`)
    },
    onStep: (result) => showStep(report, result),
  }
}

function stateHome({ env, cwd }: Deps): string {
  return env.XDG_STATE_HOME || join(env.HOME ?? cwd, '.local', 'state')
}

const shortestSeconds = 60

/** In whole seconds. */
export function parseInterval(flag: string, text: string): number {
  const interval = Math.round(parseDuration(flag, text) / 1000)
  if (interval >= shortestSeconds) return interval
  throw new Problem('invalid_date', `${flag} ${text} is shorter than a run may take: at least 1m.`)
}

function parseSteps(text: string): readonly Step[] {
  const wanted = text.split(',').map((name) => name.trim())
  const unknown = wanted.find((name) => !steps.some(({ lever }) => lever === name))
  if (unknown === undefined) return steps.filter(({ lever }) => wanted.includes(lever))
  const known = steps.map(({ lever }) => lever).join(', ')
  throw new Problem('invalid_input', `There is no lever "${unknown.slice(0, 60)}"; there are: ${known}.`)
}

/** Asked of the registry, which says whether it may; nothing is created and nothing pulled. */
async function showOnly({ api, report }: Session, { app, steps: chosen, dataDir }: Rehearsal): Promise<void> {
  const levers = chosen.map(({ lever }) => lever)
  const begun = await unwrap(
    api.v1.apps[':app'].synthetic.runs.$post({
      param: at({ app }),
      query: { dryRun: 'true' },
      json: { levers, limitSeconds: limitSecondsOf(chosen) },
    }),
  )
  const planned = chosen.map(({ lever, does, limitSeconds, missing }) => {
    const why = missing?.({ dataDir })
    return { lever, does, limitSeconds, ...(why !== undefined && { notRehearsed: why }) }
  })
  report.show('SyntheticPlan', { app, isNewApp: begun.isNewApp, steps: planned, dryRun: true }, (page) => {
    page.line(`${begun.run} in ${app}${begun.isNewApp ? ', which it creates' : ''}`)
    for (const { lever, does, limitSeconds, notRehearsed } of planned) {
      page.line(`  ${lever} (within ${limitSeconds} s): ${does}`)
      if (notRehearsed !== undefined) page.line(`    not rehearsed: ${notRehearsed}`)
    }
  })
  report.say('A dry run: nothing was changed.')
}

/** What fails is said, and the next run tries again: only a person or a signal ends this. */
async function goOn(deps: Deps, session: Session, rehearsal: Rehearsal, every: string): Promise<void> {
  const { interruption } = rehearsal
  const { report } = session
  const interval = parseInterval('--every', every) * 1000
  while (!interruption.aborted) {
    try {
      const ended = await rehearse(deps, session, rehearsal)
      showRehearsed(report, ended)
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      report.warn(`${error.code}: ${error.message}`)
    }
    if (interruption.aborted) break
    const wait = interval * (1 + chance(deps) / 10)
    report.say(`Again in ${describeDuration(wait)}.`)
    await deps.clock.sleep(wait, interruption)
  }
  report.say('The rehearsals have stopped.')
}

/** From 0 up to 1. */
function chance({ random }: Deps): number {
  return Buffer.from(random.bytes(4)).readUInt32BE() / 2 ** 32
}

function showStep(report: Report, { lever, outcome, milliseconds, code, detail }: StepResult): void {
  const cause = `${code === undefined ? '' : `${code}: `}${detail ?? ''}`
  if (outcome === 'passed') report.done(`${lever}  ${milliseconds} ms`)
  else if (outcome === 'not_rehearsed') report.warn(`${lever}  not rehearsed: ${cause}`)
  else if (outcome === 'not_reached') report.warn(`${lever}  not reached: ${cause}`)
  else report.explain((page) => page.mark('failed', `${lever}  ${milliseconds} ms: ${cause}`))
}

function showRehearsed(report: Report, ended: Rehearsed): void {
  const { untold, ...body } = ended
  const raised = ended.alarms.filter(({ closed }) => closed === null)
  report.show('SyntheticRun', { ...body, isRecorded: untold === undefined }, (page) => {
    page.table(
      ['lever', 'outcome', 'ms', 'limit'],
      ended.steps.map(({ lever, outcome, milliseconds, limitMilliseconds }) => [
        lever,
        outcome.replaceAll('_', ' '),
        outcome === 'passed' || outcome === 'failed' ? String(milliseconds) : '-',
        String(limitMilliseconds),
      ]),
    )
    for (const { alarm, kind, detail } of raised) page.mark('warning', `${alarm} ${kind}: ${detail}`)
    for (const what of ended.left) page.mark('warning', `left behind: ${what}`)
  })
  if (untold)
    report.warn(`The registry was not told, and alarms when it has waited long enough: ${untold.message}`)
}

function problemOf({ app, run, outcome, steps: played, left, untold }: Rehearsed): Problem | undefined {
  const bad = played.filter((step) => !isFine(step.outcome))
  const [first] = bad.filter((step) => step.outcome === 'failed').concat(bad)
  if (first) {
    const others = bad.length > 1 ? ` (and ${bad.length - 1} more)` : ''
    return new Problem('synthetic_failed', `${run}: ${first.lever} does not work${others}: ${first.detail}`, {
      hint: `headgate alarm list --app ${app}`,
      numbers: { run, failed: bad.map(({ lever }) => lever) },
    })
  }
  if (outcome === 'interrupted')
    return new Problem('interrupted', `${run} was interrupted; what it had set up is cleared away.`)
  if (left.length > 0)
    return new Problem('synthetic_failed', `${run} left behind: ${left.join('; ')}`, {
      hint: `headgate synthetic run --app ${app}   # clears it away first`,
    })
  return untold
}
