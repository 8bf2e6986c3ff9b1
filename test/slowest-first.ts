/**
 * The order of the test files: those that are known to take long begin first, so that no run ends with one of them
 * alone. `.ci/run` names the slowest at its end; a name that no longer fits costs time and nothing else.
 */
import { relative } from 'node:path'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

const slowest = [
  'test/journeys/self-update.test.ts',
  'test/cli/agent/agent-memory.test.ts',
  'test/postmortems/jumpcloud-credentials.test.ts',
  'test/cli/agent/agent-at-rest.test.ts',
  'test/cli/agent/drivers/rolling-crash.test.ts',
  'test/journeys/killed.test.ts',
  'test/journeys/rolling.test.ts',
  'test/cli/agent/campaign-elsewhere.test.ts',
  'test/demo/demo.test.ts',
  'test/journeys/offline.test.ts',
  'test/journeys/convox.test.ts',
  'test/cli/agent/campaign.test.ts',
]

export class SlowestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification) => {
      const known = slowest.indexOf(relative(this.ctx.config.root, moduleId))
      return known === -1 ? slowest.length : known
    }
    return (await super.sort(files)).sort((a, b) => place(a) - place(b))
  }
}
