/** The world before the incident: the history of releases, the last good build, and three racks that run it. */

import { promotionBody } from '../../shared/contract/app.ts'
import { importReport } from '../../shared/contract/release.ts'
import { ordered, updated } from '../answers.ts'
import type { Cast } from '../cast.ts'
import { hold } from '../run-command.ts'
import { publish } from './publish.ts'

export async function bringUpToDate({ stage, tell, builds, staging, prod1, prod2 }: Cast): Promise<void> {
  const { before, lastGood } = builds

  await tell.act('team', `import ${before.file} --app rack`, async () => {
    const done = await stage.headgate(['import', before.file, '--app', 'rack'], {
      exit: 0,
      reads: importReport,
    })
    const { taken, moved, refused } = done.answer
    const count = before.versions.length
    hold(taken === count && refused.length === 0, done, `all ${count} rows to be taken`)
    const head = moved.at(-1)
    hold(head?.version === before.versions.at(-1), done, 'the head to be the last row')
    return {
      codes: [done.code],
      text: `${taken} taken; ${head?.channel} serves ${head?.version}`,
    }
  })

  await tell.act('staging', `release publish ${lastGood}, update`, async () => {
    const published = await publish(stage, builds, lastGood)
    const done = await staging.headgate(['update', '--yes'], { exit: 0, reads: updated })
    hold(done.answer.version === lastGood, done, `${lastGood} to run`)
    return {
      codes: [published.code, done.code],
      text: `${done.answer.version} is ${done.answer.outcome} on staging`,
    }
  })

  await tell.act('team', `promote ${lastGood} --to stable`, async () => {
    const done = await stage.headgate(['promote', lastGood, '--app', 'rack', '--to', 'stable'], {
      exit: 0,
      reads: promotionBody,
    })
    const { channel, version, proved } = done.answer
    hold(proved?.proved.includes('staging') ?? false, done, 'staging to have proved it')
    return {
      codes: [done.code],
      text: `${channel} serves ${version}, proved by ${proved?.proved.join(', ')}`,
    }
  })

  await tell.act('prod-1,2', 'update', async () => {
    const all = await Promise.all(
      [prod1, prod2].map((rack) => rack.headgate(['update', '--yes'], { exit: 0, reads: updated })),
    )
    for (const done of all) hold(done.answer.version === lastGood, done, `${lastGood} to run`)
    return { codes: all.map(({ code }) => code), text: `${all[0]?.answer.version} runs on both` }
  })

  await tell.act('prod-2', 'switch unstable', async () => {
    const done = await prod2.headgate(['switch', 'unstable', '--yes'], { exit: 0, reads: ordered })
    return {
      codes: [done.code],
      text: `from ${done.answer.before} to ${done.answer.channel}: somebody is curious`,
    }
  })
}
