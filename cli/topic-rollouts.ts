/** `headgate help rollouts`: how a policy of waves is written, with one that can be copied and set. */
import { type RolloutPolicy, remedyPolicy, rolloutPresets } from '../shared/domain/rollout-policy.ts'
import { minutesWords } from './rollout-plan-page.ts'
import { formatTable } from './table.ts'

/** Read by a test as `--rollout` reads it. */
export const exampleOfRollout = `onFail = "halt"              # mandatory; or "halt-and-revert": takes back racks that still soak
silentMinutes = 60           # mandatory: a rack not heard for so long after its grant has failed
maxInFlight = "25%"          # racks under way at a time; left out: as many as ask

[[waves]]
name = "canary"
selector = { role = "canary" }   # racks with these labels; left out: any
share = 1                    # mandatory: a count of racks, or a share of those that no earlier wave has
soakMinutes = 60             # mandatory: so long healthy, with what it brought

[[waves]]
name = "early"
share = "10%"
minHealthy = "90%"           # left out: all but the tolerated failures
soakMinutes = 240
failures = { maxFailed = 1, percent = 10 }   # both: tolerated up to the larger one; left out: none
deadlineMinutes = 2880       # it has failed when it is not through by then

[[waves]]
name = "rest"
share = "rest"               # the last one is for everybody, also for racks that come later
soakMinutes = 60
afterMinutes = 1440          # not before a day has passed since the beginning
failures = { maxFailed = 0, percent = 10 }`

export function aboutRollouts(): readonly string[] {
  const rows = Object.entries(rolloutPresets).map(([name, policy]) => [name, inShort(policy)])
  return [
    'A rollout brings a new head to the racks of a channel in waves. A wave opens when the one before it',
    'has enough racks that ran it healthy for its soak time; it halts by itself when too many failed.',
    'Racks whose wave is not open stay on the base of the channel: the last head that came through.',
    '',
    'Presets, for --rollout:',
    '',
    ...formatTable(['preset', 'racks, and how long they have to be healthy'], rows),
    '',
    `What moves racks off a withdrawn release, or back by a recall, is no choice: ${inShort(remedyPolicy)}.`,
    '',
    'Or a file, in TOML as here or in JSON:',
    '',
    ...exampleOfRollout.split('\n').map((line) => `  ${line}`.trimEnd()),
    '',
    'See it before it begins, then follow it, stop it and let it go on:',
    '',
    '  headgate promote 1.4.2 --app APP --to stable --rollout ./rollout.toml --reason "…" --dry-run',
    '  headgate channel policy set stable --app APP --rollout ./rollout.toml --reason "…"',
    '  headgate rollout watch --channel stable --app APP',
    '  headgate rollout pause|halt|resume|retry R-1 --app APP --reason "…"',
    '',
    'A halted rollout goes on when somebody acknowledges what failed, cause by cause:',
    '',
    '  headgate rollout show R-1 --app APP',
    '  headgate rollout resume R-1 --app APP --acknowledge CAUSE --reason "…"',
  ]
}

function inShort({ waves }: RolloutPolicy): string {
  const told = waves.map(({ share, soakMinutes }) =>
    soakMinutes === 0 ? String(share) : `${share} for ${minutesWords(soakMinutes)}`,
  )
  return told.join(' → ')
}
