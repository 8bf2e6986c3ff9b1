/**
 * A policy as a person writes it: a document in JSON or TOML, or the name of a preset. What a document does not say of the
 * channel itself (whether it takes builds, how often racks ask, how a head rolls out) stays; its gates are all that will be
 * asked.
 */
import { stringify } from 'smol-toml'
import type { z } from 'zod'
import type { ChannelBody } from '../shared/contract/app.ts'
import { policyBody } from '../shared/contract/gates.ts'
import { type PresetName, presets } from '../shared/domain/policy.ts'
import { Problem } from '../shared/domain/problem.ts'
import type { Deps } from './deps.ts'
import { readDocument } from './document-file.ts'
import { readRollout } from './rollout-file.ts'

export type PolicyBody = ChannelBody['policy']

export interface PolicySource {
  readonly file?: string
  readonly preset?: PresetName
  /** For the rollout alone: a preset of its own, a file, or `none`: a new head reaches every rack at once. */
  readonly rollout?: string
}

const policyDocument = policyBody.partial({ promoteOnPublish: true, checkSeconds: true })

/** Raises `invalid_input` that names the file and the field. */
export async function readPolicy(
  deps: Pick<Deps, 'cwd' | 'stdin'>,
  { file, preset, rollout }: PolicySource,
  present: PolicyBody,
): Promise<PolicyBody> {
  const isNothing = file === undefined && preset === undefined && rollout === undefined
  if (isNothing || (file !== undefined && preset !== undefined)) {
    throw new Problem(
      'invalid_input',
      'A policy is either a --file or a --preset; --rollout goes with both, or alone.',
      {
        hint: `headgate channel policy set CHANNEL --app APP --preset ${Object.keys(presets).join('|')} --reason "…"`,
      },
    )
  }
  const policy = await readGates(
    deps,
    { ...(file !== undefined && { file }), ...(preset !== undefined && { preset }) },
    present,
  )
  return rollout === undefined ? policy : withRollout(deps, policy, rollout)
}

async function readGates(
  deps: Pick<Deps, 'cwd' | 'stdin'>,
  { file, preset }: PolicySource,
  present: PolicyBody,
): Promise<PolicyBody> {
  if (preset !== undefined) return { ...present, gates: policyBody.shape.gates.parse(presets[preset]) }
  if (file === undefined) return present
  const document = await readDocument(deps, { flag: '--file', file, schema: policyDocument })
  return { ...present, ...withoutUndefined(document) }
}

async function withRollout(
  deps: Pick<Deps, 'cwd' | 'stdin'>,
  { rollout: _before, ...policy }: PolicyBody,
  given: string,
): Promise<PolicyBody> {
  return given === 'none' ? policy : { ...policy, rollout: await readRollout(deps, given) }
}

/** The document of a policy, as `--file` takes it. */
export function writePolicy(policy: PolicyBody, format: 'json' | 'toml'): string {
  return format === 'toml' ? `${stringify(policy).trimEnd()}\n` : `${JSON.stringify(policy, null, 2)}\n`
}

function withoutUndefined({
  promoteOnPublish,
  checkSeconds,
  gates,
  rollout,
}: z.infer<typeof policyDocument>) {
  return {
    gates,
    ...(promoteOnPublish !== undefined && { promoteOnPublish }),
    ...(checkSeconds !== undefined && { checkSeconds }),
    ...(rollout !== undefined && { rollout }),
  }
}
