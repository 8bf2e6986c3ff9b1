/** The builds are withdrawn as a range; the rack that runs one is told, goes back, is pinned, and gets its key again. */
import { decisionBody } from '../../shared/contract/rack.ts'
import { advisoryBody } from '../../shared/contract/release.ts'
import { attempts, rolledBack, updated } from '../answers.ts'
import { type Cast, dateOf } from '../cast.ts'
import { parameterIn } from '../racks.ts'
import { hold } from '../run-command.ts'

export async function takeBack({ stage, tell, builds, prod2 }: Cast): Promise<void> {
  const { bad, lastGood } = builds
  const range = `${bad[0]}..${bad.at(-1)}`

  tell.heading(`${dateOf(bad.at(-1) ?? '')} and after. The builds are taken back`)
  await tell.act('team', `release yank ${range}`, async () => {
    const done = await stage.headgate(
      [
        ...['release', 'yank', range, '--app', 'rack', '--severity', 'critical', '--remedy', 'rollback'],
        ...['--reason', 'params set writes **** as the API key', '--confirm', 'rack'],
      ],
      { exit: 0, reads: advisoryBody },
    )
    const { id, versions, fallbacks, racksOn } = done.answer
    hold(versions.join() === bad.join(), done, `these to be withdrawn: ${bad.join(', ')}`)
    hold(racksOn.map(({ rack }) => rack).join() === 'prod-2', done, 'prod-2, and no other rack, to run one')
    const channels = fallbacks.map(({ channel, version }) => `${channel} on ${version}`)
    return {
      codes: [done.code],
      text: `${id}, ${versions.length} builds; ${channels.join(', ')}`,
      more: racksOn.map(
        ({ rack, current, action, target }) => `${rack} runs ${current}, and is told: ${action} to ${target}`,
      ),
    }
  })

  await tell.act('prod-2', 'check --exit-code', async () => {
    const done = await prod2.headgate(['check', '--exit-code'], { exit: 102, reads: decisionBody })
    const { action, reason, target } = done.answer
    hold(action === 'rollback' && target?.version === lastGood, done, `a rollback to ${lastGood}`)
    return { codes: [done.code], text: `${reason}: ${action} to ${target?.version}` }
  })

  await tell.act('prod-2', 'update', async () => {
    const done = await prod2.headgate(['update', '--yes'], { exit: 0, reads: updated })
    const history = await prod2.headgate(['history', '--limit', '1'], { exit: 0, reads: attempts })
    const fetched = history.answer.attempts[0]?.events.find(({ state }) => state === 'fetched')?.detail
    hold(fetched === `${lastGood} is kept here`, history, 'the release that was kept to be used')
    return {
      codes: [done.code],
      text: `${done.answer.version} ${done.answer.outcome}, from what is kept here`,
    }
  })

  await tell.act('prod-2', `rollback --to ${lastGood} --pin`, async () => {
    const words = ['rollback', '--to', lastGood, '--pin', '--reason', 'wait for the fix', '--yes']
    const done = await prod2.headgate(words, { exit: 0, reads: rolledBack })
    const { outcome, pin } = done.answer
    hold(pin?.version === lastGood, done, `a pin on ${lastGood}`)
    return { codes: [done.code], text: `${outcome.replace('_', ' ')}; pinned: ${pin?.reason}` }
  })

  await tell.act('prod-2', 'rack params get, recover, params get', async () => {
    const before = await prod2.readParameters(4)
    const recovered = await prod2.recover()
    const after = await prod2.readParameters(0)
    const count = parameterIn(after, 'InstanceCount')
    hold(count === '4', after, 'InstanceCount to be 4, as it was set')
    return {
      codes: [before.code, recovered.code, after.code],
      text: `locked out; recovered; InstanceCount is ${count}`,
    }
  })
}
