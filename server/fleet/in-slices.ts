/** Work on every rack of a large fleet without keeping checks waiting: a thousand at a time. */

const inOneGo = 1_000

/** What is added meanwhile may come up or not; nothing that was there is left out. */
export async function inSlices<Item>(items: Iterable<Item>, work: (item: Item) => void): Promise<void> {
  let done = 0
  for (const item of items) {
    work(item)
    if (++done % inOneGo === 0) await new Promise((resolve) => setImmediate(resolve))
  }
}
