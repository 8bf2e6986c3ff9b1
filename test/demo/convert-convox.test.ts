// The real histories, converted: what the demo's registry is told is what the public tags say.
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import {
  convertRackHistory,
  convertV3History,
  type ImportLine,
  parseRackHistory,
  parseV3History,
  toJsonLines,
} from '../../demo/convert-convox.ts'
import { diffParameters } from '../../shared/domain/parameters.ts'

const dataFile = (name: string) => readFileSync(new URL(`../../demo/data/${name}`, import.meta.url), 'utf8')
const history = parseRackHistory(dataFile('convox-rack-releases.json'))
const rack = convertRackHistory(history)
const v3 = convertV3History(parseV3History(dataFile('convox-v3-releases.json')))

const released = (version: string): ImportLine => {
  const line = rack.find((candidate) => candidate.version === version)
  if (!line) throw new Error(`no release ${version}`)
  return line
}

describe('Convox v2', () => {
  test('all 836 releases come through, in the order of the file, on unstable', () => {
    expect(rack).toHaveLength(836)
    expect(new Set(rack.map((line) => line.version)).size).toBe(836)
    expect(rack.map((line) => line.version)).toEqual(history.releases.map((release) => release.version))
    expect(rack.every((line) => line.channels?.join() === 'unstable')).toBe(true)
  })

  test('the publish time is the version spelled out, not the tag date', () => {
    expect(released('20160816160115').publishedAt).toBe('2016-08-16T16:01:15.000Z')
    for (const line of rack) {
      expect(line.publishedAt.replace(/\D/g, '')).toBe(`${line.version}000`)
    }
  })

  test('tag dates go backwards, which is why they are not used', () => {
    const tagged = history.releases.map((release) => Date.parse(release.taggedAt))
    expect(tagged.some((at, i) => at < (tagged[i - 1] ?? at))).toBe(true)
    const published = rack.map((line) => Date.parse(line.publishedAt))
    expect(published.every((at, i) => at > (published[i - 1] ?? 0))).toBe(true)
  })

  test('the source is the commit, and the pull request where there was one', () => {
    expect(released('20160816160115').source).toEqual({
      repository: 'github.com/convox/rack',
      commit: 'fcafc024adf4edfe2836884d87ae0e5648640a25',
      url: 'https://github.com/convox/rack/pull/1076',
    })
    expect(released('20260421192651').source).toEqual({
      repository: 'github.com/convox/rack',
      commit: '3fc6cc6d5e91b59cc7185b5ea53c63be4e8116d1',
    })
    expect(rack.filter((line) => line.source.url === undefined)).toHaveLength(405)
  })

  test('noEcho becomes masked, and nothing else of it stays', () => {
    expect(released('20160816140022').parameters?.Password).toEqual({ type: 'String' })
    expect(released('20160816160115').parameters?.Password).toEqual({ type: 'String', masked: true })
    expect(released('20160816160115').parameters?.Encryption).toEqual({
      type: 'String',
      default: 'Yes',
      allowed: ['Yes', 'No'],
    })
    expect(toJsonLines(rack)).not.toContain('noEcho')
  })

  test('over the whole history one parameter becomes masked, once: Password in 20160816160115', () => {
    const masked = rack.flatMap((line, i) =>
      diffParameters(rack[i - 1]?.parameters, line.parameters)
        .filter((change) => change.change === 'becameMasked')
        .map((change) => `${change.name} ${line.version}`),
    )
    expect(masked).toEqual(['Password 20160816160115'])
  })

  test('a default that a template wrote as a number is text like all others', () => {
    expect(released('20260421192651').parameters?.SpotFleetMinMemoryMiB).toEqual({
      type: 'Number',
      default: '1000',
    })
  })

  test('a version that is no date, and a parameter set that is missing, are named', () => {
    const [first] = history.releases
    if (!first) throw new Error('the history is empty')
    const withRelease = (changed: object) => ({ ...history, releases: [{ ...first, ...changed }] })
    expect(() => convertRackHistory(withRelease({ version: 'edge' }))).toThrow(
      /"edge" does not spell out a time/,
    )
    expect(() => convertRackHistory(withRelease({ parameters: 'gone' }))).toThrow(/parameter set gone/)
  })
})

describe('Convox v3', () => {
  test('all 337 tags come through with their own spelling, and on no channel', () => {
    expect(v3).toHaveLength(337)
    const names = v3.map((line) => line.version)
    expect(names).toEqual(expect.arrayContaining(['3.24.9rc1', '3.12.0-rc', '3.11.2-try1', '3.24.3rc10']))
    expect(v3.every((line) => line.channels === undefined)).toBe(true)
  })

  test('the publish time is the tag date, in UTC', () => {
    expect(v3.find((line) => line.version === '3.5.3')?.publishedAt).toBe('2022-06-27T18:21:10.000Z')
    expect(v3.find((line) => line.version === '3.8.1')?.publishedAt).toBe('2022-11-15T16:11:28.000Z')
  })
})

test('JSON lines: one release a line, each line ended, nothing lost on the way', () => {
  const lines = toJsonLines(rack).split('\n')
  expect(lines.pop()).toBe('')
  expect(lines.map((line) => JSON.parse(line))).toEqual(rack)
})

test('another shape of file is refused, not half read', () => {
  expect(() => parseRackHistory('{"releases": [{"version": "20160816160115"}]}')).toThrow()
  expect(() => parseV3History('{"releases": [{"version": "3.5.3", "taggedAt": 1}]}')).toThrow()
})
