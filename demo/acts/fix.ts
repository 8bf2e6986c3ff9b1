/** The fix masks the key too: staging proves it, a person acknowledges the change, and everybody takes it. */
import { promotionBody } from '../../shared/contract/app.ts'
import { decisionBody } from '../../shared/contract/rack.ts'
import { attempts, ordered, updated } from '../answers.ts'
import { type Cast, dateOf } from '../cast.ts'
import { parameterIn } from '../racks.ts'
import { hold } from '../run-command.ts'
import { publish } from './publish.ts'
import { outcomeOf, tryToPromote } from './stopped-promotion.ts'

export async function takeFix({ stage, tell, builds, staging, prod1, prod2 }: Cast): Promise<void> {
  const { bad, fix, lastGood } = builds

  tell.heading(`${dateOf(fix)}. The fix, which masks the key as well`)
  await tell.act('staging', `release publish ${fix}, update`, async () => {
    const published = await publish(stage, builds, fix)
    const done = await staging.headgate(['update', '--yes'], { exit: 0, reads: updated })
    hold(done.answer.version === fix, done, `${fix} to run`)
    return {
      codes: [published.code, done.code],
      text: `${done.answer.version} ${done.answer.outcome} on staging`,
    }
  })

  await tell.act('team', `promote ${fix} --to stable`, async () =>
    outcomeOf(await tryToPromote(stage, fix), []),
  )

  await tell.act('team', 'the same --acknowledge Password --note "…"', async () => {
    const done = await stage.headgate(
      [
        ...['promote', fix, '--app', 'rack', '--to', 'stable'],
        ...['--acknowledge', 'Password', '--note', 'a write keeps what is masked; self-check on staging'],
      ],
      { exit: 0, reads: promotionBody },
    )
    const { channel, version, verdicts } = done.answer
    const acknowledged = verdicts.find(({ gate }) => gate === 'parameters')?.detail
    hold(acknowledged === 'Password acknowledged.', done, 'Password to be acknowledged')
    return { codes: [done.code], text: `acknowledged: ${channel} serves ${version}` }
  })

  await tell.act('prod-2', 'check, unpin, switch stable', async () => {
    const pinned = await prod2.headgate(['check'], { exit: 0, reads: decisionBody })
    const { action, reason } = pinned.answer
    hold(action === 'none' && reason === 'pinned', pinned, 'nothing to be offered to a pinned rack')
    const unpinned = await prod2.headgate(['unpin', '--yes'], { exit: 0, reads: ordered })
    const switched = await prod2.headgate(['switch', 'stable', '--yes'], { exit: 0, reads: ordered })
    return {
      codes: [pinned.code, unpinned.code, switched.code],
      text: `${action}, ${reason}; then free, and on ${switched.answer.channel}`,
    }
  })

  await tell.act('prod-1,2', 'update', async () => {
    const wanted = { exit: 0, reads: updated }
    const all = await Promise.all([prod1, prod2].map((rack) => rack.headgate(['update', '--yes'], wanted)))
    for (const done of all) hold(done.answer.version === fix, done, `${fix} to run`)
    return { codes: all.map(({ code }) => code), text: `${all[0]?.answer.version} runs on both` }
  })

  await tell.act('prod-2', 'rack params set InstanceCount=5, params get', async () => {
    const set = await prod2.setParameter('InstanceCount=5')
    const get = await prod2.readParameters(0)
    const [count, key] = ['InstanceCount', 'Password'].map((name) => parameterIn(get, name))
    hold(count === '5' && key === '****', get, 'InstanceCount 5, and Password masked')
    return {
      codes: [set.code, get.code],
      text: `Password reads ${key}; the key still opens it`,
    }
  })

  await tell.act('prod-1', 'history', async () => {
    const done = await prod1.headgate(['history'], { exit: 0, reads: attempts })
    const ran = done.answer.attempts.map(({ to }) => to).toReversed()
    hold(ran.join() === `${lastGood},${fix}`, done, `${lastGood} and ${fix}, and nothing else`)
    const badOnes = ran.filter((version) => bad.includes(version)).length
    return { codes: [done.code], text: `${ran.join(', ')}: ${badOnes} of the ${bad.length} bad` }
  })
}
