/** An app in which the run S-1 of a rehearsal is under way: the mark that only a rehearsal can make, made for a test. */
import { beginRun } from '../../shared/domain/commands/synthetic.ts'
import type { TestRegistry } from './test-registry.ts'

export async function underRehearsal({ registry }: TestRegistry, app: string): Promise<void> {
  const record = (decide: Parameters<typeof registry.ledger.record<null>>[0]['decide']) =>
    registry.ledger.record<null>({ actor: 'token:ada', isDryRun: false, decide, answer: () => null })
  await record((_state, { now, actor }) => [{ type: 'synthetic.prepared', v: 1, at: now, actor, app }])
  await record((state, context) =>
    beginRun(state, { app, levers: ['publish'], limitMilliseconds: 3_600_000 }, context),
  )
}
