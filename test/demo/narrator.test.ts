// The narration's columns: who, what, exit code, what came of it.
import { expect, test } from 'vitest'
import { createNarrator, type Outcome } from '../../demo/narrator.ts'

async function told(who: string, what: string, outcome: Outcome | Error, hasColour = false): Promise<string> {
  let written = ''
  const write = (text: string) => {
    written += text
  }
  const does = async () => {
    // Who waits reads already what is being tried.
    expect(written).toContain(what)
    if (outcome instanceof Error) throw outcome
    return outcome
  }
  await createNarrator({ write, hasColour })
    .act(who, what, does)
    .catch(() => undefined)
  return written
}

test('an act is one line, and details stand below it', async () => {
  const more = ['its API key is lost']
  expect(await told('prod-1', 'check', { codes: [102], text: 'yanked', more })).toBe(
    ` prod-1   ${'check'.padEnd(44)} exit 102 yanked\n${' '.repeat(12)}its API key is lost\n`,
  )
})

test('the codes of several commands are told once each, in order', async () => {
  expect(await told('team', 'all', { codes: [0, 20, 0, 20], text: '' })).toMatch(/ exit 0,20\n$/)
})

test('what is too long stands above its outcome, and columns stay', async () => {
  const [what, outcome] = (await told('team', 'x'.repeat(60), { codes: [0], text: 'done' })).split('\n')
  expect(what).toBe(` team     ${'x'.repeat(60)}`)
  expect(outcome).toBe(`${' '.repeat(54)}   exit 0 done`)
})

test('an act that fails leaves a whole line behind', async () => {
  expect(await told('team', 'serve', new Error('no'))).toBe(` team     ${'serve'.padEnd(44)}\n`)
})

test('colour only repeats what is written', async () => {
  const outcome = { codes: [3], text: 'stopped' }
  const coloured = await told('team', 'promote', outcome, true)
  expect(coloured).toContain('\u001b[33m   exit 3\u001b[39m stopped')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken away
  expect(coloured.replace(/\u001b\[\d+m/g, '')).toBe(await told('team', 'promote', outcome))
})
