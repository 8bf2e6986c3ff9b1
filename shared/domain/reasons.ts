/** The closed words of a decision. Metrics, docs, `explain` and the tests are generated from these lists. */

export const actions = ['update', 'rollback', 'abort', 'wait', 'none'] as const
export type Action = (typeof actions)[number]

/** In the order in which they are asked: the first that applies is the rack's motive. */
export const motives = [
  'attempt',
  'remedy_critical',
  'pin',
  'remedy_moderate',
  'recall',
  'bootstrap',
  'rollout',
] as const
export type Motive = (typeof motives)[number]

/** Reason → what it tells a person. */
export const reasons = {
  offered: 'the channel offers a newer version',
  yanked: 'what runs was withdrawn',
  recalled: 'the channel was reverted and its racks are called back',
  pinned: 'the rack is pinned',
  superseded: 'the attempt under way is no longer what the channel offers',
  frozen: 'a freeze is in force',

  up_to_date: 'the rack runs what its channel serves',
  ahead_of_channel: 'the rack runs a newer version than its channel serves',

  channel_empty: 'the channel serves nothing',
  no_path: 'there is no way there that passes every required release',
  below_floor: 'the way back ends at a floor above that version',
  unsupported_platform: 'no artifact fits the platform',
  requires: 'another app on the rack has to move first',
  outside_constraint: "the version is outside of the rack's own range",
  too_young: "the release is younger than the rack's own minimum age",
  rolled_back_here: 'a person went back from it on this rack',
  artifact_unavailable: 'the artifact cannot be fetched',
  remedy_unreachable: 'what runs was withdrawn and there is nowhere to go',

  held: 'the rack is held',
  dwelling: 'the rack finishes soaking a nominated release',
  rollout_paused: 'the rollout is paused',
  rollout_halted: 'the rollout was halted',
  wave_not_open: "the rack's wave is not open yet",
  remedy_halted: 'the remedy was halted',
  remedy_wave_not_open: "the remedy's wave is not open yet",
  outside_window: "outside of the rack's window",
  failed_here: 'it failed on this rack before',
  slots_full: 'as many racks as may be are on their way',
  store_unavailable: 'the registry cannot record a grant now',
} as const
export type Reason = keyof typeof reasons

/** What the rack adds by itself, without the registry's word. */
export const rackReasons = {
  stale_answer: 'the registry answered something older than the rack has seen',
  bad_answer: 'the registry answered something unreadable',
  metadata_expired: 'the signed metadata has expired',
  registry_unreachable: 'the registry cannot be reached',
  registry_disagrees: "the registry's answer differs from the signed facts",
  preflight_failed: 'the rack is not ready',
  drifted: 'parameters differ from those proved',
  masked_value: 'a masked value would have been written',
} as const
