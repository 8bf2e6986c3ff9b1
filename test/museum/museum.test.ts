// The museum: every exhibit fails on the model of its peer and holds on Headgate, and its page says what they say.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { exhibits } from './exhibits.ts'
import { type Played, pageOf, play, summaryOf } from './museum.ts'

const root = join(import.meta.dirname, '..', '..')
const page = join(root, 'docs', 'museum.md')
const readme = join(root, 'README.md')

describe.each(exhibits)('$id', (exhibit) => {
  let played: Played
  beforeAll(async () => {
    played = await play(exhibit)
  })

  test('happens where the rule of its peer is followed, and not here', () => {
    expect(played.complaints).toEqual([])
    expect(played.incident?.length).toBeGreaterThan(10)
    expect(played.words?.length).toBeGreaterThan(0)
  })

  test('has a header of three lines, and names what there is', () => {
    const lines = readFileSync(join(import.meta.dirname, `${exhibit.id}.ts`), 'utf8').split('\n')
    expect(lines.slice(0, 3).every((line) => line.startsWith('// '))).toBe(true)
    expect(lines[1]).toMatch(/^\/\/ When: /)
    expect(lines[2]).toMatch(/^\/\/ Source: /)
    for (const file of exhibit.heldBy) expect(existsSync(join(root, file)), file).toBe(true)
    if (exhibit.processes) {
      const { file, test: name } = exhibit.processes
      expect(readFileSync(join(root, file), 'utf8')).toContain(name)
    }
  })
})

test('every file of an exhibit is in the museum', () => {
  const files = readdirSync(import.meta.dirname).filter((name) => /^\w?\d\d-.*\.ts$/.test(name))
  expect(files.map((name) => name.replace(/\.ts$/, ''))).toEqual(exhibits.map(({ id }) => id).toSorted())
})

test('its page and the table in the README are what the exhibits say: UPDATE_DOCS=1 writes them', async () => {
  const played: Played[] = []
  for (const exhibit of exhibits) played.push(await play(exhibit))
  const written = pageOf(played)
  if (process.env.UPDATE_DOCS) writeFileSync(page, written)
  expect(readFileSync(page, 'utf8')).toBe(written)

  const text = readFileSync(readme, 'utf8')
  const block = `<!-- museum -->\n${summaryOf(played)}\n<!-- /museum -->`
  if (process.env.UPDATE_DOCS)
    writeFileSync(
      readme,
      text.replace(/<!-- museum -->[\s\S]*<!-- \/museum -->/, () => block),
    )
  expect(readFileSync(readme, 'utf8')).toContain(block)
})
