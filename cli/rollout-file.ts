/** A rollout as a person names it: a preset, or a document in JSON or TOML. The registry is asked only for what can be. */
import type { z } from 'zod'
import { rolloutPolicyBody } from '../shared/contract/rollout.ts'
import { Problem } from '../shared/domain/problem.ts'
import {
  checkRolloutPolicy,
  type RolloutPresetName,
  rolloutPresets,
} from '../shared/domain/rollout-policy.ts'
import type { Deps } from './deps.ts'
import { readDocument } from './document-file.ts'
import { presetNames } from './rollout-option.ts'

export type RolloutPolicyBody = z.infer<typeof rolloutPolicyBody>

/** Raises `invalid_input` for what is neither, and for waves that contradict themselves. */
export async function readRollout(
  deps: Pick<Deps, 'cwd' | 'stdin'>,
  given: string,
): Promise<RolloutPolicyBody> {
  if (isPreset(given)) return rolloutPolicyBody.parse(rolloutPresets[given])
  // Whoever misspells a preset is not helped by hearing that there is no such file.
  if (/^[a-z][a-z-]*$/.test(given)) {
    throw new Problem('invalid_input', `There is no rollout "${given}"; there are: ${presetNames}.`, {
      hint: `headgate help rollouts; a file of that name is ./${given}`,
    })
  }
  const policy = await readDocument(deps, { flag: '--rollout', file: given, schema: rolloutPolicyBody })
  checkRolloutPolicy(policy)
  return policy
}

function isPreset(name: string): name is RolloutPresetName {
  return Object.hasOwn(rolloutPresets, name)
}
