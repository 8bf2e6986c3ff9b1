/**
 * The two ways in which a Convox rack is moved: by Convox itself, and past it by the CloudFormation stack. Both ask,
 * wait until the rack is settled, and believe what it says then; how a command ended is a hint.
 */

import { Problem } from '../../../shared/domain/problem.ts'
import type { Clock } from '../clock.ts'
import type { ConvoxCli, Silence, UpdateSaid } from './convox-cli.ts'
import type { ConvoxDriverConfig } from './convox-config.ts'
import type { Look, Lookout } from './convox-look.ts'
import { refuseMinors } from './convox-minors.ts'
import type { ConvoxProblems } from './convox-problems.ts'
import type { Settle } from './convox-settle.ts'
import type { ConvoxStack } from './convox-stack.ts'
import type { Move } from './driver.ts'

export interface ConvoxMoves {
  /** Rejects with `update_failed`, `stuck`, or `preflight_failed` for what Convox would refuse. */
  byConvox(before: Look, to: string, move: Move): Promise<void>
  /** The same, and with `masked_value`. */
  byStack(before: Look, to: string, move: Move, stack: ConvoxStack): Promise<void>
}

export function createConvoxMoves(
  config: ConvoxDriverConfig,
  cli: ConvoxCli,
  lookout: Lookout,
  settle: Settle,
  problems: ConvoxProblems,
  clock: Clock,
): ConvoxMoves {
  const { rack } = config
  const pollMs = config.pollSeconds * 1_000
  const timeoutMs = config.timeoutMinutes * 60_000
  const patienceMs = config.patienceSeconds * 1_000
  const stackName = config.stack?.name ?? rack.split('/').at(-1) ?? rack

  async function byConvox(before: Look, to: string, move: Move): Promise<void> {
    const isV2 = before.generation === 'v2'
    if (!isV2) refuseMinors(before.version, to, rack)
    const startedAt = clock.monotonic()
    const leftMs = () => Math.max(0, startedAt + timeoutMs - clock.monotonic())
    for (;;) {
      const said = await update(to, move, isV2, leftMs())
      // The update of a v3 rack of the Console begins some time after "OK".
      const graceMs = said.exitedWell && !isV2 ? config.startSeconds * 1_000 : 0
      const awaited = { version: to, graceMs }
      const { look, wasChanging } = await settle({
        limitMs: leftMs(),
        patienceMs,
        times: 2,
        awaited,
        note: move.note,
      }).catch((error: unknown) => {
        throw withLines(error, said.lastLines)
      })
      if (look.version === to) {
        if (!said.exitedWell) move.note(`${to} is there, although ${said.how}`)
        return
      }
      if (look.version !== before.version) throw problems.changedBeside(look, move)
      if (!said.isTaken) throw missed(said, look, to, wasChanging)
      if (clock.monotonic() - startedAt >= config.waitMinutes * 60_000) throw takenTooLong(said, look)
      await refuseBrokenStack(lookout, problems)
      move.note(`somebody else is updating ${rack}: waiting for that`)
      await clock.sleep(pollMs)
    }
  }

  /** `--wait` takes a failed stack for no end, and would wait half an hour for it: it is ended then. */
  async function update(to: string, move: Move, wait: boolean, leftMs: number): Promise<UpdateSaid> {
    const over = new AbortController()
    const broken = new AbortController()
    async function watch(): Promise<void> {
      for (let failures = 0; failures < 2; ) {
        await clock.sleep(4 * pollMs, over.signal)
        if (over.signal.aborted) return
        const said = await lookout.look()
        failures = 'answer' in said && said.answer.meaning === 'broken' ? failures + 1 : 0
      }
      broken.abort()
    }
    const signals = move.signal === undefined ? [broken.signal] : [broken.signal, move.signal]
    const watching = wait ? watch() : Promise.resolve()
    try {
      const timeoutSeconds = Math.max(1, leftMs / 1_000)
      return await cli.update(to, { ...move, signal: AbortSignal.any(signals) }, { wait, timeoutSeconds })
    } finally {
      over.abort()
      await watching
    }
  }

  async function byStack(before: Look, to: string, move: Move, stack: ConvoxStack): Promise<void> {
    move.note(`the way back goes by the CloudFormation stack ${stackName}`)
    const failed = await stack.begin(to, move, timeoutMs / 1_000).then(() => null, problemOnly)
    if (failed?.code === 'masked_value') throw failed
    const { look } = await settle({ limitMs: timeoutMs, patienceMs, times: 2, note: move.note })
    if (look.version === to) {
      const said = await lookout.byApi()
      const lets = 'answer' in said ? 'lets us in again' : `still does not let us in: ${said.silence.said}`
      return move.note(`the API of ${rack} ${lets}`)
    }
    if (look.version !== before.version) throw problems.changedBeside(look, move)
    throw failed ?? rolledBack(to, look)
  }

  function rolledBack(to: string, { version }: Look): Problem {
    return new Problem(
      'update_failed',
      `${rack} did not get back to ${to}: the update of its stack was rolled back by CloudFormation. ${version} runs.`,
      { hint: `aws cloudformation describe-stack-events --stack-name ${stackName}` },
    )
  }

  function missed(said: UpdateSaid, look: Look, to: string, wasChanging: boolean): Problem {
    const isRolledBack = look.generation === 'v2' && (said.exitedWell || wasChanging)
    const beside = said.exitedWell ? ', although convox printed OK' : ''
    const nothing = said.exitedWell ? 'convox printed OK, and nothing came of it' : said.how
    const why = isRolledBack ? `it was rolled back by CloudFormation${beside}` : nothing
    return new Problem('update_failed', `${rack} did not get to ${to}: ${why}. ${look.version} runs.`, {
      hint: `what went wrong stands in the log of the rack: convox rack logs -r ${rack}`,
      numbers: { got: look.version, expected: to, lastLines: said.lastLines },
    })
  }

  /** Racks from before 2016-11 say "running" while their stack has failed, and "already updating" for ever. */
  function takenTooLong({ lastLines }: UpdateSaid, { word }: Look): Problem {
    return new Problem(
      'update_failed',
      `${rack} is "${word}", yet for ${config.waitMinutes} min it has taken no update: ${lastLines.at(-1)}`,
      {
        hint: `look at what goes on there: aws cloudformation describe-stacks --stack-name ${stackName}`,
        numbers: { lastLines },
      },
    )
  }

  return { byConvox, byStack }
}

/** Rejects with `stuck` for a stack that has failed, whatever the rack says; else why that cannot be told, if so. */
export async function refuseBrokenStack(lookout: Lookout, problems: ConvoxProblems): Promise<Silence | null> {
  const said = await lookout.byStack()
  if (said === null) return null
  if ('silence' in said) return said.silence
  if (said.answer.meaning === 'broken') throw problems.broken(said.answer)
  return null
}

export function problemOnly(error: unknown): Problem {
  if (error instanceof Problem) return error
  throw error
}

/** What the rack was found in says little without what the command said before. */
function withLines(error: unknown, lastLines: readonly string[]): Problem {
  const { code, message, hint, numbers } = problemOnly(error)
  return new Problem(code, message, {
    ...(hint !== undefined && { hint }),
    numbers: { ...numbers, lastLines },
  })
}
