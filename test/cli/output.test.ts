// What a verb says: data and words apart, symbols with their words, and nothing of others that could steer a terminal.
import { describe, expect, test } from 'vitest'
import { createReport, type Sink, type Terminal } from '../../cli/output.ts'
import { oneLine, plainText } from '../../cli/plain-text.ts'
import { createProgress, showBytes } from '../../cli/progress.ts'
import { formatFields, formatTable } from '../../cli/table.ts'
import { describeInstant } from '../../cli/when.ts'

const now = Date.UTC(2016, 7, 16, 12)

function aTerminal(given: Partial<Sink> = {}): Terminal & { text: { stdout: string; stderr: string } } {
  const text = { stdout: '', stderr: '' }
  const sink = (name: keyof typeof text): Sink => ({
    write: (part) => {
      text[name] += part
    },
    isTerminal: false,
    hasColour: false,
    isUnicode: true,
    width: 80,
    ...given,
  })
  return { stdout: sink('stdout'), stderr: sink('stderr'), text }
}

describe('a report', () => {
  test('puts data on stdout and words on stderr', () => {
    const out = aTerminal()
    const report = createReport(out, () => now, {})
    report.show('Thing', { a: 1 }, (page) => page.line('a is 1'))
    report.done('It was made.')
    report.next('headgate thing show')
    expect(out.text).toEqual({
      stdout: 'a is 1\n',
      stderr: '✓ ok  It was made.\nNext:  headgate thing show\n',
    })
  })

  test('with --json is one envelope and no word', () => {
    const out = aTerminal()
    const report = createReport(out, () => now, { json: true })
    report.say('one moment')
    report.show('Thing', { a: 1 }, (page) => page.line('a is 1'))
    report.done('It was made.')
    report.warn('Hm.')
    report.next('headgate thing show')
    expect(out.text).toEqual({ stdout: '{"apiVersion":"headgate/v1","kind":"Thing","a":1}\n', stderr: '' })
  })

  test('with --quiet keeps what is wrong', () => {
    const out = aTerminal()
    const report = createReport(out, () => now, { quiet: true })
    report.say('one moment')
    report.done('It was made.')
    report.warn('Hm.')
    report.next('headgate thing show')
    expect(out.text).toEqual({ stdout: '', stderr: '! warning  Hm.\n' })
  })

  test('speaks ASCII where a terminal knows no more', () => {
    const out = aTerminal({ isUnicode: false })
    const report = createReport(out, () => now, {})
    report.show('Thing', {}, (page) => {
      page.line('1 → 2 …')
      page.mark('failed', 'no → way')
    })
    report.done('It was made.')
    expect(out.text).toEqual({ stdout: '1 -> 2 ...\nx failed   no -> way\n', stderr: '+ ok  It was made.\n' })
  })

  test('never says by colour alone', () => {
    const out = aTerminal({ hasColour: true })
    createReport(out, () => now, {}).warn('Hm.')
    expect(out.text.stderr).toBe('\u001b[33m! warning\u001b[39m  Hm.\n')
  })

  test('lets nobody steer the terminal', () => {
    const nasty = 'notes\u001b]0;title\u0007\u001b[2J\u009b1A\r\u202eback'
    const out = aTerminal()
    const report = createReport(out, () => now, {})
    report.show('Thing', {}, (page) => {
      page.line(nasty)
      page.mark('ok', nasty)
      page.table(['name'], [[nasty]])
      page.fields([['name', nasty]])
    })
    report.say(nasty)
    const codes = [...(out.text.stdout + out.text.stderr)].map((one) => one.codePointAt(0) ?? 0)
    expect(
      codes.filter((code) => (code < 32 && code !== 10) || (code > 126 && code < 160) || code === 0x202e),
    ).toEqual([])
  })

  test('escapes what JSON leaves as it is and terminals do not', () => {
    const out = aTerminal()
    createReport(out, () => now, { json: true }).show('Thing', { notes: '\u009b1A\u007f' }, () => undefined)
    expect(out.text.stdout).toContain('"notes":"\\u009b1A\\u007f"')
    expect(JSON.parse(out.text.stdout).notes).toBe('\u009b1A\u007f')
  })
})

test('a table has upper-case headers, three spaces, no trailing ones, and a dash for nothing', () => {
  expect(
    formatTable(
      ['app', 'racks'],
      [
        ['rack', '12'],
        ['a-longer-name', ''],
      ],
    ),
  ).toEqual(['APP             RACKS', 'rack            12', 'a-longer-name   -'])
  expect(
    formatFields([
      ['app', 'rack'],
      ['channels', 'two'],
    ]),
  ).toEqual(['app        rack', 'channels   two'])
})

test('what is long is cut for a cell, by characters and not by halves of them', () => {
  expect(oneLine('one\n two\tthree', 9)).toBe('one two …')
  expect(oneLine('🚰🚰🚰🚰', 3)).toBe('🚰🚰…')
  expect(plainText('kept:\n\ttabs and line ends')).toBe('kept:\n\ttabs and line ends')
})

test('an instant is a distance for a person and RFC 3339 for a program', () => {
  const at = (milliseconds: number) => new Date(now + milliseconds).toISOString()
  expect(describeInstant(at(-3 * 86_400_000), now, true)).toBe('3d ago')
  expect(describeInstant(at(4 * 3_600_000), now, true)).toBe('in 4h')
  expect(describeInstant(at(10), now, true)).toBe('now')
  expect(describeInstant(at(-400 * 86_400_000), now, true)).toBe('2015-07-13')
  expect(describeInstant(at(-3 * 86_400_000), now, false)).toBe('2016-08-13T12:00:00.000Z')
  expect(describeInstant(null, now, true)).toBe('-')
})

describe('progress', () => {
  test('is one line that is redrawn on a terminal, at most ten times a second', () => {
    const out = aTerminal({ isTerminal: true })
    let elapsed = 0
    const bar = createProgress(out.stderr, {
      label: 'any',
      total: 2_000_000,
      show: showBytes,
      monotonic: () => elapsed,
    })
    bar.update(0)
    elapsed = 50
    bar.update(500_000)
    elapsed = 1000
    bar.update(1_000_000)
    bar.end()
    const drawn = out.text.stderr.split('\r\u001b[K').slice(1)
    expect(drawn).toHaveLength(3)
    expect(drawn[1]).toBe('any  ████████████░░░░░░░░░░░░  50 %  1.0 MB of 2.0 MB  1.0 MB/s  1 s left')
    expect(drawn[2]).toBe('')
  })

  test('is nothing in a pipe', () => {
    const out = aTerminal()
    const bar = createProgress(out.stderr, { label: 'any', total: 10, show: showBytes, monotonic: () => 0 })
    bar.update(10)
    bar.end()
    expect(out.text.stderr).toBe('')
  })

  test('counts bytes in decimal units', () => {
    expect([0, 999, 1000, 1_234_567, 5e9, 7e15].map(showBytes)).toEqual([
      '0 B',
      '999 B',
      '1.0 kB',
      '1.2 MB',
      '5.0 GB',
      '7000.0 TB',
    ])
  })
})
