/** A sample of what `npm run campaign` tries, as tests. */
import { describe, expect, test } from 'vitest'
import { chapters, idOf } from '../campaign/chapters.ts'
import { kinds } from '../campaign/kinds.ts'
import { runChapter, type Verdict } from '../campaign/run-chapter.ts'

/** An odd number: what recovers alternates from fault to fault. */
const every = 7

/** Of all chapters of a driver in process every so-many-th fault. */
export function survivesInProcess(driver: string): void {
  const inProcess = chapters.filter((chapter) => chapter.driver === driver && !kinds[chapter.kind].isReal)
  describe(`a rack of the ${driver} driver survives`, () => {
    test.each(inProcess.map((chapter) => [idOf(chapter), chapter] as const))(
      '%s',
      { timeout: 300_000 },
      async (_, chapter) => {
        const verdicts: Verdict[] = []
        const tell = (verdict: Verdict) => verdicts.push(verdict)
        await runChapter({ chapter, seed: 20160816, only: '', every, tell })
        expect(verdicts.length).toBeGreaterThan(0)
        expect(verdicts.filter(({ end }) => end === 'not survived')).toEqual([])
      },
    )
  })
}
