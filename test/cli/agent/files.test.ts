/** Durable files: what is left when the machine dies between any two system calls. */

import { chmodSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type DurableFiles, realFiles } from '../../../cli/agent/files.ts'
import { Died, dieAtEveryCall, dyingFiles } from '../../support/dying-files.ts'
import { scratchDirectory } from '../../support/scratch-directory.ts'

const hard = { tears: true, losesUnsynced: true }

describe('durable files', () => {
  it('say null for what is not there, and what is there', () => {
    const dir = scratchDirectory()
    expect(realFiles.read(join(dir, 'none'))).toBeNull()
    expect(realFiles.list(join(dir, 'none'))).toEqual([])
    expect(realFiles.kindOf(join(dir, 'none'))).toBeNull()
    writeFileSync(join(dir, 'file'), 'x')
    symlinkSync('elsewhere', join(dir, 'link'))
    expect(realFiles.kindOf(join(dir, 'file', 'below'))).toBeNull()
    expect(realFiles.kindOf(dir)).toBe('directory')
    expect(realFiles.kindOf(join(dir, 'file'))).toBe('file')
    expect(realFiles.kindOf(join(dir, 'link'))).toBe('link')
    expect(realFiles.readLink(join(dir, 'link'))).toBe('elsewhere')
    expect(realFiles.readLink(join(dir, 'file'))).toBeNull()
    expect(realFiles.list(dir)).toEqual(['file', 'link'])
  })

  it('write a secret with its mode, whatever stood there before', () => {
    const file = join(scratchDirectory(), 'token')
    writeFileSync(file, 'old')
    chmodSync(file, 0o666)
    writeFileSync(`${file}.tmp`, 'left behind by a crash')
    chmodSync(`${file}.tmp`, 0o666)
    realFiles.writeAtomically(file, 'secret', 0o600)
    expect(readFileSync(file, 'utf8')).toBe('secret')
    expect(statSync(file).mode & 0o777).toBe(0o600)
  })

  it('replace a file wholly or not at all, at every death, through a power cut', async () => {
    const dir = scratchDirectory()
    const file = join(dir, 'state')
    const deaths = await dieAtEveryCall(
      (files) => {
        realFiles.writeAtomically(file, 'old')
        files.writeAtomically(file, 'the new content')
        throwIfLost(files, file, 'the new content')
      },
      () => expect(['old', 'the new content']).toContain(readFileSync(file, 'utf8')),
      hard,
    )
    expect(deaths).toBe(5)
  })

  it('flip a link so that there is always one, at every death', async () => {
    const dir = scratchDirectory()
    const link = join(dir, 'current')
    const deaths = await dieAtEveryCall(
      (files) => {
        realFiles.linkAtomically('releases/1', link)
        files.linkAtomically('releases/2', link)
      },
      () => expect(realFiles.readLink(link)).toMatch(/^releases\/[12]$/),
      hard,
    )
    expect(deaths).toBeGreaterThan(2)
  })

  it('keep what they reported as done: what returned is there after a power cut at the next call', () => {
    const dir = scratchDirectory()
    let bait = 0
    const probe = (work: (files: DurableFiles) => void): void => {
      const counting = dyingFiles({ diesAt: Infinity })
      work(counting.files)
      const { files } = dyingFiles({ diesAt: counting.calls() + 1, losesUnsynced: true })
      work(files)
      bait += 1
      writeFileSync(join(dir, `bait${bait}`), '')
      expect(() => files.remove(join(dir, `bait${bait}`))).toThrow(Died)
    }
    probe((files) => files.writeAtomically(join(dir, 'a'), 'one'))
    expect(readFileSync(join(dir, 'a'), 'utf8')).toBe('one')
    probe((files) => files.writeAt(join(dir, 'a'), 1, Buffer.from('NE')))
    expect(readFileSync(join(dir, 'a'), 'utf8')).toBe('oNE')
    probe((files) => files.linkAtomically('a', join(dir, 'link')))
    expect(realFiles.readLink(join(dir, 'link'))).toBe('a')
    let turn = 0
    probe((files) => {
      turn += 1
      files.makeDirectory(join(dir, `deep${turn}`, 'er'))
    })
    expect(readdirSync(join(dir, 'deep2'))).toEqual(['er'])
    probe((files) => {
      if (realFiles.kindOf(join(dir, 'a')) === null) realFiles.writeAtomically(join(dir, 'a'), 'again')
      files.rename(join(dir, 'a'), join(dir, 'deep2', 'b'))
    })
    expect(readdirSync(join(dir, 'deep2'))).toEqual(['b', 'er'])
  })

  it('notice a forgotten sync: a dying file system takes back what was not synced', () => {
    const dir = scratchDirectory()
    writeFileSync(join(dir, 'a'), 'before')
    const { files } = dyingFiles({ diesAt: 3, losesUnsynced: true })
    expect(() => files.writeAt(join(dir, 'a'), 0, Buffer.from('AFTER!'))).toThrow(Died)
    expect(readFileSync(join(dir, 'a'), 'utf8')).toBe('before')
    expect(() => files.makeDirectory(join(dir, 'b'))).toThrow(Died)
  })

  it('leave no temporary file behind when the disk refuses', () => {
    const dir = scratchDirectory()
    expect(() => realFiles.writeAtomically(join(dir, 'no', 'such', 'file'), 'x')).toThrow('ENOENT')
    expect(() => realFiles.rename(join(dir, 'none'), join(dir, 'other'))).toThrow('ENOENT')
    expect(readdirSync(dir)).toEqual([])
  })
})

function throwIfLost(files: DurableFiles, file: string, expected: string): void {
  expect(files.read(file)?.toString()).toBe(expected)
}
