/**
 * Where Convox's public release history becomes what `headgate import` reads. It claims no more than the tags say:
 * no release here is `required`, has a floor or was ever promoted, for nothing public records that.
 */
import { z } from 'zod'
import type { ParameterContract, ParameterDeclaration } from '../shared/domain/parameters.ts'
import { Problem } from '../shared/domain/problem.ts'
import type { ReleaseSource } from '../shared/domain/release.ts'
import { instantOfTimestamp } from '../shared/domain/version.ts'

const text = z.string()

const declaration = z.strictObject({
  type: text.optional(),
  default: z.union([text, z.number()]).optional(),
  allowed: z.array(text).optional(),
  noEcho: z.boolean().optional(),
})

const rackHistory = z.object({
  incident: z.object({ introducedIn: text, alsoIn: z.array(text), fixedIn: text, lastGoodBefore: text }),
  parameterSets: z.record(text, z.record(text, declaration)),
  releases: z.array(
    z.strictObject({
      version: text,
      commit: text,
      taggedAt: text,
      parameters: text,
      pullRequest: z.int().optional(),
    }),
  ),
})

const v3History = z.object({ releases: z.array(z.strictObject({ version: text, taggedAt: text })) })

export type RackHistory = z.infer<typeof rackHistory>
export type V3History = z.infer<typeof v3History>

/** One line of our import format; `publishedAt` is ISO 8601 in UTC. */
export interface ImportLine {
  readonly version: string
  readonly publishedAt: string
  readonly source: ReleaseSource
  readonly parameters?: ParameterContract
  readonly channels?: readonly string[]
}

/** Reads `data/convox-rack-releases.json`. Raises zod's error where the text has another shape. */
export function parseRackHistory(json: string): RackHistory {
  return rackHistory.parse(JSON.parse(json))
}

/** Reads `data/convox-v3-releases.json`. Raises zod's error where the text has another shape. */
export function parseV3History(json: string): V3History {
  return v3History.parse(JSON.parse(json))
}

/**
 * Convox v2: every build appeared as "edge" the moment it was cut, which is our `unstable`. The publish time is the
 * version's own digits; tag dates are those of commits, repeat for a build that was cut twice, and go backwards.
 */
export function convertRackHistory(history: RackHistory): ImportLine[] {
  const contracts = new Map(Object.entries(history.parameterSets).map(([id, set]) => [id, contractOf(set)]))
  return history.releases.map((release) => {
    const parameters = contracts.get(release.parameters)
    if (!parameters) {
      throw new Problem(
        'invalid_input',
        `Release ${release.version} names the parameter set ${release.parameters}, which is not among the ${contracts.size} in the file.`,
      )
    }
    return {
      version: release.version,
      publishedAt: publishTimeOf(release.version),
      source: {
        repository: 'github.com/convox/rack',
        commit: release.commit,
        ...(release.pullRequest === undefined
          ? {}
          : { url: `https://github.com/convox/rack/pull/${release.pullRequest}` }),
      },
      parameters,
      channels: ['unstable'],
    }
  })
}

/** Convox v3: ids are kept as they were written, tidy or not; the registry says how it read them. */
export function convertV3History(history: V3History): ImportLine[] {
  return history.releases.map((release) => ({
    version: release.version,
    publishedAt: new Date(release.taggedAt).toISOString(),
    source: { repository: 'github.com/convox/convox' },
  }))
}

/** JSON lines: one object a line, each line ended. */
export function toJsonLines(lines: readonly ImportLine[]): string {
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('')
}

function contractOf(set: RackHistory['parameterSets'][string]): ParameterContract {
  return Object.fromEntries(Object.entries(set).map(([name, from]) => [name, declarationOf(from)]))
}

/** CloudFormation knows only text: a default written as the number 1000 is the text "1000", not another default. */
function declarationOf(from: z.infer<typeof declaration>): ParameterDeclaration {
  return {
    ...(from.type === undefined ? {} : { type: from.type }),
    ...(from.default === undefined ? {} : { default: String(from.default) }),
    ...(from.noEcho ? { masked: true } : {}),
    ...(from.allowed === undefined ? {} : { allowed: from.allowed }),
  }
}

function publishTimeOf(version: string): string {
  const at = instantOfTimestamp(version)
  if (at === undefined) {
    throw new Problem(
      'invalid_version',
      `"${version}" does not spell out a time: expected 14 digits, YYYYMMDDHHMMSS in UTC.`,
    )
  }
  return new Date(at).toISOString()
}
