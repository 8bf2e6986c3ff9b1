/** The journal: no line lost, doubled or made up, wherever the machine dies. */

import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { DurableFiles } from '../../../cli/agent/files.ts'
import { realFiles } from '../../../cli/agent/files.ts'
import { historyFile, type Journal, journalFile, openJournal } from '../../../cli/agent/journal.ts'
import { encodeLine, readLines } from '../../../cli/agent/journal-lines.ts'
import { Problem } from '../../../shared/domain/problem.ts'
import { dieAtEveryCall } from '../../support/dying-files.ts'
import { fullDiskAfter } from '../../support/full-disk.ts'
import { scratchDirectory } from '../../support/scratch-directory.ts'

const small = { bytes: 4_096, reserveBytes: 1_024 }
const line = (attempt: string, state: string, data: unknown = {}) => ({
  attempt,
  state,
  at: 1471305600000,
  data,
})
const states = (journal: Journal) => journal.entries().map((entry) => `${entry.attempt} ${entry.state}`)
const reopened = (dir: string) => openJournal(dir, realFiles, small)

function problemOf(act: () => unknown): Problem {
  try {
    act()
  } catch (error) {
    if (error instanceof Problem) return error
    throw error
  }
  throw new Error('no problem was raised')
}

describe('a journal', () => {
  it('reads back what was appended, in order, in its attempts', () => {
    const dir = scratchDirectory()
    const journal = openJournal(dir, realFiles, small)
    expect(journal.entries()).toEqual([])
    journal.append(line('a1', 'locked'))
    journal.append(line('a1', 'applying', { to: '2', note: 'Grüße\n"}' }))
    journal.append(line('a2', 'locked'))
    expect(reopened(dir).entries()).toEqual(journal.entries())
    expect(reopened(dir).entries()[1]).toEqual({
      n: 2,
      attempt: 'a1',
      state: 'applying',
      at: 1471305600000,
      data: { to: '2', note: 'Grüße\n"}' },
    })
    expect(journal.attempts().map((each) => [each.attempt, each.entries.length])).toEqual([
      ['a1', 2],
      ['a2', 1],
    ])
  })

  it('is not made by reading it', () => {
    const dir = scratchDirectory()
    openJournal(dir, realFiles).attempts()
    expect(realFiles.list(dir)).toEqual([])
  })

  it('really takes its blocks, so that they are there when the disk is full', () => {
    const dir = scratchDirectory()
    openJournal(dir, realFiles).append(line('a1', 'locked'))
    const stats = statSync(journalFile(dir))
    expect(stats.size).toBe(1_048_576)
    expect(stats.blocks * 512).toBeGreaterThanOrEqual(stats.size)
    expect(stats.mode & 0o777).toBe(0o600)
  })

  it('is JSON lines to any other program', () => {
    const dir = scratchDirectory()
    const journal = openJournal(dir, realFiles, small)
    journal.append(line('a1', 'locked'))
    journal.append(line('a1', 'proved'))
    const lines = readFileSync(journalFile(dir), 'utf8').split('\n').slice(0, 2)
    expect(lines.map((each) => JSON.parse(each).state)).toEqual(['locked', 'proved'])
  })

  it('refuses a line for an attempt that another one followed', () => {
    const journal = openJournal(scratchDirectory(), realFiles, small)
    journal.append(line('a1', 'locked'))
    journal.append(line('a2', 'locked'))
    expect(() => journal.append(line('a1', 'proved'))).toThrow('followed by a2')
  })

  it('keeps a reserve that only the way back may use', () => {
    const dir = scratchDirectory()
    const journal = openJournal(dir, realFiles, small)
    const big = line('a1', 'settling', 'x'.repeat(300))
    const full = problemOf(() => {
      for (;;) journal.append(big)
    })
    expect(full.code).toBe('preflight_failed')
    expect(full.message).toContain('of 3072 bytes')
    const before = journal.entries().length
    journal.append({ ...big, state: 'returning' }, { urgent: true })
    journal.append({ ...big, state: 'returned' }, { urgent: true })
    expect(reopened(dir).entries()).toHaveLength(before + 2)
    expect(statSync(journalFile(dir)).size).toBe(4_096)
    expect(() => {
      for (;;) journal.append(big, { urgent: true })
    }).toThrow('of 4096 bytes')
    expect(statSync(journalFile(dir)).size).toBe(4_096)
  })
})

describe('a torn last line', () => {
  it('is ignored at every length, and written over', () => {
    const whole = encodeLine({ n: 2, ...line('a1', 'applying', { some: 'data' }) })
    for (let cut = 0; cut < whole.length; cut += 1) {
      const dir = scratchDirectory()
      openJournal(dir, realFiles, small).append(line('a1', 'locked'))
      const end = readLines(readFileSync(journalFile(dir)), '').end
      realFiles.writeAt(journalFile(dir), end, Buffer.from(whole.slice(0, cut)))
      const journal = reopened(dir)
      expect(states(journal)).toEqual(['a1 locked'])
      journal.append(line('a1', 'x'))
      expect(states(reopened(dir))).toEqual(['a1 locked', 'a1 x'])
    }
  })

  it('is ignored when its later page was written and its first was not', () => {
    const dir = scratchDirectory()
    openJournal(dir, realFiles, small).append(line('a1', 'locked'))
    const end = readLines(readFileSync(journalFile(dir)), '').end
    const torn = encodeLine({ n: 2, ...line('a1', 'applying', 'y'.repeat(500)) })
    realFiles.writeAt(journalFile(dir), end + 100, Buffer.from(torn.slice(100)))
    const journal = reopened(dir)
    expect(states(journal)).toEqual(['a1 locked'])
    journal.append(line('a1', 'returning'))
    expect(states(reopened(dir))).toEqual(['a1 locked', 'a1 returning'])
  })
})

describe('damage', () => {
  it('before a good line names file and line, and says what to do', () => {
    const dir = scratchDirectory()
    const journal = openJournal(dir, realFiles, small)
    for (const state of ['locked', 'planned', 'applying']) journal.append(line('a1', state))
    const bytes = readFileSync(journalFile(dir))
    bytes[bytes.indexOf('planned')] = 0x21
    writeFileSync(journalFile(dir), bytes)
    const problem = problemOf(() => reopened(dir))
    expect(problem.code).toBe('stuck')
    expect(problem.message).toContain(`${journalFile(dir)}:2 cannot be read`)
    expect(problem.hint).toContain('headgate verify')
    expect(problem.numbers).toEqual({ line: 2, lastGood: 1, nextGood: 3 })
  })

  it('by a line that is missing is found by the numbers', () => {
    const dir = scratchDirectory()
    mkdirSync(dir, { recursive: true })
    const lines = [1, 3].map((n) => encodeLine({ n, ...line('a1', 'locked') }))
    writeFileSync(journalFile(dir), lines.join(''))
    expect(() => reopened(dir)).toThrow(`${journalFile(dir)}:2`)
  })

  it('never makes up a line: any altered byte drops the last line or is a problem', () => {
    const good = ['locked', 'applying', 'proved'].map((state, index) =>
      encodeLine({ n: index + 1, ...line('a1', state) }),
    )
    const bytes = Buffer.from(good.join(''))
    const whole = readLines(bytes, 'journal').entries
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const altered = Buffer.from(bytes)
        altered[at] = (altered[at] ?? 0) ^ flip
        try {
          const { entries } = readLines(altered, 'journal')
          expect(entries).toEqual(whole.slice(0, 2))
        } catch (error) {
          expect(error).toBeInstanceOf(Problem)
        }
      }),
      { numRuns: 2_000 },
    )
  })
})

describe('rotation', () => {
  function filled(dir: string, files: DurableFiles = realFiles): Journal {
    const journal = openJournal(dir, files, small)
    for (let attempt = journal.attempts().length + 1; attempt <= 8; attempt += 1) {
      journal.append(line(`a${attempt}`, 'locked', 'z'.repeat(100)))
      journal.append(line(`a${attempt}`, 'proved'))
    }
    return journal
  }
  const everything = (journal: Journal) =>
    [...journal.history(), ...journal.attempts()].map((each) => `${each.attempt}:${each.entries.length}`)
  const all = ['a1:2', 'a2:2', 'a3:2', 'a4:2', 'a5:2', 'a6:2', 'a7:2', 'a8:2']

  it('waits until half of the space is used', () => {
    const journal = openJournal(scratchDirectory(), realFiles, small)
    journal.append(line('a1', 'proved'))
    journal.append(line('a2', 'proved'))
    expect(journal.rotate()).toBe(0)
    expect(journal.attempts()).toHaveLength(2)
  })

  it('moves all attempts but the last, and counts on', () => {
    const dir = scratchDirectory()
    const journal = filled(dir)
    expect(journal.rotate()).toBe(7)
    expect(states(journal)).toEqual(['a8 locked', 'a8 proved'])
    expect(everything(journal)).toEqual(all)
    expect(everything(reopened(dir))).toEqual(all)
    expect(statSync(journalFile(dir)).size).toBe(4_096)
    expect(journal.append(line('a9', 'locked')).n).toBe(17)
    expect(
      reopened(dir)
        .entries()
        .map((entry) => entry.n),
    ).toEqual([15, 16, 17])
  })

  it('counts on when the journal itself is gone', () => {
    const dir = scratchDirectory()
    filled(dir).rotate()
    realFiles.remove(journalFile(dir))
    expect(reopened(dir).append(line('a9', 'locked')).n).toBe(15)
  })

  it('loses and doubles nothing at any death, and is done again afterwards', async () => {
    for (const how of [{}, { tears: true }, { tears: true, losesUnsynced: true }]) {
      let dir = scratchDirectory()
      const deaths = await dieAtEveryCall(
        (files) => {
          dir = scratchDirectory()
          filled(dir)
          openJournal(dir, files, small).rotate()
        },
        () => {
          const journal = reopened(dir)
          expect(everything(journal)).toEqual(all)
          journal.rotate()
          expect(everything(journal)).toEqual(all)
          expect(everything(reopened(dir))).toEqual(all)
          expect(journal.attempts()).toHaveLength(1)
        },
        how,
      )
      expect(deaths).toBeGreaterThan(7)
    }
  })

  it('sets a damaged history aside and goes on', () => {
    const dir = scratchDirectory()
    filled(dir).rotate()
    const bytes = readFileSync(historyFile(dir))
    bytes[200] = 0x21
    writeFileSync(historyFile(dir), bytes)
    const journal = reopened(dir)
    expect(() => journal.history()).toThrow(`${historyFile(dir)}:2`)
    for (let more = 9; journal.rotate() === 0; more += 1)
      journal.append(line(`a${more}`, 'proved', 'z'.repeat(100)))
    expect(realFiles.list(dir)).toEqual(['history.jsonl', 'history.jsonl.damaged-before-15', 'journal'])
    expect(readFileSync(`${historyFile(dir)}.damaged-before-15`)).toEqual(bytes)
    expect(reopened(dir).history().at(0)?.attempt).toBe('a8')
    expect(reopened(dir).entries().at(-1)?.attempt).toBe(journal.entries().at(-1)?.attempt)
  })
})

describe('appending', () => {
  it('at every death leaves the lines before it, and the new one wholly or not at all', async () => {
    for (const how of [{}, { tears: true }, { tears: true, losesUnsynced: true }]) {
      let dir = ''
      let acknowledged = 0
      await dieAtEveryCall(
        (files) => {
          dir = scratchDirectory()
          acknowledged = 0
          const journal = openJournal(dir, files, small)
          for (const state of ['locked', 'planned', 'applying', 'settling', 'proved']) {
            journal.append(line('a1', state, { with: 'some data' }))
            acknowledged += 1
          }
        },
        () => {
          const { length } = reopened(dir).entries()
          expect([acknowledged, acknowledged + 1]).toContain(length)
          reopened(dir).append(line('a1', 'returning'), { urgent: true })
          expect(states(reopened(dir))).toHaveLength(length + 1)
        },
        how,
      )
    }
  })
})

describe('on a disk that is full', () => {
  it('an attempt under way still records its return; rotating waits, and leaves nothing half done', () => {
    const dir = scratchDirectory()
    const journal = openJournal(dir, fullDiskAfter(filledEnough), small)
    function filledEnough(): boolean {
      return realFiles.kindOf(journalFile(dir)) !== null
    }
    for (let attempt = 0; attempt < 9; attempt += 1)
      journal.append(line(`b${attempt}`, 'proved', 'x'.repeat(200)))
    expect(journal.rotate()).toBe(0)
    journal.append(line('c', 'returning'), { urgent: true })
    journal.append(line('c', 'returned'), { urgent: true })
    expect(states(reopened(dir)).slice(-2)).toEqual(['c returning', 'c returned'])
    expect(realFiles.list(dir)).toEqual(['journal'])
  })

  it('an attempt does not begin: the problem says how many bytes must be free', () => {
    const dir = scratchDirectory()
    const journal = openJournal(
      dir,
      fullDiskAfter(() => true),
      small,
    )
    const problem = problemOf(() => journal.append(line('a1', 'locked')))
    expect(problem.code).toBe('preflight_failed')
    expect(problem.message).toContain('4096 bytes must be set aside')
    expect(realFiles.list(dir)).toEqual([])
  })
})

describe('the history', () => {
  const bounded = { ...small, historyBytes: 6_000 }
  const tried = (journal: Journal, attempt: string) => {
    for (const state of ['planned', 'applying', 'proved'])
      journal.append(line(attempt, state, 'x'.repeat(150)))
  }

  /** The attempts that are remembered after so many. */
  function rememberedOf(count: number, toldOf: (journal: Journal) => number): string[] {
    const dir = scratchDirectory()
    const journal = openJournal(dir, realFiles, bounded)
    for (let index = 0; index < count; index += 1) {
      journal.rotate(toldOf(journal))
      tried(journal, `a${index}`)
    }
    const again = openJournal(dir, realFiles, bounded)
    return [...again.history(), ...again.attempts()].map(({ attempt }) => attempt)
  }

  it('drops the oldest attempts that the registry knows', () => {
    const remembered = rememberedOf(60, (journal) => journal.entries().at(-1)?.n ?? 0)
    expect(remembered.length).toBeLessThan(20)
    expect(remembered.at(-1)).toBe('a59')
    expect(remembered).toEqual(remembered.toSorted((a, b) => Number(a.slice(1)) - Number(b.slice(1))))
  })

  it('keeps all that it has not heard of, however much that is', () => {
    expect(rememberedOf(60, () => 0)).toHaveLength(60)
    // Ten attempts of three lines were told.
    const remembered = rememberedOf(60, () => 30)
    expect(remembered[0]).toBe('a10')
    expect(remembered).toHaveLength(50)
  })
})
