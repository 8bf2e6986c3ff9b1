/**
 * What a Convox rack is now, by its API or, where that says nothing, by its CloudFormation stack; and the waiting
 * until it is settled. Version and status come in one answer, and are believed only together.
 */

import { Problem } from '../../../shared/domain/problem.ts'
import type { Clock } from '../clock.ts'
import type { Answer, ConvoxCli, Silence } from './convox-cli.ts'
import type { ConvoxDriverConfig } from './convox-config.ts'
import { type ConvoxStack, repairCommand } from './convox-stack.ts'
import {
  type ConvoxGeneration,
  generationOf,
  type Meaning,
  meaningOfRackWord,
  worseOf,
} from './convox-status.ts'

export interface Look {
  readonly by: 'api' | 'stack'
  readonly version: string
  /** As it was said, such as "running" or "UPDATE_ROLLBACK_FAILED". */
  readonly word: string
  readonly meaning: Meaning
  /** What is shown of the parameters; secret ones as a mask. */
  readonly parameters: Readonly<Record<string, string>>
  readonly generation: ConvoxGeneration
}

export interface Waiting {
  /** For an update that is under way. */
  readonly limitMs: number
  /** For a rack that says nothing, or nothing that is known. */
  readonly patienceMs: number
  /** How many settled answers in a row, all with one version. */
  readonly times: number
  /** An answer with this version ends it at once; another one only after `graceMs`, or when something was under way. */
  readonly awaited?: { readonly version: string; readonly graceMs: number }
  readonly note: (line: string) => void
}

export interface Settled {
  readonly look: Look
  /** Something was under way meanwhile. */
  readonly wasChanging: boolean
}

export interface Lookout {
  look(): Promise<Answer<Look>>
  byApi(): Promise<Answer<Look>>
  /** Rejects with a Problem: `stuck` for a broken rack, `preflight_failed` for one that does not settle. */
  settled(waiting: Waiting): Promise<Settled>
  /** Rejects with `stuck` for a stack that has failed, whatever the rack says; else why it cannot tell, if so. */
  refuseBrokenStack(): Promise<Silence | null>
  /** For a rack in this state: what a person does about it. */
  brokenProblem(look: Look): Problem
  silentProblem(silence: Silence): Problem
}

export function createLookout(
  config: ConvoxDriverConfig,
  cli: ConvoxCli,
  stack: ConvoxStack | null,
  clock: Clock,
  note: (line: string) => void,
): Lookout {
  const { rack } = config
  const question = `${config.command.join(' ')} api get /system -r ${rack}`
  let toldOfStack = false

  function generationFor(version: string): ConvoxGeneration | null {
    return config.generation ?? generationOf(version)
  }

  async function byApi(): Promise<Answer<Look>> {
    const said = await cli.system()
    if ('silence' in said) return said
    const { version, status, parameters } = said.answer
    const generation = generationFor(version)
    if (generation === null) return noGeneration(version)
    const look: Look = {
      by: 'api',
      version,
      word: status,
      meaning: meaningOfRackWord(status),
      parameters,
      generation,
    }
    return generation === 'v2' ? { answer: look } : withListed(look)
  }

  /** The API of a v3 rack always says "running": whether an update is under way only `convox racks` knows. */
  async function withListed(look: Look): Promise<Answer<Look>> {
    const listed = await cli.listedStatus()
    if ('silence' in listed) {
      return {
        silence: { ...listed.silence, said: `${listed.silence.said} (${config.command.join(' ')} racks)` },
      }
    }
    const meaning = meaningOfRackWord(listed.answer)
    if (worseOf(meaning, look.meaning) === look.meaning) return { answer: look }
    return { answer: { ...look, word: listed.answer, meaning } }
  }

  async function byStack(): Promise<Answer<Look> | null> {
    if (stack === null) return null
    const said = await stack.look()
    if ('silence' in said) return said
    const { version, word, meaning, parameters } = said.answer
    if (version === null) {
      return {
        silence: { why: 'unreadable', said: 'the stack has no parameter Version: it is no rack of Convox' },
      }
    }
    return { answer: { by: 'stack', version, word, meaning, parameters, generation: 'v2' } }
  }

  async function look(): Promise<Answer<Look>> {
    const said = await byApi()
    if ('answer' in said || said.silence.why === 'unreadable') return said
    const fallback = await byStack()
    if (fallback === null) return said
    if ('silence' in fallback) {
      return {
        silence: {
          ...said.silence,
          said: `${said.silence.said}; nor does CloudFormation tell: ${fallback.silence.said}`,
        },
      }
    }
    if (!toldOfStack)
      note(`the rack's API does not answer (${said.silence.said}): its stack is asked instead`)
    toldOfStack = true
    return fallback
  }

  async function refuseBrokenStack(): Promise<Silence | null> {
    const said = await byStack()
    if (said === null) return null
    if ('silence' in said) return said.silence
    if (said.answer.meaning === 'broken') throw brokenProblem(said.answer)
    return null
  }

  function brokenProblem({ word, by }: Look): Problem {
    const { name, region } = config.stack ?? { name: rack.split('/').at(-1) ?? rack, region: null }
    const whose = by === 'stack' ? `The stack ${name}` : `The rack ${rack}`
    return new Problem(
      'stuck',
      `${whose} is "${word}": it takes no update, and which version runs is not sure, before a person has mended it.`,
      {
        hint: `look at the events of the stack, then: ${repairCommand(name, region)}`,
        numbers: { status: word },
      },
    )
  }

  function silentProblem({ why, said }: Silence): Problem {
    const hasNoWayAround = why !== 'unreadable' && config.stack === null && config.generation !== 'v3'
    const wayAround = hasNoWayAround ? '   # v2: [driver.stack] in rack.toml is the way back without it' : ''
    return new Problem('preflight_failed', `Cannot tell what the rack ${rack} is: "${question}" ${said}.`, {
      hint: `make it work by hand first: ${question}${wayAround}`,
    })
  }

  function unclearProblem({ word }: Look): Problem {
    return new Problem(
      'preflight_failed',
      `The rack ${rack} is "${word}", which is none of the states that are known to be good.`,
      { hint: `look at it: ${question}`, numbers: { status: word } },
    )
  }

  function busyProblem({ word, version }: Look, minutes: number): Problem {
    return new Problem(
      'preflight_failed',
      `The rack ${rack} is still "${word}" (${version}) after ${minutes} min.`,
      { hint: `wait for it: convox rack -r ${rack}`, numbers: { status: word, minutes } },
    )
  }

  async function settled({ limitMs, patienceMs, times, awaited, note: tell }: Waiting): Promise<Settled> {
    const startedAt = clock.monotonic()
    const sinceStart = () => clock.monotonic() - startedAt
    let quietSince: number | null = null
    let wasChanging = false
    let calm: Look[] = []
    let told = ''
    for (;;) {
      const said = await look()
      const seen = 'answer' in said ? said.answer : null
      const word = seen ? `${seen.word} (${seen.version})` : 'no answer'
      if (word !== told && (seen?.meaning !== 'settled' || told !== '')) tell(`${rack}: ${word}`)
      told = word
      if (seen?.meaning === 'broken') throw brokenProblem(seen)
      if (seen === null || seen.meaning === 'unclear') {
        calm = []
        quietSince ??= clock.monotonic()
        if (clock.monotonic() - quietSince >= patienceMs) {
          throw seen ? unclearProblem(seen) : silentProblem('silence' in said ? said.silence : noAnswer)
        }
      } else if (seen.meaning === 'settled') {
        quietSince = null
        calm = calm.at(-1)?.version === seen.version ? [...calm, seen] : [seen]
        const isEarly =
          awaited !== undefined &&
          seen.version !== awaited.version &&
          !wasChanging &&
          sinceStart() < awaited.graceMs
        if (calm.length >= times && !isEarly) return { look: seen, wasChanging }
      } else {
        quietSince = null
        calm = []
        wasChanging ||= seen.meaning === 'changing'
        if (sinceStart() >= limitMs) throw busyProblem(seen, Math.round(limitMs / 60_000))
      }
      await clock.sleep(config.pollSeconds * 1_000)
    }
  }

  return { look, byApi, settled, refuseBrokenStack, brokenProblem, silentProblem }
}

const noAnswer: Silence = { why: 'unreadable', said: 'gave no answer' }

function noGeneration(version: string): { readonly silence: Silence } {
  return {
    silence: {
      why: 'unreadable',
      said: `tells the version ${version}, of no known form (set generation = "v2" or "v3" under [driver])`,
    },
  }
}
