/** `npm run replay`: prints what every gate did to ten years of real releases, and exits 1 if August 2016 went otherwise. */
import { readFile } from 'node:fs/promises'
import { describeDuration, toIso } from '../../shared/domain/instants.ts'
import { convertRackHistory, parseRackHistory } from '../convert-convox.ts'
import { judgeAugust2016 } from './august-2016.ts'
import { replayHistory } from './history.ts'

const seed = 20160816

const source = new URL('../demo/data/convox-rack-releases.json', import.meta.url)
const history = parseRackHistory(await readFile(source, 'utf8'))
const startedAt = performance.now()
const replay = replayHistory(convertRackHistory(history), seed, {
  acknowledges: {
    version: history.incident.fixedIn,
    parameter: 'Password',
    note: 'read #1088: nothing writes back what it reads any more',
  },
})
const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)

const say = (line = ''): void => void process.stdout.write(`${line}\n`)
const { promoted, gates, releases, stagingUpdates, stagingFailures } = replay
const [first, last] = [promoted[0], promoted.at(-1)]
say(
  `${releases} releases of convox/rack through unstable → stable under the preset "team", seed ${seed}, ${seconds} s`,
)
say(
  `4 staging racks made ${stagingUpdates} updates, ${stagingFailures} of them went wrong; ${promoted.length} releases reached stable (${first ? toIso(first.at).slice(0, 10) : '-'} to ${last ? toIso(last.at).slice(0, 10) : '-'})`,
)
say()
say('gate          asked  at once  delayed  median delay  stopped')
for (const { gate, asked, passedAtOnce, delayed, stopped, medianDelay } of gates) {
  const cells = [
    gate.padEnd(12),
    String(asked).padStart(6),
    String(passedAtOnce).padStart(8),
    String(delayed).padStart(8),
    medianDelay.padStart(13),
    String(stopped).padStart(8),
  ]
  say(cells.join(' '))
}
say()
const findings = judgeAugust2016(replay, history.incident)
for (const { holds, words } of findings) say(`${holds ? '✓ holds ' : '✗ FAILED'}  ${words}`)
say()
const { fixedIn } = history.incident
say(
  `The fix ${fixedIn} was head of unstable for ${describeDuration(replay.headFor(fixedIn))}; its racks soaked it for ${replay
    .soakOf(fixedIn)
    .map((minutes) => describeDuration(minutes * 60_000))
    .join(', ')}.`,
)
if (findings.some(({ holds }) => !holds)) process.exitCode = 1
