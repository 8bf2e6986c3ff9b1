/**
 * Problems: what the caller can mend. Rules raise them by code; the table gives each code its HTTP status, its
 * exit code and what to do next, so that the server, the CLI and the docs cannot disagree (RFC 9457 on the wire).
 */

interface ProblemFace {
  readonly title: string
  readonly status: number
  /** The CLI's exit code (see `headgate help exit-codes`). */
  readonly exit: number
}

export const problems = {
  invalid_input: { title: 'The input is not valid', status: 400, exit: 2 },
  invalid_version: { title: 'Not a version of this scheme', status: 400, exit: 2 },
  invalid_range: { title: 'Not a range of versions', status: 400, exit: 2 },
  invalid_date: { title: 'Not a usable date', status: 400, exit: 2 },
  body_too_large: { title: 'The request is too large', status: 413, exit: 2 },
  unsupported_media_type: { title: 'This content type is not understood here', status: 415, exit: 2 },
  not_acceptable_range: { title: 'That byte range does not exist', status: 416, exit: 2 },
  unsupported_protocol: { title: 'This protocol version is not spoken here', status: 400, exit: 1 },

  not_signed_in: { title: 'No valid credential was given', status: 401, exit: 4 },
  not_allowed: { title: 'This credential may not do that', status: 403, exit: 4 },

  not_found: { title: 'There is nothing at this address', status: 404, exit: 5 },
  method_not_allowed: { title: 'This address does not answer that method', status: 405, exit: 2 },
  app_not_found: { title: 'No such app', status: 404, exit: 5 },
  channel_not_found: { title: 'No such channel', status: 404, exit: 5 },
  release_not_found: { title: 'No such release', status: 404, exit: 5 },
  rack_not_found: { title: 'No such rack', status: 404, exit: 5 },
  artifact_not_found: { title: 'No such artifact', status: 404, exit: 5 },
  attempt_not_found: { title: 'No such attempt', status: 404, exit: 5 },
  advisory_not_found: { title: 'No such advisory', status: 404, exit: 5 },
  token_not_found: { title: 'No such token', status: 404, exit: 5 },
  freeze_not_found: { title: 'Nothing is frozen there', status: 404, exit: 5 },
  order_not_found: { title: 'There is no such order', status: 404, exit: 5 },
  alarm_not_found: { title: 'No such alarm', status: 404, exit: 5 },
  event_not_found: { title: 'No such event', status: 404, exit: 5 },

  proposal_not_found: { title: 'No such proposal', status: 404, exit: 5 },
  objection_not_found: { title: 'No such objection', status: 404, exit: 5 },
  break_glass_not_found: { title: 'No such break-glass', status: 404, exit: 5 },
  rollout_not_found: { title: 'No such rollout', status: 404, exit: 5 },
  review_not_found: { title: 'No such review', status: 404, exit: 5 },
  synthetic_run_not_found: { title: 'No such rehearsal is under way', status: 404, exit: 5 },

  name_taken: { title: 'That name is taken', status: 409, exit: 3 },
  release_differs: { title: 'That version exists with different content', status: 409, exit: 3 },
  same_order: { title: 'Two names of one version', status: 409, exit: 3 },
  revision_conflict: { title: 'The world moved since you looked', status: 412, exit: 3 },
  idempotency_conflict: { title: 'That idempotency key was used for another request', status: 409, exit: 3 },
  confirmation_required: { title: 'This act wants to be confirmed by name', status: 422, exit: 3 },

  digest_mismatch: { title: 'The bytes are not what was announced', status: 422, exit: 3 },
  yanked: { title: 'That release is withdrawn', status: 422, exit: 3 },
  inside_open_yank: { title: 'That version lies in a withdrawn range', status: 422, exit: 3 },
  not_forward: { title: 'That would move the channel back', status: 422, exit: 3 },
  not_in_feeder: { title: 'That release was never head of the feeding channel', status: 422, exit: 3 },
  no_feeder: { title: 'That channel has no feeder', status: 422, exit: 3 },
  never_served: { title: 'That channel never served this version', status: 422, exit: 3 },
  rollout_unsatisfiable: { title: 'That rollout could never go on', status: 422, exit: 3 },
  rollout_state: { title: 'That cannot be done to a rollout in this state', status: 409, exit: 3 },
  failures_unacknowledged: {
    title: 'Failures that stopped the rollout were not acknowledged',
    status: 422,
    exit: 3,
  },
  never_completed: { title: 'That version never reached every rack', status: 422, exit: 3 },
  parameters_unacknowledged: {
    title: 'A blocking parameter change is not acknowledged',
    status: 422,
    exit: 3,
  },
  acknowledgement_without_change: { title: 'There is no such change to acknowledge', status: 422, exit: 3 },
  gates_open: { title: 'Not every gate passes', status: 422, exit: 3 },
  proposal_closed: { title: 'That proposal is over', status: 409, exit: 3 },
  self_approval: { title: 'A second person has to do that', status: 422, exit: 3 },
  frozen: { title: 'Frozen', status: 423, exit: 3 },
  channel_empty: { title: 'The channel serves nothing', status: 422, exit: 3 },
  not_synthetic: { title: 'That app is not for rehearsals', status: 409, exit: 3 },
  synthetic_running: { title: 'A rehearsal is under way there', status: 409, exit: 75 },

  not_offered: { title: 'Nothing may be taken now', status: 409, exit: 3 },
  alarm_closed: { title: 'That alarm is closed already', status: 409, exit: 3 },
  decision_moved: { title: 'The decision changed meanwhile', status: 409, exit: 3 },
  attempt_over: { title: 'That attempt is over', status: 409, exit: 3 },
  plan_moved: { title: 'The plan no longer holds', status: 409, exit: 3 },
  not_proved: { title: 'That version was never proved on this rack', status: 422, exit: 3 },
  below_floor: { title: 'Below the floor of what runs', status: 422, exit: 3 },
  artifact_unavailable: { title: 'The artifact cannot be fetched', status: 422, exit: 3 },
  masked_value: { title: 'A mask is not a value', status: 422, exit: 3 },
  drifted: { title: 'Parameters are not what they were when they were recorded', status: 422, exit: 3 },
  preflight_failed: { title: 'The rack is not ready', status: 422, exit: 3 },
  not_enrolled: { title: 'This directory is not enrolled', status: 422, exit: 2 },
  already_enrolled: { title: 'This directory is enrolled already', status: 409, exit: 3 },
  attempt_pending: { title: 'An attempt must be finished first', status: 409, exit: 3 },
  declined: { title: 'Not confirmed', status: 422, exit: 3 },
  past_unknown: { title: 'Nothing tells what was so then', status: 422, exit: 3 },

  artifact_unreachable: { title: 'The artifact cannot be reached now', status: 502, exit: 6 },
  too_many_requests: { title: 'Too many requests', status: 429, exit: 6 },
  took_too_long: { title: 'That took too long', status: 503, exit: 6 },
  store_unavailable: { title: 'The registry cannot write now', status: 503, exit: 6 },
  registry_unreachable: { title: 'The registry cannot be reached', status: 502, exit: 6 },
  bad_answer: { title: 'The registry answered something unreadable', status: 502, exit: 6 },
  stale_answer: { title: 'The registry answered something older than what was seen', status: 502, exit: 6 },

  update_failed: { title: 'The update failed before it was applied', status: 500, exit: 1 },
  unhealthy: { title: 'The rack is not healthy', status: 500, exit: 1 },
  returned: { title: 'Applied, unhealthy, returned', status: 500, exit: 20 },
  stuck: { title: 'Stuck: a person is needed', status: 500, exit: 21 },
  synthetic_failed: { title: 'A rehearsal found something that does not work', status: 500, exit: 22 },
  chain_broken: { title: 'The ledger does not hold', status: 500, exit: 1 },
  locked: { title: 'Another run holds the lock', status: 423, exit: 75 },
  interrupted: { title: 'Interrupted', status: 499, exit: 130 },
} as const satisfies Record<string, ProblemFace>

export type ProblemCode = keyof typeof problems

export interface ProblemDetails {
  /** What to do next; the last line a person reads, preferably a command. */
  readonly hint?: string
  /** The numbers the refusal was made on, machine readable. */
  readonly numbers?: Readonly<Record<string, unknown>>
}

/** The one error class that crosses layers. Anything else that is thrown is a bug. */
export class Problem extends Error {
  readonly code: ProblemCode
  readonly hint: string | undefined
  readonly numbers: Readonly<Record<string, unknown>> | undefined

  constructor(code: ProblemCode, detail: string, details: ProblemDetails = {}) {
    super(detail)
    this.name = 'Problem'
    this.code = code
    this.hint = details.hint
    this.numbers = details.numbers
  }

  get face(): ProblemFace {
    return problems[this.code]
  }
}

export function isProblemCode(text: string): text is ProblemCode {
  return Object.hasOwn(problems, text)
}
