/** What a short command costs as a whole process, against an empty node, turn by turn. */
import { execFileSync } from 'node:child_process'
import { median } from './measure-http.ts'

export interface StartCost {
  readonly name: string
  readonly milliseconds: number
  readonly emptyMilliseconds: number
}

export function measureStart(
  commands: Readonly<Record<string, readonly string[]>>,
  runs: number,
  env: NodeJS.ProcessEnv,
): StartCost[] {
  const empty: number[] = []
  const costs = new Map(Object.keys(commands).map((name) => [name, [] as number[]]))
  for (let run = 0; run < runs; run += 1) {
    empty.push(timed(['-e', '0'], env))
    for (const [name, args] of Object.entries(commands)) costs.get(name)?.push(timed(args, env))
  }
  return [...costs].map(([name, times]) => ({
    name,
    milliseconds: median(times),
    emptyMilliseconds: median(empty),
  }))
}

function timed(args: readonly string[], env: NodeJS.ProcessEnv): number {
  const startedAt = performance.now()
  execFileSync(process.execPath, args, { stdio: 'ignore', env })
  return performance.now() - startedAt
}
