/**
 * The checks a rack is configured with, and the version check that every attempt has. A kind is loaded when it is
 * first asked: a rack that only asks its registry pays for none.
 */

import type { Driver } from '../drivers/driver.ts'
import { realFiles } from '../files.ts'
import { keepLastLines } from '../process-output.ts'
import type { CheckConfig } from '../rack-config-checks.ts'
import type { Check } from './check.ts'
import type { CommandCheckPlace } from './command.ts'
import type { ParametersCheckPlace } from './parameters.ts'
import { createVersionCheck } from './version.ts'

export interface CheckPlace extends CommandCheckPlace {
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** Absent for what has none, such as one host of many. */
  readonly parameters?: ParametersCheckPlace
}

type Version = Pick<Driver, 'current'>

async function load(config: CheckConfig, driver: Version, place: CheckPlace): Promise<Check> {
  switch (config.kind) {
    case 'agent':
      return (await import('./agent.ts')).createAgentCheck(config, { dir: place.dir, files: realFiles })
    case 'http':
      return (await import('./http.ts')).createHttpCheck(config)
    case 'tls':
      return (await import('./tls.ts')).createTlsCheck(config, place)
    case 'tcp':
      return (await import('./tcp.ts')).createTcpCheck(config)
    case 'command':
      return (await import('./command.ts')).createCommandCheck(config, place)
    case 'parameters':
      return (await import('./parameters.ts')).createParametersCheck(config, place.parameters)
    case 'disk':
      return (await import('./disk.ts')).createDiskCheck(config)
    case 'version':
      return createVersionCheck(driver, config)
  }
}

/** What a check tells is kept in the journal and sent to the registry: one clean line without secrets. */
function plainLine(detail: string, redact: readonly string[]): string {
  const kept = keepLastLines({ lines: 1, bytes: 4_096 }, redact)
  kept.feed(detail.replaceAll(/[\r\n]+/g, ' '))
  return kept.lines()[0] ?? ''
}

function createCheck(config: CheckConfig, driver: Version, place: CheckPlace): Check {
  let loading: Promise<Check> | undefined
  return {
    ...config,
    async run(context) {
      loading ??= load(config, driver, place)
      const answer = await (await loading).run(context)
      return { ...answer, detail: plainLine(answer.detail, place.redact ?? []) }
    },
  }
}

/** In configured order, the version check first when it is not asked for after moves; there it always decides. */
export function createChecks(
  configs: readonly CheckConfig[],
  driver: Version,
  place: CheckPlace,
): readonly Check[] {
  const checks = configs.map((config) => createCheck(config, driver, place))
  const isAsked = configs.some(
    ({ kind, severity, when }) => kind === 'version' && severity === 'fail' && when.includes('settle'),
  )
  return isAsked ? checks : [createVersionCheck(driver), ...checks]
}
