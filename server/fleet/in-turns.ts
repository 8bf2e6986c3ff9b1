/** Long work in steps, between which the event loop answers others: checks do not wait for a plan over a whole fleet. */

const turnMilliseconds = 4

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
