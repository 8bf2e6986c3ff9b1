/**
 * Looks at the ends that commands can see, each when it is due, and keeps what they print. Between the agent's rounds and
 * without the rack's lock, so that a command that hangs keeps nobody from the rack.
 */
import { minute } from '../../../shared/domain/instants.ts'
import { Problem } from '../../../shared/domain/problem.ts'
import { openRack, type Rack, type RackPlace } from '../rack.ts'
import { readRackConfig } from '../rack-config.ts'
import { type CommandLine, childEnvironment, commandText, howItEnded, runProcess } from '../run-process.ts'
import { instantIn } from './instant-text.ts'
import type { LifetimeConfig } from './lifetime-config.ts'
import { readSeenEnds, type SeenEnd, writeSeenEnds } from './seen-ends.ts'

interface Printing {
  readonly name: string
  readonly command: CommandLine
  readonly everyMinutes: number
  readonly timeoutSeconds: number
}

/** After a command that printed no date. */
const againMs = 5 * minute
const atOnce = 4

/** For the agent, before a round. What keeps it from looking is said by the round. */
export async function lookBetweenRounds(place: RackPlace, signal: AbortSignal): Promise<void> {
  try {
    if (printingIn(readRackConfig(place.dir, place.files).lifetimes).length === 0) return
    await lookAtLifetimes(await openRack(place), signal)
  } catch (error) {
    if (!(error instanceof Problem)) throw error
  }
}

export async function lookAtLifetimes(rack: Rack, signal?: AbortSignal): Promise<void> {
  const { dir, config, place } = rack
  const { clock, files } = place
  const printing = printingIn(config.lifetimes)
  const kept = readSeenEnds(dir, files)
  const due = printing.filter((one) => isDue(one, kept.get(one.name), clock.now()))
  if (due.length === 0) return
  const seen = new Map<string, SeenEnd>()
  for (const { name } of printing) {
    const before = kept.get(name)
    if (before) seen.set(name, before)
  }
  for (let from = 0; from < due.length; from += atOnce) {
    const looks = due.slice(from, from + atOnce).map(async (one) => {
      const end = await lookAt(rack, one, kept.get(one.name), signal)
      if (end) seen.set(one.name, end)
    })
    await Promise.all(looks)
  }
  writeSeenEnds(dir, seen, files)
}

function printingIn(lifetimes: readonly LifetimeConfig[]): Printing[] {
  return lifetimes.flatMap(({ name, sees }) => (sees && 'command' in sees ? [{ name, ...sees }] : []))
}

/** Also when the clock went back, or what was kept is of another command. */
function isDue({ command, everyMinutes }: Printing, kept: SeenEnd | undefined, now: number): boolean {
  if (!kept || kept.command !== commandText(command)) return true
  return kept.nextAt <= now || kept.nextAt - now > Math.max(everyMinutes * minute, againMs)
}

/** Undefined when it was given up: nothing was learned. */
async function lookAt(
  { dir, place, redact }: Rack,
  { command, everyMinutes, timeoutSeconds }: Printing,
  before: SeenEnd | undefined,
  signal: AbortSignal | undefined,
): Promise<SeenEnd | undefined> {
  const text = commandText(command)
  const known = before?.command === text ? before : undefined
  const failed = (trouble: string): SeenEnd => ({
    command: text,
    endsAt: known?.endsAt ?? null,
    seenAt: known?.seenAt ?? null,
    nextAt: place.clock.now() + againMs,
    trouble: trouble.slice(0, 300),
  })
  try {
    const result = await runProcess({
      command,
      cwd: dir,
      env: childEnvironment(place.env, { HEADGATE_DIR: dir }),
      timeoutSeconds,
      graceSeconds: 2,
      redact,
      ...(signal && { signal }),
    })
    if (result.aborted) return undefined
    const said = result.lastLines.at(-1) ?? 'it said nothing'
    if (result.code !== 0) return failed(`the command ${howItEnded(result, timeoutSeconds)}: ${said}`)
    const endsAt = instantIn(lastLineOf(result.stdout))
    if (endsAt === undefined) return failed(`the command printed no date: ${said}`)
    const now = place.clock.now()
    return { command: text, endsAt, seenAt: now, nextAt: now + everyMinutes * minute, trouble: null }
  } catch (error) {
    if (error instanceof Problem) return failed(error.message)
    throw error
  }
}

function lastLineOf(stdout: string): string {
  return stdout.trim().split('\n').at(-1)?.trim() ?? ''
}
