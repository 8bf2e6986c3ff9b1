/** The incident: a build masks the API key. Staging returns, the promotion stops; one rack takes it unwatched. */
import { decisionBody } from '../../shared/contract/rack.ts'
import { returned, updated } from '../answers.ts'
import { type Cast, dateOf } from '../cast.ts'
import { hold } from '../run-command.ts'
import { publish } from './publish.ts'
import { outcomeOf, tryToPromote } from './stopped-promotion.ts'

export async function badBuild({ stage, tell, builds, staging, prod1, prod2 }: Cast): Promise<void> {
  const { lastGood } = builds
  const [first = '', ...others] = builds.bad
  const takeAndReturn = async () => {
    const done = await staging.headgate(['update', '--yes'], { exit: 20, reads: returned })
    hold(done.answer.detail.includes(`back on ${lastGood}`), done, `staging to be back on ${lastGood}`)
    return done
  }

  tell.heading(`${dateOf(first)}. A build masks the API key`)
  await tell.act('team', `release publish ${first}`, async () => {
    const done = await publish(stage, builds, first)
    return { codes: [done.code], text: `${done.answer.channels.join()} serves it` }
  })

  await tell.act('staging', 'update', async () => {
    const done = await takeAndReturn()
    const { name, words } = lastWords(done.answer.numbers.lastLines)
    return {
      codes: [done.code],
      text: `its ${name} fails: returned to ${lastGood}`,
      more: [words],
    }
  })

  await tell.act('team', `promote ${first} --to stable`, async () =>
    outcomeOf(await tryToPromote(stage, first)),
  )

  await tell.act('prod-1', 'check --exit-code', async () => {
    const done = await prod1.headgate(['check', '--exit-code'], { exit: 0, reads: decisionBody })
    return { codes: [done.code], text: `${done.answer.action}: ${done.answer.detail}` }
  })

  await tell.act('prod-2', 'update', async () => {
    const done = await prod2.headgate(['update', '--yes'], { exit: 0, reads: updated })
    const { version, outcome } = done.answer
    hold(version === first, done, `${first} to run`)
    return { codes: [done.code], text: `${version} ${outcome}: only its version is seen` }
  })

  await tell.act('prod-2', 'rack params set InstanceCount=4, params get', async () => {
    const set = await prod2.setParameter('InstanceCount=4')
    const get = await prod2.readParameters(4)
    return { codes: [set.code, get.code], text: `then: ${get.stderr.trim().replace(/^rack: /, '')}` }
  })

  await tell.act('staging', `release publish ${others.length} more, update each`, async () => {
    const codes: number[] = []
    for (const version of others) {
      const published = await publish(stage, builds, version)
      codes.push(published.code, (await takeAndReturn()).code)
    }
    return { codes, text: `returned from each, to ${lastGood}` }
  })
}

/** The last line: which check it was, and what is wrong, without what led to it. */
function lastWords(lines: readonly string[]): { readonly name: string; readonly words: string } {
  const [name = '', ...parts] = lines.at(-1)?.split(': ') ?? []
  return { name, words: parts.slice(parts.indexOf('rack') + 1).join(': ') }
}
