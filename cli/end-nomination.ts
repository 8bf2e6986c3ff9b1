/** `headgate promote --end-nomination`: the racks that stayed on a release for a channel go on. */
import { Problem } from '../shared/domain/problem.ts'
import { type ApiClient, at, dryRunQuery, unwrap } from './api.ts'
import type { Report } from './output.ts'

export interface EndingNomination {
  readonly app: string
  /** The channel that it was nominated for. */
  readonly to: string
  readonly reason?: string
  readonly dryRun?: boolean
}

/** Whatever is nominated; nothing is a success as well. Raises `invalid_input` for a version beside it. */
export async function endNomination(
  api: ApiClient,
  report: Report,
  version: string | undefined,
  { app, to, reason, dryRun }: EndingNomination,
): Promise<void> {
  if (version !== undefined) {
    throw new Problem(
      'invalid_input',
      `--end-nomination ends whatever is nominated for ${to}, and promotes nothing: leave ${version} out.`,
    )
  }
  const channel = api.v1.apps[':app'].channels[':channel']
  const param = at({ app, channel: to })
  const body = await unwrap(
    channel.nomination.end.$post({
      param,
      query: dryRunQuery(dryRun),
      json: { ...(reason !== undefined && { reason }) },
    }),
  )
  const { ended } = body
  report.show('NominationEnded', body, (page) => {
    page.line(
      ended ? `${ended.version}, nominated for ${to} by ${ended.actor}` : `nothing is nominated for ${to}`,
    )
  })
  if (dryRun) report.say('A dry run: nothing was changed.')
  else report.done(`No rack stays for ${to} any longer.`)
  report.next(`headgate channel show ${to} --app ${app}`)
}
