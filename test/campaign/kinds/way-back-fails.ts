/** The way back itself is broken: then a rack may want a person, and must say so. */
import type { Kind } from '../fault.ts'

export const wayBackFails: Kind = {
  tells: "the way back's own hook or command fails, from the beginning on",
  isReal: false,
  async faults({ driver, story }, amount) {
    return Array.from({ length: amount }, (_, index) => ({
      mark: `${index + 1}`,
      words: `${driver.name}: the way back exits 1`,
      async happen(rack) {
        driver.breakWayBack(rack.dir)
        await rack.headgate(...story.words)
        return true
      },
    }))
  },
}
