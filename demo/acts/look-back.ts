/** What the registry knows in the end: all releases, one change of that kind in all of them, and an unbroken ledger. */
import { diffBody, importReport } from '../../shared/contract/release.ts'
import { anything, chain, releaseNames } from '../answers.ts'
import type { Cast } from '../cast.ts'
import { hold } from '../run-command.ts'

export async function lookBack(cast: Cast): Promise<void> {
  const { stage, tell, builds } = cast
  tell.heading('And since. The whole history, and what is on record')
  await tell.act('team', `import ${builds.whole.file} (${builds.whole.count} rows)`, () => importAll(cast))

  await tell.act('team', 'release diff --history', async () => {
    const words = ['release', 'diff', '--app', 'rack', '--history']
    const done = await stage.headgate(words, { exit: 0, reads: diffBody })
    const masked = done.answer.changes.filter(({ change }) => change === 'becameMasked')
    hold(masked.length === 1, done, 'becameMasked once')
    return {
      codes: [done.code],
      text: masked.map(({ name, change, to }) => `${change} once: ${name} at ${to}`).join(),
    }
  })

  await tell.act('team', `app create v3, import ${builds.v3.file}`, () => importV3(cast))

  await tell.act('team', 'audit verify --data registry', async () => {
    const done = await stage.headgate(['audit', 'verify', '--data', 'registry'], { exit: 0, reads: chain })
    hold(done.answer.holds, done, 'an unbroken chain')
    return { codes: [done.code], text: `the chain holds over ${done.answer.events} events` }
  })
}

/** The builds of the week are published already, with an artifact that the history has not: those rows are refused. */
async function importAll({ stage, builds }: Cast) {
  const { whole, before, bad, lastGood, fix } = builds
  const live = [lastGood, ...bad, fix]
  const done = await stage.headgate(['import', whole.file, '--app', 'rack'], { exit: 1, reads: importReport })
  const { taken, present, refused, moved } = done.answer
  const names = refused.map(({ version, code }) => `${version} ${code}`)
  hold(
    names.join() === live.map((version) => `${version} release_differs`).join(),
    done,
    'the published builds, and no other row, to be refused',
  )
  hold(present === before.versions.length, done, `${before.versions.length} rows to be there already`)
  hold(taken + present + refused.length === whole.count, done, `${whole.count} rows in all`)
  hold(moved.length === 0, done, 'no head to move')
  return {
    codes: [done.code],
    text: `${taken} taken, ${present} there, ${refused.length} refused: published above`,
  }
}

async function importV3({ stage, builds }: Cast) {
  const { file, count } = builds.v3
  const created = await stage.headgate(['app', 'create', 'v3', '--scheme', 'semver'], {
    exit: 0,
    reads: anything,
  })
  const done = await stage.headgate(['import', file, '--app', 'v3'], { exit: 0, reads: importReport })
  const { taken, tidied, refused } = done.answer
  hold(taken === count && refused.length === 0, done, `all ${count} rows to be taken`)
  const list = await stage.headgate(['release', 'list', '--app', 'v3', '--limit', 'all'], {
    exit: 0,
    reads: releaseNames,
  })
  const newestFirst = list.answer.releases.map(({ version }) => version)
  const [later, earlier] = ['3.24.3rc10', '3.24.3rc2']
  hold(
    newestFirst.indexOf(later) < newestFirst.indexOf(earlier),
    list,
    `${later} to be newer than ${earlier}`,
  )
  const readings = ['3.24.9rc1', '3.11.2-try1', '3.12.0-rc'].map((version) => {
    hold(newestFirst.includes(version), list, `${version} among the releases`)
    const readAs = tidied.find((one) => one.version === version)?.readAs
    return readAs === undefined ? `${version} as is` : `${version} as ${readAs}`
  })
  return {
    codes: [created.code, done.code, list.code],
    text: `${taken} taken; ${tidied.length} untidy ids, read for instance:`,
    more: [`${readings.join(', ')}; ${later} after ${earlier}`],
  }
}
