/**
 * The racks of the story. Each is a real directory that `headgate enroll` made, its rack.toml completed as an
 * operator completes it, with the stand-in rack as what is installed there.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { enrolment } from './answers.ts'
import type { Answered, Done } from './run-command.ts'
import type { Stage, Wanted } from './stage.ts'

export interface RackPlan {
  readonly name: string
  readonly channel: string
  /** Channels that it may switch to by itself. */
  readonly switchTo?: readonly string[]
  /**
   * `self-check`: does the owner's key still open the API after a setting was written? `version`: does the right
   * version answer? That is all that was watched in 2016. `none`: nothing is asked.
   */
  readonly check: 'self-check' | 'version' | 'none'
}

export interface DemoRack {
  readonly name: string
  /** `headgate VERB … --dir NAME`. */
  readonly headgate: <T>(words: readonly string[], wanted: Wanted<T>) => Promise<Answered<T>>
  /** The owner's commands, through the rack's API or, for `recover`, past it. */
  readonly setParameter: (assignment: string) => Promise<Done>
  readonly readParameters: (exit: number) => Promise<Done>
  readonly recover: () => Promise<Done>
}

/** Enrols it and configures it; installs nothing yet. */
export async function makeRack(stage: Stage, plan: RackPlan): Promise<DemoRack> {
  const { name, channel, switchTo = [] } = plan
  const dir = join(stage.folder, name)
  const port = String(await stage.freePort())
  const own = { state: join(dir, 'settings.json'), key: join(dir, 'owner.key'), pid: join(dir, 'rack.pid') }
  const switches = switchTo.flatMap((other) => ['--switch-to', other])
  await stage.headgate(
    ['enroll', '--dir', name, '--app', 'rack', '--channel', channel, '--name', name, ...switches],
    { exit: 0, reads: enrolment },
  )
  await stage.program('rack-program.mjs', ['init', '--state', own.state, '--key', own.key], 0)

  const restart = [
    stage.node,
    'rack-program.mjs',
    ...['restart', '--state', own.state, '--port', port, '--pid', own.pid],
  ]
  const file = join(dir, 'rack.toml')
  const before = await readFile(file, 'utf8')
  const after = before.replace(/^# restart = .*$/m, () => `restart = ${JSON.stringify(restart)}`)
  if (after === before) throw new Error(`${file} has no line "# restart = …" to take up.`)
  await writeFile(file, `${after}\n${checkLines(stage, plan, own, port).join('\n')}\n`)

  const program = `${name}/current/rack-program.mjs`
  const asOwner = ['--port', port, '--key', `${name}/owner.key`]
  return {
    name,
    headgate: (words, wanted) => stage.headgate([...words, '--dir', name], wanted),
    setParameter: (assignment) => stage.program(program, ['params', 'set', ...asOwner, assignment], 0),
    readParameters: (exit) => stage.program(program, ['params', 'get', ...asOwner], exit),
    recover: () =>
      stage.program(
        program,
        ['recover', '--state', `${name}/settings.json`, '--key', `${name}/owner.key`],
        0,
      ),
  }
}

function checkLines(
  { node }: Stage,
  { check }: RackPlan,
  own: { readonly state: string; readonly key: string },
  port: string,
): readonly string[] {
  const selfCheck = [
    node,
    'current/rack-program.mjs',
    ...['self-check', '--state', own.state, '--key', own.key, '--port', port],
  ]
  // Quicker than one would ask in earnest: the story is to take seconds.
  const pace = ['healthyCount = 2', 'unhealthyCount = 1', 'intervalSeconds = 0.2']
  const settle = ['[settle]', 'graceSeconds = 0', 'timeoutSeconds = 30']
  switch (check) {
    case 'self-check':
      return [
        ...['[[check]]', 'name = "self-check"', 'kind = "command"', `command = ${JSON.stringify(selfCheck)}`],
        ...pace,
        ...settle,
      ]
    case 'version':
      return [
        ...['[[check]]', 'name = "healthz"', 'kind = "http"', `url = "http://127.0.0.1:${port}/healthz"`],
        'versionPointer = "/version"',
        ...pace,
        ...settle,
      ]
    case 'none':
      return settle
  }
}

/** The value of one parameter, as `params get` prints it: NAME, spaces, VALUE. */
export function parameterIn(done: Done, name: string): string | undefined {
  return new RegExp(`^${name} +(.*)$`, 'm').exec(done.stdout)?.[1]
}
