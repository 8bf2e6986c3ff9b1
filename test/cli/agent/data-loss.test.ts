/** A step that fails and says that data was lost: one such rack keeps the release from going on, whatever else is tolerated. */
import { expect, test } from 'vitest'
import { keepLastLines } from '../../../cli/agent/process-output.ts'
import { aYard, commandToml, type Yard, type YardRack } from '../../support/campaign-yard.ts'

const marker = 'headgate: severity data-loss'
const tolerant = JSON.stringify({ gates: { failures: { maxFailed: 5, percent: 100 } } })

/** A staging rack on 10, and 20, which it is offered and whose apply says what it is told to say. */
async function staging(apply: string): Promise<{ yard: Yard; rack: YardRack }> {
  const yard = await aYard()
  const toml = commandToml.replace(
    /apply = .*/,
    `apply = '''test "$HEADGATE_VERSION" = 20 && { ${apply}; }; echo "$HEADGATE_VERSION" > VERSION'''`,
  )
  const rack = await yard.rack('staging-1', { channel: 'unstable', driver: 'command', toml })
  rack.write('policy.json', tolerant)
  const policy = ['--file', `${rack.dir}/policy.json`, '--reason', 'failures are nothing here']
  await yard.does('channel', 'policy', 'set', 'stable', '--app', 'rack', ...policy)
  await yard.publishes('10')
  await rack.does('update', '--yes')
  await yard.publishes('20')
  return { yard, rack }
}

async function failuresGate(yard: Yard): Promise<unknown> {
  const { json } = await yard.does('release', 'show', '20', '--app', 'rack', '--gates', '--json')
  const [promotion] = json.promotions as [{ verdicts: { gate: string }[] }]
  return promotion.verdicts.find(({ gate }) => gate === 'failures')
}

test('a step that fails without a word of it is one failure among those that are tolerated', async () => {
  const { yard, rack } = await staging('echo "the disk is full"; exit 1')
  expect((await rack.headgate('update', '--yes')).code).toBe(20)
  expect(await failuresGate(yard)).toMatchObject({ outcome: 'pass', numbers: { failed: 1, dataLoss: 0 } })
})

test('the line makes the gate fail at one; it is in the history, and survives an attempt that goes well', async () => {
  const { yard, rack } = await staging(
    `test -e mended || { echo "${marker}"; echo "table users is gone" >&2; exit 1; }`,
  )
  expect((await rack.headgate('update', '--yes')).code).toBe(20)
  const lost = { outcome: 'fail', needs: 'person', numbers: { failed: 1, allowed: 5, dataLoss: 1 } }
  expect(await failuresGate(yard)).toMatchObject({
    ...lost,
    detail: expect.stringContaining('1 rack reported lost data, and one is too many'),
    hint: 'headgate rack show staging-1 --app rack',
  })
  expect((await rack.does('history')).stdout).toContain('says that data was lost')
  expect((await yard.headgate('promote', '20', '--app', 'rack', '--to', 'stable')).code).toBe(3)

  rack.write('mended', '')
  await rack.does('retry', '20')
  await rack.does('update', '--yes')
  expect(rack.read('VERSION')).toBe('20\n')
  expect(await failuresGate(yard)).toMatchObject(lost)
})

test('the way back may be what loses data', async () => {
  const { yard, rack } = await staging('exit 1')
  const toml = rack.read('rack.toml') ?? ''
  rack.write(
    'rack.toml',
    toml.replace(
      /rollback = .*/,
      `rollback = '''echo "$HEADGATE_VERSION" > VERSION; echo "${marker}"; exit 1'''`,
    ),
  )
  // What runs and how it answers is the proof: it is back, although the step did not end well.
  expect((await rack.headgate('update', '--yes')).code).toBe(20)
  expect(await failuresGate(yard)).toMatchObject({ outcome: 'fail', numbers: { dataLoss: 1 } })
})

test('a step that succeeds may say what it likes', async () => {
  const { yard, rack } = await staging(`echo "${marker}"; true`)
  await rack.does('update', '--yes')
  expect(await failuresGate(yard)).toMatchObject({ outcome: 'pass', numbers: { failed: 0, dataLoss: 0 } })
})

test('the line is heard in a flood, in colour and without an end, and only when it stands alone', () => {
  const heard = (text: string, lines = 3) => {
    const last = keepLastLines({ lines, bytes: 1_000 })
    for (const part of text.match(/.{1,7}|\n/gs) ?? []) last.feed(part)
    return last.saysDataLoss()
  }
  expect(heard(`${marker}\n${'more\n'.repeat(100)}`)).toBe(true)
  expect(heard(`before\n \u001b[31m${marker}\u001b[0m\r\nafter`)).toBe(true)
  expect(heard(marker)).toBe(true)
  expect(heard(`to say it: "${marker}"\n`)).toBe(false)
  expect(heard('headgate: severity low\n')).toBe(false)
  const whole = keepLastLines({ lines: 3, bytes: 1_000 })
  whole.feed(`${marker}\n${'more\n'.repeat(100)}`)
  expect(whole.saysDataLoss()).toBe(true)
})
