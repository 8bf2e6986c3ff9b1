/** `headgate agent enroll`: makes the agent of a rack a rack of its own app, so that it updates itself. */
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { Problem } from '../../../shared/domain/problem.ts'
import { readRackConfig } from '../../agent/rack-config.ts'
import { agentDirectory } from '../../agent/self-update/agent-directory.ts'
import { bringInAgent } from '../../agent/self-update/bring-in.ts'
import { requireAgentApp } from '../../agent/self-update/update-agent.ts'
import type { Deps } from '../../deps.ts'
import { isOneFile } from '../../one-file.ts'
import { dryRunOption, type RegistryOptions, registryVerb } from '../../verb.ts'
import { enrollCommand } from '../enroll.ts'

interface Options extends RegistryOptions {
  readonly dir: string
}

export function agentEnrollCommand(deps: Deps): Command {
  return registryVerb({
    example: 'headgate agent enroll --dir /var/lib/headgate --token-file ./join.token',
    problems: ['not_enrolled', 'app_not_found', 'channel_not_found', 'name_taken', 'locked'],
  })
    .requiredOption('--dir <dir>', "the rack's directory, with [agent] in its rack.toml")
    .addOption(dryRunOption())
    .action(async (options: Options) => {
      const dir = resolve(deps.cwd, options.dir)
      const { files, program } = deps
      const agent = requireAgentApp({ dir, files })
      requireOneFile()
      const config = readRackConfig(dir, files)
      if (!options.dryRun) bringInAgent(dir, config, agent, program.file, files)
      const { name, platform } = config.rack
      const words = {
        '--dir': agentDirectory(dir),
        '--app': agent.app,
        '--channel': agent.channel,
        '--name': name,
        '--platform': platform,
        '--url': options.url ?? config.registry.url,
        '--token-file': options.tokenFile,
        '--context': options.context,
      }
      const given = Object.entries(words).flatMap(([option, value]) =>
        value === undefined ? [] : [option, value],
      )
      const flags = (['json', 'quiet', 'dryRun'] as const).flatMap((flag) =>
        options[flag] ? [flag === 'dryRun' ? '--dry-run' : `--${flag}`] : [],
      )
      await enrollCommand(deps)
        .exitOverride()
        .parseAsync([...given, ...flags], { from: 'user' })
    })
}

/** Only a program that is one file can lie beside another version of itself. */
function requireOneFile(): void {
  if (isOneFile) return
  throw new Problem('invalid_input', 'This program is not the one file: an agent cannot replace it.', {
    hint: 'npm run build:agent, and run dist/headgate-agent.mjs agent enroll on the rack',
  })
}
