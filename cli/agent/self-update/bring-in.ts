/**
 * Makes DIR/agent: the program that runs becomes its first release, trusted as it is, and its rack.toml says how a new
 * one is judged. Done before the agent is enrolled, so that the registry hears what it runs.
 */
import { join } from 'node:path'
import { version } from '../../../shared/contract/version.ts'
import { Problem } from '../../../shared/domain/problem.ts'
import type { DurableFiles } from '../files.ts'
import type { AgentApp, RackConfig } from '../rack-config.ts'
import { rackConfigFile } from '../rack-config.ts'
import { agentDirectory, programName, trust } from './agent-directory.ts'

/** `program` is the one file. An agent's directory that is there already keeps what it has. */
export function bringInAgent(
  dir: string,
  config: RackConfig,
  agent: AgentApp,
  program: string,
  files: DurableFiles,
): void {
  const own = agentDirectory(dir)
  files.makeDirectory(own)
  if (files.readLink(join(own, 'current')) === null) {
    const bytes = files.read(program)
    if (bytes === null)
      throw new Problem('invalid_input', `${program} is gone.`, { hint: 'install it again' })
    const release = join(own, 'releases', version)
    files.makeDirectory(release)
    files.writeAtomically(join(release, programName), bytes, 0o755)
    files.linkAtomically(join('releases', version), join(own, 'current'))
    trust(dir, version, files)
  }
  if (files.kindOf(rackConfigFile(own)) === null) {
    files.writeAtomically(rackConfigFile(own), configText(config, agent))
  }
}

/** JSON's escapes are among TOML's, but for the delete character. */
const quoted = (text: string) => JSON.stringify(text).replaceAll('\u007f', '\\u007F')

function configText({ registry, rack }: RackConfig, { app, channel, probationMinutes }: AgentApp): string {
  const { window } = rack
  const windowLine = window
    ? `window = { start = ${quoted(window.start)}, minutes = ${window.minutes}, zone = ${quoted(window.zone)}${window.except ? `, except = ${JSON.stringify(window.except)}` : ''} }`
    : '# window = { start = "0 2 * * 2-4", minutes = 180, zone = "Europe/Berlin" }'
  return `${[
    '# Written by `headgate agent enroll`: the agent of the rack above, as a rack of its own app. Yours to edit.',
    '',
    '[registry]',
    `url = ${quoted(registry.url)}`,
    '',
    '[rack]',
    `name = ${quoted(rack.name)}`,
    `app = ${quoted(app)}`,
    `channel = ${quoted(channel)}`,
    `platform = ${quoted(rack.platform)}`,
    windowLine,
    '',
    '[driver]',
    'kind = "directory"                # the supervisor runs what `current` points at',
    'keep = 3',
    '',
    '[[check]]',
    'name = "starts"',
    'kind = "agent"',
    'asks = "starts"                   # it has not ended by itself three times',
    'healthyCount = 1',
    'unhealthyCount = 1',
    'intervalSeconds = 2',
    '',
    '[[check]]',
    'name = "probation"',
    'kind = "agent"',
    'asks = "probation"',
    'checkIns = 3                      # answers of the registry, and one attempt without acts',
    'healthyCount = 1',
    'unhealthyCount = 1000             # it is the time below that ends it',
    'intervalSeconds = 2',
    '',
    '[settle]',
    'graceSeconds = 0',
    `timeoutSeconds = ${probationMinutes * 60}`,
  ].join('\n')}\n`
}
