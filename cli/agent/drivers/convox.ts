/**
 * The `convox` driver: racks of v2 and v3, moved by `convox rack update`. What that prints is a hint (an update that
 * CloudFormation rolled back ends with "OK"): the version and the status of the rack are compared afterwards. When
 * the rack's own API refuses us on the way back, its CloudFormation stack is updated instead.
 */

import { Problem } from '../../../shared/domain/problem.ts'
import { createConvoxCli, secretsIn, type UpdateSaid } from './convox-cli.ts'
import type { ConvoxDriverConfig } from './convox-config.ts'
import { createLookout, type Look } from './convox-look.ts'
import { isOneWay, refuseMinors } from './convox-minors.ts'
import { parametersOf } from './convox-parameters.ts'
import { createConvoxStack } from './convox-stack.ts'
import { driverStatusOf } from './convox-status.ts'
import type { Driver, Move } from './driver.ts'
import type { DriverPlace } from './run-step.ts'
import { checkedVersionName } from './version-name.ts'

export function createConvoxDriver(config: ConvoxDriverConfig, given: DriverPlace): Driver {
  const place = { ...given, redact: [...(given.redact ?? []), ...secretsIn(given.env)] }
  const { clock } = place
  const { rack, pollSeconds } = config
  const timeoutMs = config.timeoutMinutes * 60_000
  const waitMs = config.waitMinutes * 60_000
  const patienceMs = config.patienceSeconds * 1_000
  const cli = createConvoxCli(config, place)
  const stack = config.stack && createConvoxStack(config.stack, place, config.readTimeoutSeconds)
  const lookout = createLookout(config, cli, stack, clock, (line) => place.note?.(line))

  /** The version that the rack was last seen settled on; a move makes that void. */
  let settledOn: string | null = null
  let hasMoved = false

  async function current(): Promise<string> {
    const said = await lookout.look()
    if ('silence' in said) throw lookout.silentProblem(said.silence)
    const { version, word, meaning } = said.answer
    if (meaning === 'settled' || meaning === 'converging') {
      settledOn = version
      return version
    }
    if (meaning === 'broken') throw asPreflight(lookout.brokenProblem(said.answer))
    // While a stack is changing, its version is the one that it wants to become; unless that is what it was anyway.
    const before = settledOn ?? (hasMoved ? null : (place.lastSeen?.() ?? null))
    if (meaning === 'changing' && version === before) return version
    throw new Problem(
      'preflight_failed',
      `Cannot tell which version is installed: the rack ${rack} is "${word}", on ${version} or on its way there.`,
      { hint: `wait for it: convox rack -r ${rack}`, numbers: { status: word } },
    )
  }

  /** Whether updates can be asked of the rack itself. One refusal may be a rack that is just coming up. */
  async function apiAnswers(move: Move): Promise<boolean> {
    const startedAt = clock.monotonic()
    for (let refusals = 0; ; ) {
      const said = await lookout.byApi()
      if ('answer' in said || said.silence.why === 'unreadable') return true
      refusals = said.silence.why === 'refused' ? refusals + 1 : 0
      if (refusals >= 3 || clock.monotonic() - startedAt >= patienceMs) {
        move.note(`the API of ${rack} does not let us in: ${said.silence.said}`)
        return false
      }
      await clock.sleep(pollSeconds * 1_000)
    }
  }

  /** Waits until nothing is under way, ours from before a crash included. Null when the rack is there already. */
  async function begin(move: Move, to: string): Promise<Look | null> {
    hasMoved = true
    settledOn = null
    stack?.cleanUp()
    const { look } = await lookout.settled({ limitMs: timeoutMs, patienceMs, times: 1, note: move.note })
    if (look.version === to) {
      move.note(`${rack} is on ${to} already`)
      settledOn = to
      return null
    }
    if (look.version === move.from) return look
    throw changedBeside(look, move)
  }

  function changedBeside({ version }: Look, { from, to }: Move): Problem {
    return new Problem(
      'stuck',
      `The rack ${rack} runs ${version}, neither ${from ?? 'nothing'} nor ${to ?? 'nothing'}: somebody else has changed it, and that is not undone.`,
      { hint: `accept ${version}, or bring the rack to what it should run`, numbers: { got: version } },
    )
  }

  async function moveByConvox(before: Look, to: string, move: Move): Promise<void> {
    if (before.generation === 'v3') {
      refuseMinors(before.version, to, rack)
      if (place.env.RACK_URL !== undefined) move.note('RACK_URL is left out: a v3 rack takes no update by it')
    }
    const endsAt = clock.monotonic() + timeoutMs
    const takenUntil = clock.monotonic() + waitMs
    const leftMs = () => Math.max(0, endsAt - clock.monotonic())
    for (;;) {
      const isV2 = before.generation === 'v2'
      const said = await cli.update(to, move, { wait: isV2, timeoutSeconds: Math.max(1, leftMs() / 1_000) })
      // The update of a v3 rack of the Console begins some time after "OK".
      const graceMs = said.exitedWell && !isV2 ? config.startSeconds * 1_000 : 0
      const { look, wasChanging } = await lookout.settled({
        limitMs: leftMs(),
        patienceMs,
        times: 2,
        awaited: { version: to, graceMs },
        note: move.note,
      })
      if (look.version === to) {
        if (!said.exitedWell) move.note(`${to} is there, although convox ${said.how}`)
        settledOn = to
        return
      }
      if (look.version !== before.version) throw changedBeside(look, move)
      if (!said.isTaken) throw missed(said, look, to, wasChanging)
      if (clock.monotonic() >= takenUntil) throw takenTooLong(said, look)
      await refuseBrokenStack()
      move.note(`somebody else is updating ${rack}: waiting for that`)
      await clock.sleep(pollSeconds * 1_000)
    }
  }

  function missed(said: UpdateSaid, look: Look, to: string, wasChanging: boolean): Problem {
    const isRolledBack = look.generation === 'v2' && (said.exitedWell || wasChanging)
    const why = isRolledBack
      ? `it was rolled back by CloudFormation${said.exitedWell ? ', although convox printed OK' : ''}`
      : said.exitedWell
        ? `convox printed OK, and nothing came of it`
        : said.how
    return new Problem('update_failed', `${rack} did not get to ${to}: ${why}. ${look.version} runs.`, {
      hint: `what went wrong stands in the rack's log: convox rack logs -r ${rack}`,
      numbers: { got: look.version, expected: to, lastLines: said.lastLines },
    })
  }

  /** Racks from before 2016-11 say "running" while their stack has failed, and "already updating" for ever. */
  function takenTooLong(said: UpdateSaid, look: Look): Problem {
    const name = config.stack?.name ?? rack.split('/').at(-1)
    return new Problem(
      'update_failed',
      `${rack} is "${look.word}", yet for ${config.waitMinutes} min it has taken no update: ${said.lastLines.at(-1)}`,
      {
        hint: `look at what goes on there: aws cloudformation describe-stacks --stack-name ${name}`,
        numbers: { lastLines: said.lastLines },
      },
    )
  }

  async function refuseBrokenStack(): Promise<void> {
    const said = await lookout.byStack()
    if (said !== null && 'answer' in said && said.answer.meaning === 'broken') {
      throw lookout.brokenProblem(said.answer)
    }
  }

  async function moveByStack(before: Look, to: string, move: Move): Promise<void> {
    if (stack === null) return
    move.note(`the way back goes by the CloudFormation stack ${config.stack?.name}`)
    const failed = await stack.begin(to, move, timeoutMs / 1_000).then(() => null, problemOnly)
    if (failed?.code === 'masked_value') throw failed
    const { look } = await lookout.settled({
      limitMs: timeoutMs,
      patienceMs,
      times: 2,
      note: move.note,
    })
    if (look.version === to) {
      settledOn = to
      const said = await lookout.byApi()
      move.note(
        'answer' in said
          ? `the API of ${rack} lets us in again`
          : `the API of ${rack} still does not let us in: ${said.silence.said}`,
      )
      return
    }
    if (look.version !== before.version) throw changedBeside(look, move)
    throw (
      failed ??
      new Problem(
        'update_failed',
        `${rack} did not get back to ${to}: the update of its stack was rolled back by CloudFormation. ${look.version} runs.`,
        { hint: `aws cloudformation describe-stack-events --stack-name ${config.stack?.name}` },
      )
    )
  }

  return {
    kind: 'convox',
    offlineRollback: false,
    needsArtifact: false,
    leftoverPatienceMs: timeoutMs,
    current,

    async status() {
      const said = await lookout.look()
      return 'silence' in said ? 'unknown' : driverStatusOf(said.answer.meaning)
    },

    keeps: async () => false,

    async prepare({ from, to, direction, note }) {
      const waiting = { limitMs: waitMs, patienceMs: 0, times: 1, note }
      const { look } = await lookout.settled(waiting).catch(refusedEarly)
      if (look.by === 'stack' && direction === 'forward') {
        const said = await lookout.byApi()
        if ('silence' in said) throw lookout.silentProblem(said.silence)
      }
      await refuseBrokenStack().catch(refusedEarly)
      if (from === null || to === null || look.generation === 'v2') return
      refuseMinors(from, to, rack)
      if (isOneWay(from, to)) {
        note(
          `there is no way back from ${to} to ${from}: Convox takes no v3 rack to an earlier minor version`,
        )
      }
    },

    async apply(move) {
      const to = targetOf(move, rack)
      const before = await begin(move, to)
      if (before) await moveByConvox(before, to, move)
    },

    async goBack(move) {
      const to = targetOf(move, rack)
      const before = await begin(move, to)
      if (!before) return
      if (stack !== null && !(await apiAnswers(move))) return moveByStack(before, to, move)
      try {
        await moveByConvox(before, to, move)
      } catch (error) {
        const problem = problemOnly(error)
        // It may have gone away in the middle.
        if (stack === null || problem.code !== 'update_failed' || (await apiAnswers(move))) throw problem
        move.note(problem.message)
        await moveByStack(before, to, move)
      }
    },

    async parameters() {
      const said = await lookout.look()
      if ('silence' in said) throw lookout.silentProblem(said.silence)
      return parametersOf(said.answer.parameters)
    },

    prune: async () => [],
  }
}

function targetOf({ to }: Move, rack: string): string {
  if (to !== null) return checkedVersionName(to)
  throw new Problem(
    'stuck',
    `A rack of Convox cannot be taken back to nothing: ${rack} was there before headgate.`,
    {
      hint: `convox rack -r ${rack}`,
    },
  )
}

function problemOnly(error: unknown): Problem {
  if (error instanceof Problem) return error
  throw error
}

function asPreflight({ message, hint, numbers }: Problem): Problem {
  return new Problem('preflight_failed', message, {
    ...(hint !== undefined && { hint }),
    ...(numbers !== undefined && { numbers }),
  })
}

/** Before a move has begun, a broken rack is a reason not to begin, not a rack that got stuck. */
function refusedEarly(error: unknown): never {
  throw asPreflight(problemOnly(error))
}
