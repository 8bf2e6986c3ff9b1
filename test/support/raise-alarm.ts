/** An alarm of the ledger, as the registry raises it, for tests that are about what happens to it afterwards. */
import type { Registry } from '../../server/registry.ts'
import type { Finding } from '../../shared/domain/alarm.ts'
import { raiseAlarm } from '../../shared/domain/commands/alarm.ts'

export function aFinding(given: Partial<Finding> = {}): Finding {
  return {
    kind: 'changed_outside',
    app: 'rack',
    subject: 'fleet',
    count: 3,
    since: Date.UTC(2016, 7, 16, 15),
    detail: '3 of 3 racks changed within 2m by no attempt: 3 to 20160816140022',
    racks: ['prod-1', 'prod-2', 'prod-3'],
    ...given,
  }
}

export async function raiseFor({ ledger }: Registry, finding: Finding): Promise<void> {
  await ledger.record({
    actor: 'registry',
    isDryRun: false,
    decide: (state, context) => raiseAlarm(state, finding, context),
    answer: () => null,
  })
}
