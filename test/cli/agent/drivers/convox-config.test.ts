/** [driver] with kind = "convox": what it says when it says little, and what it refuses; and every known status. */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  generationOf,
  meaningOfRackWord,
  meaningOfStackWord,
  worseOf,
} from '../../../../cli/agent/drivers/convox-status.ts'
import { realFiles } from '../../../../cli/agent/files.ts'
import { readRackConfig } from '../../../../cli/agent/rack-config.ts'
import { writeRackConfig } from '../../../../cli/agent/write-rack-config.ts'
import { scratchDirectory } from '../../../support/scratch-directory.ts'

const head = `
[registry]
url = "https://headgate.example.com"
[rack]
name = "prod-1"
app = "rack"
channel = "stable"
platform = "any"
[driver]
kind = "convox"
`

function read(text: string) {
  const dir = scratchDirectory()
  writeFileSync(join(dir, 'rack.toml'), head + text)
  return { dir, driver: readRackConfig(dir, realFiles).driver }
}

describe('the [driver] table', () => {
  it('says which rack, and the rest is as documented', () => {
    expect(read('rack = "acme/prod"').driver).toEqual({
      kind: 'convox',
      rack: 'acme/prod',
      generation: null,
      command: ['convox'],
      timeoutMinutes: 60,
      waitMinutes: 15,
      patienceSeconds: 300,
      startSeconds: 120,
      pollSeconds: 5,
      readTimeoutSeconds: 60,
      stack: null,
    })
  })

  it('may name a stack; files are meant from the directory of the rack', () => {
    const { dir, driver } = read('rack = "prod"\n[driver.stack]\nname = "prod"\npasswordFile = "password"')
    expect(driver).toMatchObject({
      stack: {
        name: 'prod',
        region: null,
        aws: ['aws'],
        templateUrl: 'https://convox.s3.amazonaws.com/release/VERSION/rack.json',
        capabilities: ['CAPABILITY_IAM'],
        passwordFile: join(dir, 'password'),
      },
    })
  })

  it('is written by enroll, and read back', () => {
    const dir = scratchDirectory()
    const rack = {
      registryUrl: 'https://headgate.example.com',
      name: 'prod-1',
      app: 'rack',
      channel: 'stable',
      platform: 'any',
      driver: 'convox',
      convoxRack: 'acme/prod',
    } as const
    writeRackConfig(dir, rack, realFiles)
    expect(readRackConfig(dir, realFiles).driver).toMatchObject({
      kind: 'convox',
      rack: 'acme/prod',
      stack: null,
    })
  })

  it.each([
    ['', '[driver] rack is missing'],
    ['rack = "-r evil"', '[driver] rack must be the name of a rack'],
    ['rack = "prod"\ngeneration = "v1"', '[driver] generation must be one of "v2", "v3"'],
    ['rack = "prod"\ntimeoutMinutes = 0', '[driver] timeoutMinutes must be a number from'],
    ['rack = "prod"\nregion = "eu"', '[driver] region is not a setting'],
    [
      'rack = "prod"\ngeneration = "v3"\n[driver.stack]\nname = "prod"',
      'a v3 rack is no CloudFormation stack',
    ],
    ['rack = "prod"\n[driver.stack]', '[driver] stack name is missing'],
    ['rack = "prod"\n[driver.stack]\nname = "--help"', 'the name of a CloudFormation stack'],
    ['rack = "prod"\n[driver.stack]\nname = "a"\ntemplateUrl = "https://s3/rack.json"', 'with VERSION in it'],
    ['rack = "prod"\n[driver.stack]\nname = "a"\ncapabilities = ["ALL"]', 'a list of CAPABILITY_IAM'],
    ['rack = "prod"\n[driver.stack]\nname = "a"\npassword = "x"', 'password is not a setting'],
  ])('with %j is refused', (text, words) => {
    expect(() => read(text)).toThrow(words)
  })
})

describe('a status', () => {
  it.each(['running'])('"%s" of a rack is settled', (word) => expect(meaningOfRackWord(word)).toBe('settled'))

  it.each(['', 'RUNNING', 'ready', 'constructor', '__proto__', 'unknown', 'unreachable', 'new'])(
    '"%s" of a rack is never a good one',
    (word) => expect(meaningOfRackWord(word)).toBe('unclear'),
  )

  /** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html lists them. */
  it('of a stack is known, each of them', () => {
    const settled = ['CREATE', 'UPDATE', 'UPDATE_ROLLBACK', 'IMPORT', 'IMPORT_ROLLBACK'].map(
      (one) => `${one}_COMPLETE`,
    )
    for (const word of settled) expect(meaningOfStackWord(word), word).toBe('settled')
    const changing = ['CREATE', 'ROLLBACK', 'UPDATE', 'UPDATE_COMPLETE_CLEANUP', 'UPDATE_ROLLBACK']
      .concat(['UPDATE_ROLLBACK_COMPLETE_CLEANUP', 'IMPORT', 'IMPORT_ROLLBACK'])
      .map((one) => `${one}_IN_PROGRESS`)
    for (const word of changing) expect(meaningOfStackWord(word), word).toBe('changing')
    const broken = ['CREATE', 'ROLLBACK', 'UPDATE', 'UPDATE_ROLLBACK', 'IMPORT_ROLLBACK', 'DELETE'].map(
      (one) => `${one}_FAILED`,
    )
    for (const word of [...broken, 'ROLLBACK_COMPLETE', 'DELETE_IN_PROGRESS', 'DELETE_COMPLETE']) {
      expect(meaningOfStackWord(word), word).toBe('broken')
    }
    for (const word of ['REVIEW_IN_PROGRESS', 'SOMETHING_NEW', 'toString']) {
      expect(meaningOfStackWord(word), word).toBe('unclear')
    }
  })

  it('that is worse counts', () => {
    expect(worseOf('settled', 'converging')).toBe('converging')
    expect(worseOf('broken', 'unclear')).toBe('broken')
    expect(worseOf('changing', 'unclear')).toBe('unclear')
  })
})

it.each([
  ['20160816160115', 'v2'],
  ['20160328231208-my-branch', 'v2'],
  ['3.18.4', 'v3'],
  ['3.24.9rc1', 'v3'],
  ['dev', null],
  ['2.0.0', null],
])('the version %s is of generation %s', (version, generation) => {
  expect(generationOf(version)).toBe(generation)
})
