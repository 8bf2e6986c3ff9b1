/** The judge of the campaign, shown racks that lie: a rule that nobody can break proves nothing. */
import { spawn } from 'node:child_process'
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { YardRack } from '../support/campaign-yard.ts'
import { type Case, judge, judgeInBetween } from './oracle.ts'
import { isWithin } from './run-chapter.ts'
import { openScene, type Scene } from './scene.ts'

async function aCase(): Promise<Case> {
  const setting = {
    driver: 'directory',
    story: 'update',
    isReal: false,
    seed: 1,
    atEnd: onTestFinished,
  } as const
  const scene: Scene = await openScene(setting)
  const rack = scene.copy('judged')
  await rack.does('update', '--yes')
  return { scene, rack, mayEnd: [], mayBeStuck: false, hasGoneOn: true }
}

/** The last line of the journal is gone: its attempt was not ended. */
function cutJournal({ dir }: YardRack): void {
  const text = readFileSync(join(dir, 'journal'), 'utf8').replace(/\0+$/, '')
  const cut = text.trimEnd().lastIndexOf('\n') + 1
  writeFileSync(join(dir, 'journal'), text.slice(0, cut) + '\0'.repeat(1_048_576 - cut))
}

function forgetsWhatItProved(rack: YardRack): void {
  const state = JSON.parse(rack.read('state.json') ?? '{}')
  rack.write('state.json', JSON.stringify({ ...state, proved: [] }))
}

function leavesAProcess({ dir }: YardRack): void {
  const child = spawn('sleep', ['60'], { env: { HEADGATE_DIR: dir, PATH: process.env.PATH } })
  onTestFinished(() => void child.kill())
}

test('finds nothing wrong with a rack that did as it should', async () => {
  const one = await aCase()
  expect(await judge(one)).toEqual([])
  expect(await judgeInBetween(one)).toEqual([])
})

test.each<[string, (rack: YardRack) => void, string]>([
  [
    'what runs is not what was proved',
    (rack) => rack.write('running', '10\n'),
    'so 20 should run, and it is 10',
  ],
  ['the attempt was left open', cutJournal, 'has not ended'],
  ['its memory lost what was proved', forgetsWhatItProved, 'proved'],
  ['something still runs', leavesAProcess, 'left running'],
  [
    'something strange was left behind',
    (rack) => rack.write('journal.1234', ''),
    'left behind: journal.1234',
  ],
  [
    'the journal is damaged',
    (rack) => rack.write('journal', '{"n":1}\n{"n":2}\n'),
    'the journal cannot be read',
  ],
  [
    'it was started a third time',
    (rack) => appendFileSync(join(rack.dir, 'starts'), `${rack.starts().at(-1)}\n`.repeat(2)),
    'more than twice',
  ],
])('complains when %s', async (_, lie, complaint) => {
  const one = await aCase()
  lie(one.rack)
  const complaints = await judge(one).catch((error: Error) => [error.message])
  expect(complaints.join('\n')).toContain(complaint)
})

test('complains of an end that the story does not allow', async () => {
  const one = await aCase()
  const story = { ...one.scene.story, ends: ['aborted'] as const }
  const complaints = await judge({ ...one, scene: { ...one.scene, story } })
  expect(complaints.join('\n')).toContain('an attempt ended proved')
})

test('complains when the registry holds that something else runs', async () => {
  const one = await aCase()
  // Another rack under its name says what it runs.
  await one.scene.copy('before').does('check')
  expect((await judge(one)).join('\n')).toContain('the registry holds that 10 runs, and it is 20')
})

test('complains of a rack that says between fault and recovery that it runs what it does not', async () => {
  const one = await aCase()
  one.rack.write('running', '10\n')
  expect(await judgeInBetween(one)).not.toEqual([])
})

test('an id is within what stands before it, by whole words', () => {
  expect(isWithin('directory/update/dies/17', 'directory/update')).toBe(true)
  expect(isWithin('directory/update/dies/17', 'directory/update/dies/1')).toBe(false)
  expect(isWithin('directory/update/dies/17', '')).toBe(true)
})
