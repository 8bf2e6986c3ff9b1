/** `--rollout` of `promote`: what may stand behind it; the file that it may name is read only when it is one. */
import { rolloutPresets } from '../shared/domain/rollout-policy.ts'

export const presetNames = Object.keys(rolloutPresets).join(', ')

export const rolloutOption = [
  '--rollout <preset-or-file>',
  `in waves: ${presetNames}, or a file in JSON or TOML (headgate help rollouts)`,
] as const
