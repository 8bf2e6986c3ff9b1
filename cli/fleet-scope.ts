/** Which racks of an app a verb is about: the same flags for every question about the fleet. */
import { quoted } from './command-line.ts'
import { labelsOf } from './labels.ts'

/** As a query; nothing without labels. Raises `invalid_input` for what is no label. */
export function labelTerms(given: readonly string[] | undefined): { label?: string[] } {
  if (given === undefined || given.length === 0) return {}
  return { label: Object.entries(labelsOf(given)).map(([name, value]) => `${name}=${value}`) }
}

/** The flags once more, for the next command: each with a space before it. */
export function scopeFlags(scope: {
  readonly channel?: string | undefined
  readonly label?: readonly string[] | undefined
}): string {
  const { channel, label = [] } = scope
  const flags = [
    ...(channel === undefined ? [] : [`--channel ${quoted(channel)}`]),
    ...label.map((one) => `--label ${quoted(one)}`),
  ]
  return flags.map((flag) => ` ${flag}`).join('')
}
