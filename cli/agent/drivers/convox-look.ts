/**
 * What a Convox rack is now: by its API or, where that says nothing, by its CloudFormation stack. Version and status
 * come in one answer, and are believed only together.
 */

import { type Answer, type ConvoxCli, type Silence, unreadable } from './convox-cli.ts'
import type { ConvoxDriverConfig } from './convox-config.ts'
import type { ConvoxStack } from './convox-stack.ts'
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

export interface Lookout {
  look(): Promise<Answer<Look>>
  byApi(): Promise<Answer<Look>>
  /** Null where no stack is configured. */
  byStack(): Promise<Answer<Look> | null>
}

export function createLookout(
  config: ConvoxDriverConfig,
  cli: ConvoxCli,
  stack: ConvoxStack | null,
  note: (line: string) => void,
): Lookout {
  let isStackTold = false

  async function byApi(): Promise<Answer<Look>> {
    const said = await cli.system()
    if ('silence' in said) return said
    const { version, status: word, parameters } = said.answer
    const generation = config.generation ?? generationOf(version)
    if (generation === null) {
      return unreadable(
        `tells the version ${version}, of no known form (set generation = "v2" or "v3" under [driver])`,
      )
    }
    const look: Look = { by: 'api', version, word, meaning: meaningOfRackWord(word), parameters, generation }
    return generation === 'v2' ? { answer: look } : withListed(look)
  }

  /** The API of a v3 rack always says "running": whether an update is under way only `convox racks` knows. */
  async function withListed(look: Look): Promise<Answer<Look>> {
    const listed = await cli.listedStatus()
    if ('silence' in listed) return silent(listed.silence, `${listed.silence.said} (asked for all racks)`)
    const meaning = meaningOfRackWord(listed.answer)
    const isWorse = worseOf(meaning, look.meaning) !== look.meaning
    return { answer: isWorse ? { ...look, word: listed.answer, meaning } : look }
  }

  async function byStack(): Promise<Answer<Look> | null> {
    if (stack === null) return null
    const said = await stack.look()
    if ('silence' in said) return said
    const { version, word, meaning, parameters } = said.answer
    if (version === null) return unreadable('shows no parameter Version: that stack is no rack of Convox')
    return { answer: { by: 'stack', version, word, meaning, parameters, generation: 'v2' } }
  }

  async function look(): Promise<Answer<Look>> {
    const said = await byApi()
    if ('answer' in said) return said
    const fallback = await byStack()
    if (fallback === null) return said
    const why = said.silence.said
    if ('silence' in fallback) {
      return silent(said.silence, `${why}; nor does CloudFormation tell: it ${fallback.silence.said}`)
    }
    if (!isStackTold) note(`the rack's API tells nothing (${why}): its stack is asked instead`)
    isStackTold = true
    return fallback
  }

  return { look, byApi, byStack }
}

function silent({ why }: Silence, said: string): { readonly silence: Silence } {
  return { silence: { why, said } }
}
