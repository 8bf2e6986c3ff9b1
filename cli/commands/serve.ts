/** `headgate serve`: runs the registry that lies beside this program. The CLI itself has nothing of a server in it. */
import { dirname, join, resolve } from 'node:path'
import { type Command, InvalidArgumentError } from 'commander'
import { Problem } from '../../shared/domain/problem.ts'
import { quoted } from '../command-line.ts'
import type { Deps } from '../deps.ts'
import { createReport } from '../output.ts'
import { createVerb, type VerbOptions } from '../verb.ts'

interface Options extends VerbOptions {
  readonly data: string
  readonly port: number
  readonly host: string
  readonly behindProxy?: boolean
}

export function serveCommand(deps: Deps): Command {
  return createVerb({
    example: 'headgate serve --data ./registry --port 4400',
    problems: ['invalid_input', 'locked', 'store_unavailable'],
  })
    .requiredOption('--data <dir>', 'where everything is kept; made if it is missing')
    .option('--port <n>', 'the port to listen on; 0 takes a free one', portNumber, 4400)
    .option('--host <address>', 'the address to listen on', '127.0.0.1')
    .option('--behind-proxy', 'a proxy in front ends TLS, so it may listen beyond loopback')
    .action(async (options: Options) => {
      const report = createReport(deps.out, deps.clock.now, options)
      const dataDir = resolve(deps.cwd, options.data)
      refuseFile(deps, dataDir)
      const { serve } = await deps.loadServer()
      const { url, closed } = await serve({
        dataDir,
        port: options.port,
        host: options.host,
        isBehindProxy: options.behindProxy === true,
        env: deps.env,
        say: report.say,
      })
      report.show('Serving', { url, dataDir }, (page) => page.line(url))
      report.next(
        `export HEADGATE_URL=${url} HEADGATE_TOKEN_FILE=${quoted(join(options.data, 'admin.token'))}`,
      )
      await closed
    })
}

/** The database would only say that it cannot be opened. */
function refuseFile({ files }: Deps, dataDir: string): void {
  let there = dataDir
  while (files.kindOf(there) === null && dirname(there) !== there) there = dirname(there)
  if (files.kindOf(there) !== 'file') return
  throw new Problem('invalid_input', `--data ${dataDir} is no folder: ${there} is a file.`, {
    hint: `ls -l ${there}`,
  })
}

function portNumber(text: string): number {
  const port = Number(text)
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port
  throw new InvalidArgumentError('Expected a port, 0 to 65535.')
}
