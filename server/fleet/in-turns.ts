/** Long work in steps, between which the event loop answers others: checks do not wait for a look at a whole fleet. */

/** Fewer racks than this are gone through in no time, and nobody wants a number that is a moment old. */
export const manyRacks = 20_000

/** What a check waits at most for one piece of long work; several go on at the same time. */
const turnMilliseconds = 2
/** So many items are done before the time is looked at: that costs as much as some of them. */
const itemsInOneStep = 50

export async function inTurns<Result>(steps: Generator<undefined, Result>): Promise<Result> {
  for (;;) {
    const begun = performance.now()
    do {
      const step = steps.next()
      if (step.done) return step.value
    } while (performance.now() - begun < turnMilliseconds)
    await new Promise((resolve) => setImmediate(resolve))
  }
}

/** What is added meanwhile may come up or not; nothing that was there is left out. */
export function eachInTurns<Item>(items: Iterable<Item>, work: (item: Item) => void): Promise<void> {
  return inTurns(stepping(items, work))
}

function* stepping<Item>(items: Iterable<Item>, work: (item: Item) => void): Generator<undefined, void> {
  let done = 0
  for (const item of items) {
    work(item)
    done += 1
    if (done % itemsInOneStep === 0) yield
  }
}
