/** The exit codes, which are a promise to scripts, and which problems end with which. */
import { type ProblemCode, problems } from '../shared/domain/problem.ts'

export const exitCodes: Readonly<Record<number, string>> = {
  0: 'done, or nothing to do',
  1: 'failed',
  2: 'usage: the command line or the input is not valid',
  3: 'refused, and nothing was changed',
  4: 'authentication: no valid credential, or one that may not do that',
  5: 'not found',
  6: 'the registry cannot be reached or cannot write now',
  20: 'applied, unhealthy, and returned to what was proved; or a rollout was halted',
  21: 'stuck: a person is needed',
  22: 'a rehearsal found something that does not work',
  23: 'rollout watch: something newer took its place',
  24: 'rollout watch: it was taken back',
  70: 'a bug in headgate',
  75: 'another run holds the lock',
  100: 'check --exit-code: something is to be done now',
  101: 'check --exit-code: something waits',
  102: 'check --exit-code: the running version is withdrawn',
  124: 'rollout watch --timeout: it still goes on',
  130: 'interrupted',
}

/** Exit code → the problem codes that end with it, of those given; in the order of the exit codes. */
export function byExitCode(codes: readonly ProblemCode[]): ReadonlyMap<number, readonly ProblemCode[]> {
  const found = new Map<number, ProblemCode[]>()
  for (const code of [...codes].sort((a, b) => problems[a].exit - problems[b].exit)) {
    const { exit } = problems[code]
    found.set(exit, [...(found.get(exit) ?? []), code])
  }
  return found
}
