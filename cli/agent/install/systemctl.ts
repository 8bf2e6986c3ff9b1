/** Speaking to systemd, where it is what runs this machine; elsewhere the commands are told to the person instead. */
import { Problem } from '../../../shared/domain/problem.ts'
import type { DurableFiles } from '../files.ts'
import { childEnvironment, howItEnded, runProcess } from '../run-process.ts'

export type Systemctl = (...words: readonly string[]) => Promise<void>

/** systemd's own test for it: sd_booted(3). */
export function isSystemdRunning(files: DurableFiles): boolean {
  return files.kindOf('/run/systemd/system') === 'directory'
}

const timeoutSeconds = 120

/** Raises `update_failed` with what systemctl said. */
export function systemctlFor(
  isOfUser: boolean,
  env: Readonly<Record<string, string | undefined>>,
): Systemctl {
  return async (...words) => {
    const command = ['systemctl', ...(isOfUser ? ['--user'] : []), ...words]
    const result = await runProcess({ command, cwd: '/', env: childEnvironment(env), timeoutSeconds })
    if (result.code === 0) return
    throw new Problem(
      'update_failed',
      `${command.join(' ')} ${howItEnded(result, timeoutSeconds)}: ${result.lastLines.at(-1) ?? 'it said nothing'}`,
      { hint: command.join(' '), numbers: { lastLines: result.lastLines } },
    )
  }
}
