/** Unpacking: what is plain comes out as it went in; what is hostile leaves nothing, inside or outside. */

import { execFileSync } from 'node:child_process'
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { defaultLimits, type UnpackLimits, unpackRelease } from '../../../../cli/agent/drivers/unpack.ts'
import { realFiles } from '../../../../cli/agent/files.ts'
import { Problem } from '../../../../shared/domain/problem.ts'
import { dieAtEveryCall } from '../../../support/dying-files.ts'
import { scratchDirectory } from '../../../support/scratch-directory.ts'
import {
  type Entry,
  paxEntry,
  putChecksum,
  tarEnd,
  tarEntry,
  tarOf,
  tgzOf,
} from '../../../support/tar-archive.ts'

interface Place {
  readonly dir: string
  readonly archive: string
  readonly release: string
}

function placeFor(bytes: Buffer): Place {
  const dir = scratchDirectory()
  const archive = join(dir, 'artifact')
  writeFileSync(archive, bytes)
  mkdirSync(join(dir, 'releases'))
  return { dir, archive, release: join(dir, 'releases', '2') }
}

async function unpacked(bytes: Buffer, limits: UnpackLimits = defaultLimits): Promise<string> {
  const place = placeFor(bytes)
  await unpackRelease(place.archive, place.release, realFiles, limits)
  expect(readdirSync(join(place.dir, 'releases'))).toEqual(['2'])
  return place.release
}

function tree(dir: string): string[] {
  return readdirSync(dir, { recursive: true }).map(String).sort()
}

describe('a plain archive', () => {
  const entries: Entry[] = [
    { name: './' },
    { name: './bin/', mode: 0o750 },
    { name: './bin/app', content: '#!/bin/sh\n', mode: 0o755 },
    { name: 'share/doc/read me.txt', content: 'Grüße' },
    { name: 'empty' },
  ]

  it.each([
    ['tar', tarOf(...entries)],
    ['tar.gz', tgzOf(...entries)],
    [
      'tar.gz in two members',
      Buffer.concat(
        [tarOf(...entries).subarray(0, 700), tarOf(...entries).subarray(700)].map((part) => gzipSync(part)),
      ),
    ],
    ['tar padded to a large record', Buffer.concat([tarOf(...entries), Buffer.alloc(20_480)])],
  ])('as %s comes out as it went in', async (_kind, bytes) => {
    const release = await unpacked(bytes)
    expect(tree(release)).toEqual(['bin', 'bin/app', 'empty', 'share', 'share/doc', 'share/doc/read me.txt'])
    expect(readFileSync(join(release, 'bin/app'), 'utf8')).toBe('#!/bin/sh\n')
    expect(readFileSync(join(release, 'share/doc/read me.txt'), 'utf8')).toBe('Grüße')
    expect(statSync(join(release, 'bin/app')).mode & 0o777).toBe(0o755)
    expect(statSync(join(release, 'empty')).mode & 0o777).toBe(0o644)
  })

  it("made by the system's tar, with long names in every format, comes out whole", async () => {
    for (const format of ['gnu', 'pax', 'ustar']) {
      const dir = scratchDirectory()
      const long = `${'deep-directory-name/'.repeat(7)}${'f'.repeat(90)}`
      mkdirSync(join(dir, 'in', dirname(long)), { recursive: true })
      writeFileSync(join(dir, 'in', long), 'x'.repeat(100_000))
      execFileSync('tar', [`--format=${format}`, '-czf', join(dir, 'a.tgz'), '-C', join(dir, 'in'), '.'])
      const release = await unpacked(readFileSync(join(dir, 'a.tgz')))
      expect(statSync(join(release, long)).size).toBe(100_000)
    }
  })

  it('with sizes that only fit base 256 or a pax record is read like any other', async () => {
    const wide = Buffer.alloc(12)
    wide[0] = 0x80
    wide[11] = 5
    const release = await unpacked(
      tarOf(
        { name: 'a', content: 'hello', rawSize: wide },
        paxEntry({ path: 'b', size: '5', mtime: '1471305600.5', 'SCHILY.xattr.user.x': 'y' }),
        { name: 'b', content: 'world', size: 5 },
        paxEntry({ comment: 'from git archive' }, 'g'),
        { name: 'c', content: '!' },
      ),
    )
    expect(tree(release)).toEqual(['a', 'b', 'c'])
    expect(readFileSync(join(release, 'a'), 'utf8')).toBe('hello')
  })

  it('whose two sizes differ is read by the later one, by both readers', async () => {
    const hidden = smuggled()
    const release = await unpacked(
      tarOf(paxEntry({ size: String(hidden.length) }), tarEntry({ name: 'a' }), hidden, { name: 'b' }),
    )
    expect(tree(release)).toEqual(['a', 'b'])
    expect(readFileSync(join(release, 'a'))).toEqual(hidden)
  })

  it('loses its special bits and what others may write', async () => {
    const release = await unpacked(
      tarOf({ name: 'su', mode: 0o6777, content: 'x' }, { name: 'd/', mode: 0o1777 }, { name: 'n', mode: 0 }),
    )
    expect(lstatSync(join(release, 'su')).mode & 0o7777).toBe(0o755)
    expect(lstatSync(join(release, 'd')).mode & 0o7777).toBe(0o755)
    expect(lstatSync(join(release, 'n')).mode & 0o7777).toBe(0o600)
  })

  it('is there wholly or not at all, at every death, and can be done again', async () => {
    let place = placeFor(tgzOf(...entries))
    const deaths = await dieAtEveryCall(
      async (files) => {
        place = placeFor(tgzOf(...entries))
        await unpackRelease(place.archive, place.release, files)
      },
      async () => {
        if (existsSync(place.release)) expect(tree(place.release)).toHaveLength(6)
        else await unpackRelease(place.archive, place.release, realFiles)
        expect(tree(place.release)).toHaveLength(6)
        expect(readdirSync(join(place.dir, 'releases'))).toEqual(['2'])
      },
      { losesUnsynced: true },
    )
    expect(deaths).toBeGreaterThan(2)
  })
})

const file: Entry = { name: 'app', content: 'good' }
const outside = '../../outside'
const bomb = gzipSync(tarOf({ name: 'zeros', content: Buffer.alloc(40_000_000) }))
const manyNames = Array.from({ length: 101 }, (_, index) => ({ name: `f${index}` }))
const deep = `${'d/'.repeat(65)}f`

const hostile: readonly [what: string, bytes: Buffer, words: string, limits?: Partial<UnpackLimits>][] = [
  ['a symbolic link out', tarOf({ name: 'l', kind: '2', link: outside }), 'is a symbolic link'],
  ['a symbolic link within', tarOf(file, { name: 'l', kind: '2', link: 'app' }), 'is a symbolic link'],
  [
    'a link, then a file through it',
    tarOf({ name: 'l', kind: '2', link: outside }, { name: 'l/f' }),
    'symbolic link',
  ],
  ['a hard link out', tarOf({ name: 'l', kind: '1', link: '/etc/passwd' }), 'is a hard link'],
  ['a hard link within', tarOf(file, { name: 'l', kind: '1', link: 'app' }), 'is a hard link'],
  ['a character device', tarOf({ name: 'null', kind: '3' }), 'is a character device'],
  ['a block device', tarOf({ name: 'sda', kind: '4' }), 'is a block device'],
  ['a named pipe', tarOf({ name: 'pipe', kind: '6' }), 'is a named pipe'],
  ['a contiguous file', tarOf({ name: 'c', kind: '7' }), 'is a contiguous file'],
  ['a sparse file', tarOf({ name: 's', kind: 'S' }), 'is a sparse file'],
  ['a directory dump', tarOf({ name: 'd', kind: 'D' }), 'is a directory dump'],
  ['an unknown kind', tarOf({ name: 'z', kind: 'Z' }), 'unknown kind "Z"'],
  ['an absolute path', tarOf(file, { name: '/etc/cron.d/evil' }), 'is an absolute path'],
  ['a path up', tarOf(file, { name: '../evil' }), 'leaves the release'],
  ['a path up in the middle', tarOf(file, { name: 'a/../../evil' }), 'leaves the release'],
  [
    'a path up in a pax header',
    tarOf(paxEntry({ path: '../../evil' }), { name: 'fine' }),
    'leaves the release',
  ],
  [
    'an absolute path in a long name',
    tarOf({ name: '././@LongLink', kind: 'L', content: '/tmp/evil\0' }, file),
    'absolute',
  ],
  ['a backslash path', tarOf({ name: '..\\evil' }), 'backslash'],
  ['a drive letter', tarOf({ name: 'C:/evil' }), 'absolute path'],
  ['a control character in a name', tarOf({ name: 'a\nb' }), 'control character'],
  ['an escape sequence in a name', tarOf({ name: 'a\u001b[2Jb' }), 'control character'],
  ['a name that is not UTF-8', tarOf(badName()), 'not UTF-8'],
  ['a NUL in a pax path', tarOf(paxEntry({ path: 'fine\0/../../evil' }), file), 'with a NUL'],
  ['the same file twice', tarOf(file, file), 'is in it twice'],
  ['the same file, spelled otherwise', tarOf(file, { name: './app' }), 'is in it twice'],
  ['names that differ by case', tarOf(file, { name: 'APP' }), 'one name where case'],
  ['directories that differ by case', tarOf({ name: 'A/x' }, { name: 'a/y' }), 'one name where case'],
  [
    'names that differ by composition',
    tarOf({ name: 'caf\u00e9' }, { name: 'cafe\u0301' }),
    'one name where case',
  ],
  ['a file that is a directory, too', tarOf(file, { name: 'app/below' }), 'both a file and a directory'],
  ['a directory that is a file, too', tarOf({ name: 'app/below' }, file), 'both a file and a directory'],
  ['a file for the release itself', tarOf({ name: '.', kind: '0', content: 'x' }), 'no name for a file'],
  ['a bomb', bomb, 'unpacks to more than'],
  [
    'more than the limit of bytes',
    tarOf({ name: 'a', content: 'x'.repeat(101) }),
    'more than 100 bytes',
    { bytes: 100 },
  ],
  [
    'a size that is a lie',
    tarOf({ name: 'a', size: 8_000_000_000, content: 'x' }),
    'more than',
    { bytes: 1_000_000 },
  ],
  ['a size beyond counting', tarOf({ name: 'a', rawSize: Buffer.alloc(12, 0xff) }), 'declares a size'],
  [
    'a size that is no number',
    tarOf({ name: 'a', rawSize: Buffer.from('99999999999\0') }),
    'no readable size',
  ],
  ['more entries than the limit', tarOf(...manyNames), 'more than 100 entries', { entries: 100 }],
  ['a name segment too long', tarOf(paxEntry({ path: 'n'.repeat(300) }), file), 'longer than 255'],
  ['a path too long', tarOf(paxEntry({ path: `${'dir/'.repeat(300)}f` }), file), 'characters'],
  ['a path too deep', tarOf(paxEntry({ path: deep }), file), 'directories deep'],
  [
    'an endless extended header',
    tarOf({ name: 'x', kind: 'x', content: 'x'.repeat(70_000) }, file),
    'extended header has',
  ],
  [
    'an unreadable extended header',
    tarOf({ name: 'x', kind: 'x', content: '99 path=a\n' }, file),
    'cannot be read',
  ],
  [
    'a pax header that makes a link',
    tarOf(paxEntry({ type: 'SymbolicLink', linkpath: outside }), file),
    'sets "type"',
  ],
  ['a pax header for a link path', tarOf(paxEntry({ linkpath: outside }), file), 'sets "linkpath"'],
  ['a global size', tarOf(paxEntry({ size: '1' }, 'g'), file), 'for every entry'],
  [
    'a newline inside a pax value',
    tarOf(paxEntry({ comment: 'x\n15 path=../evil' }), file),
    'cannot be read',
  ],
  ['a directory with content', tarOf({ name: 'd/', content: 'x'.repeat(10) }), 'directory of 10 bytes'],
  [
    'a truncated tar',
    tarOf(file, { name: 'b', content: 'x'.repeat(5_000) }).subarray(0, 3_000),
    'stops before its end',
  ],
  ['a tar without its end', tarEntry(file), 'stops before its end'],
  ['a truncated gzip', tgzOf(file).subarray(0, -12), 'compression is damaged'],
  ['a gzip with a flipped bit', flipped(tgzOf(file)), 'compression is damaged'],
  [
    'zeros and garbage after the gzip',
    Buffer.concat([tgzOf(file), Buffer.from('\0\0garbage')]),
    '9 bytes follow',
  ],
  ['garbage after the gzip', Buffer.concat([tgzOf(file), Buffer.from('garbage')]), ''],
  ['garbage after the tar', Buffer.concat([tarOf(file), Buffer.from('garbage')]), 'goes on after its end'],
  [
    'a second archive after the first',
    Buffer.concat([tarOf(file), tarOf({ name: 'evil' })]),
    'goes on after its end',
  ],
  [
    'an entry after a block of zeros',
    Buffer.concat([tarEntry(file), Buffer.alloc(512), tarOf({ name: 'evil' })]),
    'block of zeros',
  ],
  ['compressed twice', gzipSync(tgzOf(file)), 'compressed twice'],
  ['a bad checksum', tarOf(file, { name: 'b', badChecksum: true }), 'checksum'],
  ['no archive at all', Buffer.from('<html>404</html>'.repeat(100)), ''],
  ['nothing', Buffer.alloc(0), 'stops before its end'],
  ['no entries', tarEnd, 'Unrecognized archive format'],
  ['random bytes', Buffer.from(Array.from({ length: 4_096 }, (_, index) => (index * 7919) % 251)), ''],
]

function badName(): Buffer {
  const entry = tarEntry({ name: 'aXb' })
  entry[1] = 0xff
  putChecksum(entry.subarray(0, 512))
  return entry
}

function smuggled(): Buffer {
  return Buffer.concat([tarEntry({ name: 'hidden', kind: '2', link: outside }), Buffer.alloc(512)])
}

function flipped(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes)
  copy[copy.length - 6] = (copy[copy.length - 6] ?? 0) ^ 1
  return copy
}

describe('a hostile archive', () => {
  it('comes in at least 25 kinds', () => {
    expect(hostile.length).toBeGreaterThanOrEqual(25)
  })

  it.each(hostile)('with %s is refused and leaves nothing', async (_what, bytes, words, limits) => {
    for (const packed of [bytes, gzipSync(bytes)]) {
      if (packed !== bytes && bytes[0] === 0x1f) continue
      const place = placeFor(packed)
      writeFileSync(join(place.dir, 'outside'), 'untouched')
      const work = unpackRelease(place.archive, place.release, realFiles, { ...defaultLimits, ...limits })
      const problem = await work.then(
        () => null,
        (error: unknown) => error,
      )
      expect(problem).toBeInstanceOf(Problem)
      if (!(problem instanceof Problem)) continue
      expect(problem.code).toBe('update_failed')
      expect(problem.message).toContain('The archive is refused: ')
      expect(problem.message).toContain(words)
      expect(problem.message).not.toMatch(/\p{Cc}/u)
      expect(readdirSync(place.dir)).toEqual(['artifact', 'outside', 'releases'])
      expect(readdirSync(join(place.dir, 'releases'))).toEqual([])
      expect(readFileSync(join(place.dir, 'outside'), 'utf8')).toBe('untouched')
    }
  })

  it('made by altering a plain one anywhere, with checksums put right, is refused or yields plain files', async () => {
    const parts = [
      tarEntry({ name: 'dir/' }),
      paxEntry({ path: 'dir/long', size: '700', mtime: '1' }),
      tarEntry({ name: 'dir/long', content: 'x'.repeat(700) }),
      tarEntry({ name: '././@LongLink', kind: 'L', content: 'dir/other\0' }),
      tarEntry({ name: 'dir/oth', content: smuggled() }),
    ]
    const headers = parts.map((_part, index) =>
      parts.slice(0, index).reduce((sum, part) => sum + part.length, 0),
    )
    const plain = tarOf(...parts)
    const place = placeFor(plain)
    const where = fc.oneof(fc.nat(13), fc.integer({ min: 124, max: 135 }), fc.constant(156), fc.nat(511))
    const what = fc.oneof(
      fc.nat(255),
      fc.constantFrom(...Buffer.from('\0\x80\xff /.\\0123456789LKxgSDV', 'latin1')),
    )
    let refused = 0
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...headers, 512 * 2),
        fc.array(fc.tuple(where, what), { minLength: 1, maxLength: 4 }),
        async (header, changes) => {
          const bytes = Buffer.from(plain)
          for (const [at, value] of changes) bytes[header + at] = value
          for (const each of headers) putChecksum(bytes.subarray(each, each + 512))
          writeFileSync(place.archive, bytes)
          try {
            await unpackRelease(place.archive, place.release, realFiles)
            const kinds = tree(place.release).map((name) => realFiles.kindOf(join(place.release, name)))
            expect(kinds.filter((kind) => kind !== 'file' && kind !== 'directory')).toEqual([])
          } catch (error) {
            expect(error).toBeInstanceOf(Problem)
            refused += 1
          }
          realFiles.removeTree(place.release)
          expect(readdirSync(join(place.dir, 'releases'))).toEqual([])
          expect(readdirSync(place.dir)).toEqual(['artifact', 'releases'])
        },
      ),
      { numRuns: 500 },
    )
    expect(refused).toBeGreaterThan(100)
  })

  it('at the end of many files leaves nothing, also not a moment later', async () => {
    const many = Array.from({ length: 400 }, (_, index) => ({
      name: `d${index % 7}/e${index % 11}/f${index}`,
      content: Buffer.alloc(30_000, index),
    }))
    expect(tree(await unpacked(tarOf(...many))).filter((name) => name.includes('/f'))).toHaveLength(400)
    const place = placeFor(tarOf(...many, { name: 'l', kind: '2', link: outside }))
    await expect(unpackRelease(place.archive, place.release, realFiles)).rejects.toThrow('is a symbolic link')
    expect(readdirSync(join(place.dir, 'releases'))).toEqual([])
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(readdirSync(join(place.dir, 'releases'))).toEqual([])
  })

  it('does not write through a link that somebody left in the temporary place', async () => {
    const place = placeFor(tarOf(file))
    mkdirSync(join(place.dir, 'elsewhere'))
    symlinkSync(join(place.dir, 'elsewhere'), join(place.dir, 'releases', '.unpacking'))
    await unpackRelease(place.archive, place.release, realFiles)
    expect(readdirSync(join(place.dir, 'elsewhere'))).toEqual([])
    expect(lstatSync(place.release).isDirectory()).toBe(true)
  })
})
