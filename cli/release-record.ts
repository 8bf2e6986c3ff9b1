/** What a verb says about a release, and what its gates make of it: shown after each such act. */
import type { ReleaseRecordBody } from '../shared/contract/gates.ts'
import type { ReleaseDetail } from '../shared/contract/release.ts'
import type { GateName } from '../shared/domain/gates/verdict.ts'
import { at, unwrap } from './api.ts'
import { drawVerdicts } from './moving-page.ts'
import type { Page } from './output.ts'
import type { Session } from './session.ts'

export interface Saying {
  readonly isDryRun: boolean
  /** The gate that reads what was said. */
  readonly gate: GateName
  readonly done: string
  readonly draw: (page: Page) => void
}

/** The record, and how the gate stands now in every channel that asks it. */
export async function reportSaid(session: Session, record: ReleaseRecordBody, saying: Saying): Promise<void> {
  const { api, report } = session
  const { app, version } = record
  const { isDryRun, gate, done, draw } = saying
  const release = await unwrap(
    api.v1.apps[':app'].releases[':version'].$get({ query: {}, param: at({ app, version }) }),
  )
  report.show('ReleaseRecord', record, (page) => {
    draw(page)
    if (!isDryRun) drawGate(page, release, gate)
  })
  if (isDryRun) report.say('A dry run: nothing was changed.')
  else report.done(done)
  report.next(`headgate release show ${version} --app ${app} --gates`)
}

function drawGate(page: Page, { promotions }: ReleaseDetail, name: GateName): void {
  for (const { channel, verdicts } of promotions) {
    const asked = verdicts.filter(({ gate }) => gate === name)
    if (asked.length > 0) drawVerdicts(page, asked, `Now at ${channel}`)
  }
}
