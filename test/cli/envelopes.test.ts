// The envelopes of `--json`, as golden files: what scripts read. Keys are only ever added to them.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { aFinding, raiseFor } from '../support/raise-alarm.ts'
import { aRack } from './racks.ts'
import { aDesk, type Desk } from './registry-shell.ts'

const app = ['--app', 'rack']
const good = '20160816140022'
const bad = '20160816160115'

test('every kind of envelope is the one that was promised', async () => {
  const desk = await aDesk()
  const file = (name: string, content: string) => writeFileSync(join(desk.folder, name), content)
  file('clear.json', '{"Password":{"type":"String"}}')
  file('masked.json', '{"Password":{"type":"String","masked":true}}')
  file('rack.tgz', 'the bytes of a rack')
  file('history.jsonl', '{"version":"20160101000000-rc1"}\n{"version":"x"}\n')

  const json = async (name: string, words: readonly string[], code = 0): Promise<void> => {
    const { json: envelope, ...ran } = await desk.headgate(...words, '--json')
    const isProblem = envelope.kind === 'Problem'
    expect({ name, code: ran.code, other: isProblem ? ran.stdout : ran.stderr }).toEqual({
      name,
      code,
      other: '',
    })
    // Paths of this machine, hashes and request ids are not part of the promise; that they are there is.
    const text = JSON.stringify(envelope, null, 2)
      .replaceAll(desk.folder, '.')
      .replace(/("hash": ")[0-9a-f]{64}"/g, '$1sha256"')
      .replace(/("requestId": ")request-\d+"/g, '$1request"')
    await expect(`${text}\n`).toMatchFileSnapshot(`../golden/cli/json/${name}.json`)
  }

  await json('app', ['app', 'create', 'rack', '--scheme', 'timestamp'])
  const publish = ['release', 'publish', good, ...app, '--artifact', 'rack.tgz', '--parameters', 'clear.json']
  await json('published-dry-run', [...publish, '--dry-run'])
  await json('published', [...publish, '--notes', 'Good', '--commit', 'abc'])
  await json('promotion', ['promote', good, ...app, '--to', 'stable'])
  await desk.headgate('release', 'publish', bad, ...app, '--parameters', 'masked.json')
  const staging = await aRack(desk, 'staging-1', 'unstable', good)
  await staging.tries(bad, 'proved')
  await json('problem-parameters', ['promote', bad, ...app, '--to', 'stable'], 3)
  await json('parameter-diff', ['release', 'diff', good, bad, ...app])
  await json('release', ['release', 'show', bad, ...app])
  await json('release-list', ['release', 'list', ...app])
  await json(
    'problem-confirmation',
    ['release', 'yank', bad, ...app, '--severity', 'critical', '--reason', 'x'],
    3,
  )
  await json('advisory', [
    'release',
    'yank',
    bad,
    ...app,
    '--severity',
    'critical',
    '--reason',
    'x',
    '--confirm',
    'rack',
  ])
  await json('advisory-list', ['advisory', 'list', ...app])
  await json('decision', ['explain', ...app, '--rack', 'staging-1'])
  await json('rack', ['rack', 'show', 'staging-1', ...app])
  await json('rack-list', ['rack', 'list', ...app])
  await json('release-routed', ['release', 'route', good, ...app, '--required', '--reason', 'a stone'])
  await json('channel', ['channel', 'show', 'stable', ...app])
  await json('channel-list', ['channel', 'list', ...app])
  await json('channel-history', ['channel', 'history', 'unstable', ...app])
  await json('freeze', ['freeze', ...app, '--reason', 'INC-42', '--until', '4h'])
  await json('freeze-list', ['freeze', '--list'])
  await json('freeze-lifted', ['unfreeze', ...app])
  await json('import-report', ['import', 'history.jsonl', ...app, '--dry-run'], 1)
  await json('token', ['token', 'create', 'ci', '--role', 'publisher', '--out', 'ci.token'])
  await json('token-list', ['token', 'list'])
  await json('token-revoked', ['token', 'revoke', 'ci'])
  await json('app-list', ['app', 'list'])
  await json('audit-log', ['audit', 'log', '--type', 'release.yanked'])
  await json('chain', ['audit', 'verify'])
  await json('rack-ordered', [
    ...['rack', 'hold', 'staging-1', ...app],
    ...['--until', '2016-08-20', '--reason', 'audit'],
  ])
  await raiseFor(desk.registry, aFinding())
  await json('alarm-list', ['alarm', 'list'])
  await json('alarm', ['alarm', 'close', 'ALARM-1', '--note', 'INC-7: put back from a backup'])
  await pathToProduction(desk, json)
  await inWaves(desk, json)
  await json('problem-not-found', ['release', 'show', '20170101000000', ...app], 5)
  await json('problem-usage', ['release', 'list'], 2)
  await json('problem-not-signed-in', ['app', 'list', '--token-file', 'rack.tgz'], 4)
})

type Tell = (name: string, words: readonly string[], code?: number) => Promise<void>

/** A policy, what waits for it, what is said meanwhile, and what is reviewed afterwards. */
async function pathToProduction({ folder, headgate, shell, url }: Desk, json: Tell): Promise<void> {
  const next = '20160901000000'
  const toStable = [...app, '--to', 'stable']
  const gates = {
    soak: { minRacks: 1, soakMinutes: 60, dwell: true },
    checklist: [{ item: 'notes', text: 'read' }],
  }
  writeFileSync(join(folder, 'policy.json'), JSON.stringify({ gates }))
  await headgate(
    'token',
    'create',
    'bea',
    '--role',
    'maintainer',
    '--scope',
    'override',
    '--out',
    'bea.token',
  )
  await headgate('release', 'publish', next, ...app)
  const set = ['channel', 'policy', 'set', 'stable', ...app, '--file', 'policy.json', '--reason', 'stricter']
  await json('policy-change', set)
  await json('policy', ['channel', 'policy', 'show', 'stable', ...app])
  await json('policy-test', ['channel', 'policy', 'test', 'stable', ...app])
  await json('promotion-proposed', ['promote', next, ...toStable, '--when-ready', '--nominate'])
  await json('problem-gates', ['promote', next, ...toStable], 3)
  await json('channel-next', ['channel', 'show', 'stable', ...app])
  await json('release-gates', ['release', 'show', next, ...app, '--gates'])
  await json('release-record', ['evidence', 'add', 'unit', ...app, '--release', next, '--outcome', 'pass'])
  const tick = ['checklist', 'tick', 'notes', ...toStable, '--release', next, '--note', 'read']
  await json('release-record-ticked', tick)
  await json('checklist', ['checklist', 'show', ...toStable, '--release', next])
  await json('proposal', ['proposal', 'show', 'P-2', ...app])
  await json('proposal-list', ['proposal', 'list', ...app])
  await json('nomination-ended', ['promote', '--end-nomination', ...toStable])
  const bea = shell({ env: { HEADGATE_URL: url, HEADGATE_TOKEN_FILE: join(folder, 'bea.token') } })
  await bea('promote', next, ...toStable, '--override', 'soak', '--reason', 'INC-43')
  await json('review-list', ['review', 'list'])
  await json('review', ['review', 'sign', 'R-1', '--note', 'it was right'])
  await json('lifted', ['release', 'unyank', 'ADV-1', ...app, '--reason', 'another build'])
}

/** A rollout from its plan to a halt by a person. */
async function inWaves({ headgate }: Desk, json: Tell): Promise<void> {
  const lab = ['--app', 'lab']
  await headgate('app', 'create', 'lab', '--scheme', 'semver')
  for (const version of ['1.0.0', '1.1.0']) await headgate('release', 'publish', version, ...lab)
  const toStable = [...lab, '--to', 'stable']
  await headgate('promote', '1.0.0', ...toStable)
  const promote = ['promote', '1.1.0', ...toStable, '--rollout', 'staged', '--not-before', '2h']
  await json('promotion-planned', [...promote, '--dry-run'])
  await headgate(...promote)
  await json('rollout', ['rollout', 'show', 'R-1', ...lab])
  await json('rollout-list', ['rollout', 'list', ...lab])
  await json('rollout-halted', ['rollout', 'halt', 'R-1', ...lab, '--reason', 'INC-44'])
  await json('rollout-watched', ['rollout', 'watch', 'R-1', ...lab], 20)
  await json('problem-rollout-state', ['rollout', 'pause', 'R-1', ...lab, '--reason', 'x'], 3)
}
