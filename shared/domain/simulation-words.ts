/** What a supposition did to the state that it was folded on, in a sentence for whoever reads the answer. */
import type { LedgerEvent } from './events.ts'
import { describeScope } from './freeze.ts'
import { toIso } from './instants.ts'
import { type AppState, findChannel } from './state.ts'

/** One sentence for each event that a person cares about; none: the state was so already. */
export function wordsOf(events: readonly LedgerEvent[], before: AppState): string[] {
  return events.flatMap((event) => sentenceOf(event, before) ?? [])
}

function sentenceOf(event: LedgerEvent, before: AppState): string | undefined {
  switch (event.type) {
    case 'channel.promoted':
      return `${event.channel} moves to ${event.version}, ${fromHead(before, event.channel)}`
    case 'channel.reverted': {
      const recall = event.recall ? ', and calls its racks back' : ''
      return `${event.channel} goes back to ${event.version}, ${fromHead(before, event.channel)}${recall}`
    }
    case 'channel.fell_back':
      return `${event.channel} falls back to ${event.version ?? 'nothing'}, ${fromHead(before, event.channel)}`
    case 'release.yanked': {
      const { range, yank, severity, remedy, to } = event
      return `${range} is withdrawn by ${yank} (${severity}, ${remedy}${to === undefined ? '' : ` to ${to}`})`
    }
    case 'freeze.set': {
      const until = event.until === undefined ? '' : ` until ${toIso(event.until)}`
      return `${describeScope(event)} is frozen${event.all ? ' for everything' : ''}${until}`
    }
    case 'freeze.lifted':
      return `${describeScope(event)} is frozen no more`
    case 'policy.changed':
      return `the policy of ${event.channel} changes`
    case 'yank.lifted':
      return `${event.yank} is lifted`
    default:
      return undefined
  }
}

function fromHead(before: AppState, channel: string): string {
  return `from ${findChannel(before, channel).head ?? 'nothing'}`
}
