/** Publishing a build of the week, as the build server would: artifact, parameter contract, and where it came from. */
import { publishedBody } from '../../shared/contract/release.ts'
import type { Builds } from '../builds.ts'
import { type Answered, hold } from '../run-command.ts'
import type { Stage } from '../stage.ts'

/** Afterwards `unstable` serves it. */
export async function publish(
  stage: Stage,
  builds: Builds,
  version: string,
): Promise<Answered<{ readonly channels: readonly string[] }>> {
  const { artifact, parameters, source } = await builds.build(version)
  const { repository, commit, url } = source
  const from = Object.entries({ '--repository': repository, '--commit': commit, '--source-url': url })
  const done = await stage.headgate(
    [
      ...['release', 'publish', version, '--app', 'rack', '--channel', 'unstable'],
      ...['--artifact', artifact, '--parameters', parameters],
      ...from.flatMap(([option, value]) => (value === undefined ? [] : [option, value])),
    ],
    { exit: 0, reads: publishedBody },
  )
  const channels = done.answer.moved.map(({ channel }) => channel)
  hold(channels.join() === 'unstable', done, `unstable, and no other channel, to move to ${version}`)
  return { ...done, answer: { channels } }
}
