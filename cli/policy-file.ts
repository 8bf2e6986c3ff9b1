/**
 * A policy as a person writes it: a document in JSON or TOML, or the name of a preset. What a document does not say of the
 * channel itself (whether it takes builds, how often racks ask) stays; its gates are all that will be asked.
 */
import { parse, stringify, TomlError } from 'smol-toml'
import { z } from 'zod'
import type { ChannelBody } from '../shared/contract/app.ts'
import { policyBody } from '../shared/contract/gates.ts'
import { type PresetName, presets } from '../shared/domain/policy.ts'
import { Problem } from '../shared/domain/problem.ts'
import type { Deps } from './deps.ts'
import { readTextInput } from './input-file.ts'

export type PolicyBody = ChannelBody['policy']

export interface PolicySource {
  readonly file?: string
  readonly preset?: PresetName
}

const policyDocument = policyBody.partial({ promoteOnPublish: true, checkSeconds: true })

/** Raises `invalid_input` that names the file and the field. */
export async function readPolicy(
  deps: Pick<Deps, 'cwd' | 'stdin'>,
  { file, preset }: PolicySource,
  present: PolicyBody,
): Promise<PolicyBody> {
  if (preset !== undefined && file === undefined)
    return { ...present, gates: policyBody.shape.gates.parse(presets[preset]) }
  if (file === undefined || preset !== undefined) {
    throw new Problem('invalid_input', 'A policy is either a --file or a --preset.', {
      hint: `headgate channel policy set CHANNEL --app APP --preset ${Object.keys(presets).join('|')} --reason "…"`,
    })
  }
  const read = policyDocument.safeParse(valueIn(await readTextInput(deps, '--file', file), file))
  if (read.success) return { ...present, ...withoutUndefined(read.data) }
  const [first] = read.error.issues
  const where = first?.path.join('.') || 'the document'
  throw new Problem('invalid_input', `--file ${file}: ${where}: ${first?.message}.`, {
    numbers: {
      issues: z.treeifyError(read.error),
    },
  })
}

/** The document of a policy, as `--file` takes it. */
export function writePolicy(policy: PolicyBody, format: 'json' | 'toml'): string {
  return format === 'toml' ? `${stringify(policy).trimEnd()}\n` : `${JSON.stringify(policy, null, 2)}\n`
}

function valueIn(text: string, file: string): unknown {
  const isJson = text.trimStart().startsWith('{')
  try {
    return isJson ? JSON.parse(text) : parse(text)
  } catch (error) {
    const why = error instanceof TomlError ? error.message.split('\n')[0] : String(error)
    throw new Problem(
      'invalid_input',
      `--file ${file} is ${isJson ? 'not JSON' : 'neither JSON nor TOML'}: ${why}.`,
    )
  }
}

function withoutUndefined({ promoteOnPublish, checkSeconds, gates }: z.infer<typeof policyDocument>) {
  return {
    gates,
    ...(promoteOnPublish !== undefined && { promoteOnPublish }),
    ...(checkSeconds !== undefined && { checkSeconds }),
  }
}
