/**
 * The `convox` driver: racks of v2 and v3, moved by `convox rack update`. What that prints is a hint (an update that
 * CloudFormation rolled back ends with "OK"): the version and the status of the rack are compared afterwards. When
 * the rack's own API refuses us on the way back, its CloudFormation stack is updated instead.
 */

import { Problem } from '../../../shared/domain/problem.ts'
import { createConvoxCli, secretsIn } from './convox-cli.ts'
import type { ConvoxDriverConfig } from './convox-config.ts'
import { createLookout, type Look } from './convox-look.ts'
import { isOneWay, refuseMinors } from './convox-minors.ts'
import { createConvoxMoves, problemOnly, refuseBrokenStack } from './convox-moves.ts'
import { parametersOf } from './convox-parameters.ts'
import { createConvoxProblems } from './convox-problems.ts'
import { createSettle } from './convox-settle.ts'
import { createConvoxStack } from './convox-stack.ts'
import { driverStatusOf } from './convox-status.ts'
import type { Driver, Move } from './driver.ts'
import type { DriverPlace } from './run-step.ts'
import { checkedVersionName } from './version-name.ts'

export function createConvoxDriver(config: ConvoxDriverConfig, given: DriverPlace): Driver {
  const place = { ...given, redact: [...(given.redact ?? []), ...secretsIn(given.env)] }
  const { clock } = place
  const { rack } = config
  const pollMs = config.pollSeconds * 1_000
  const timeoutMs = config.timeoutMinutes * 60_000
  const patienceMs = config.patienceSeconds * 1_000
  const cli = createConvoxCli(config, place)
  const stack = config.stack && createConvoxStack(config.stack, place, config.readTimeoutSeconds)
  const problems = createConvoxProblems(config)
  const lookout = createLookout(config, cli, stack, (line) => place.note?.(line))
  const settle = createSettle(lookout, problems, pollMs, clock)
  const moves = createConvoxMoves(config, cli, lookout, settle, problems, clock)

  /** The version that the rack was last seen settled on; a move makes that void. */
  let settledOn: string | null = null
  let hasMoved = false

  async function current(): Promise<string> {
    const said = await lookout.look()
    if ('silence' in said) throw problems.silent(said.silence)
    const { version, meaning } = said.answer
    if (meaning === 'settled' || meaning === 'converging') {
      settledOn = version
      return version
    }
    if (meaning === 'broken') throw asPreflight(problems.broken(said.answer))
    // While a stack is changing, its version is the one that it wants to become; unless that is what it was anyway.
    const before = settledOn ?? (hasMoved ? null : (place.lastSeen?.() ?? null))
    if (meaning === 'changing' && version === before) return version
    throw problems.unsure(said.answer)
  }

  /** Whether updates can be asked of the rack itself. One refusal may be a rack that is just coming up. */
  async function apiAnswers(move: Move): Promise<boolean> {
    const startedAt = clock.monotonic()
    for (let refusals = 0; ; ) {
      const said = await lookout.byApi()
      if ('answer' in said) return true
      refusals = said.silence.why === 'refused' ? refusals + 1 : 0
      if (refusals >= 3 || clock.monotonic() - startedAt >= patienceMs) {
        move.note(`the API of ${rack} does not let us in: ${said.silence.said}`)
        return false
      }
      await clock.sleep(pollMs)
    }
  }

  /** Waits until nothing is under way, ours from before a crash included. Null when the rack is there already. */
  async function begin(move: Move, to: string): Promise<Look | null> {
    hasMoved = true
    settledOn = null
    stack?.cleanUp()
    const { look } = await settle({ limitMs: timeoutMs, patienceMs, times: 1, note: move.note })
    if (look.version === to) {
      move.note(`${rack} is on ${to} already`)
      return null
    }
    if (look.version !== move.from) throw problems.changedBeside(look, move)
    return look
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
      const waiting = { limitMs: config.waitMinutes * 60_000, patienceMs: 0, times: 1, note }
      const { look } = await settle(waiting).catch(refusedEarly)
      if (look.by === 'stack' && direction === 'forward') {
        const said = await lookout.byApi()
        if ('silence' in said) throw problems.silent(said.silence)
      }
      const unseen = await refuseBrokenStack(lookout, problems).catch(refusedEarly)
      if (unseen) note(`a way back by the stack would not work now: CloudFormation ${unseen.said}`)
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
      if (before) await moves.byConvox(before, to, move)
    },

    async goBack(move) {
      const to = targetOf(move, rack)
      const before = await begin(move, to)
      if (!before) return
      if (stack === null) return moves.byConvox(before, to, move)
      if (await apiAnswers(move)) {
        const failed = await moves.byConvox(before, to, move).then(() => null, problemOnly)
        if (failed === null) return
        // It may have gone away in the middle.
        if (failed.code !== 'update_failed' || (await apiAnswers(move))) throw failed
        move.note(failed.message)
      }
      await moves.byStack(before, to, move, stack)
    },

    async parameters() {
      const said = await lookout.look()
      if ('silence' in said) throw problems.silent(said.silence)
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

/** Before a move has begun, a broken rack is a reason not to begin, not a rack that got stuck. */
function asPreflight({ message, hint, numbers }: Problem): Problem {
  return new Problem('preflight_failed', message, {
    ...(hint !== undefined && { hint }),
    ...(numbers !== undefined && { numbers }),
  })
}

function refusedEarly(error: unknown): never {
  throw asPreflight(problemOnly(error))
}
