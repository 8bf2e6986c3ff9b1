/**
 * A person's rollback: an order, not a decision. It needs no registry and downloads nothing; what it wants is that
 * the version was proved here, is kept here, is not below a floor, and is not known to be withdrawn.
 */
import { Problem } from '../../shared/domain/problem.ts'
import type { PinOrder } from '../../shared/domain/rack.ts'
import type { AttemptInput } from './attempt.ts'
import { checkPinUntil, requireOrder } from './orders.ts'
import { contractBack, lossesOf } from './parameters/standing.ts'
import type { Rack } from './rack.ts'
import { isNewer, type ProvedHere, type RackState } from './rack-state.ts'

export interface RollbackOrder {
  /** Undefined: the version proved before the present one. */
  readonly to: string | undefined
  readonly reason: string
  readonly owner: string
  readonly isPinned: boolean
  readonly pinnedUntil: number | undefined
  /** The advisory that the person has read and accepts. */
  readonly accept: string | undefined
}

export interface PlannedRollback {
  /** Undefined: the rack is there already, and only the pin is set. */
  readonly input: AttemptInput | undefined
  readonly to: string
  readonly pin: PinOrder | null
  /** Parameters that are set now and that it does not know. */
  readonly loses: readonly string[]
}

/** A registry that does not answer by then is not asked: the rack comes first. */
const questionMs = 3_000

export async function planRollback(rack: Rack, order: RollbackOrder): Promise<PlannedRollback> {
  requireOrder(order)
  checkPinUntil(rack, order.pinnedUntil)
  const current = await rack.driver.current()
  const to = order.to ?? provedBefore(rack.state, current, rack.dir)
  const pin = order.isPinned ? pinTo(to, order) : null
  if (to === current) return { input: undefined, to, pin, loses: [] }
  const proved = requireProved(rack, to)
  const bar = requireEarlier(rack, to, current)
  refuseBelowFloor(rack, to, current)
  await requireKept(rack, to)
  await refuseWithdrawn(rack, proved, order.accept)
  const contract = contractBack(rack, current, to)
  const { reason } = order
  const input: AttemptInput = {
    from: current,
    to,
    action: 'rollback',
    motive: 'person',
    reason,
    artifact: null,
    floor: proved.floor,
    revision: null,
    pin,
    bar,
    contract,
  }
  return { input, to, pin, loses: await lossesOf(rack, contract) }
}

function pinTo(version: string, { owner, reason, pinnedUntil, accept }: RollbackOrder): PinOrder {
  return {
    version,
    owner,
    reason,
    ...(pinnedUntil !== undefined && { until: pinnedUntil }),
    ...(accept !== undefined && { acceptedAdvisory: accept }),
  }
}

/** Proved last of what is older than what runs; one that was withdrawn only when there is no other. */
function provedBefore({ proved, scheme }: RackState, current: string | null, dir: string): string {
  const earlier = proved.filter(
    ({ version }) => version !== current && (current === null || isNewer(scheme, version, current) !== true),
  )
  const before = earlier.find(({ withdrawn }) => withdrawn === undefined) ?? earlier[0]
  if (before) return before.version
  throw new Problem(
    'not_proved',
    `This rack has proved nothing before ${current ?? 'the first installation'}, so there is nowhere to go back to.`,
    {
      hint: `headgate history --dir ${dir}`,
    },
  )
}

function requireProved({ state, dir }: Rack, to: string): ProvedHere {
  const proved = state.proved.find(({ version }) => version === to)
  if (proved) return proved
  const known = state.proved.map(({ version }) => version).join(', ') || 'none'
  throw new Problem('not_proved', `${to} was never proved on this rack; proved are: ${known}.`, {
    hint: `headgate history --dir ${dir}`,
  })
}

/** What lies between is barred afterwards, until something newer is offered. */
function requireEarlier({ state, dir }: Rack, to: string, current: string | null): AttemptInput['bar'] {
  const { scheme } = state
  const goesBack = current === null ? undefined : isNewer(scheme, current, to)
  // Something that is no version of the app, put there by hand, has no place in the order.
  if (current === null || goesBack === undefined) return null
  if (goesBack) return { above: to, upTo: current }
  throw new Problem('not_forward', `${to} is newer than ${current}: a rollback goes back.`, {
    hint: `headgate pin ${to} --dir ${dir} --reason "…" && headgate update --dir ${dir}`,
  })
}

function refuseBelowFloor({ state, dir }: Rack, to: string, current: string | null): void {
  const { scheme, proved } = state
  if (current === null) return
  const isCrossed = (version: string): boolean =>
    isNewer(scheme, version, to) === true && isNewer(scheme, version, current) === false
  const [floor] = proved
    .filter((one) => one.floor !== null && isCrossed(one.version) && isNewer(scheme, one.floor, to) === true)
    .toSorted((a, b) => (isNewer(scheme, b.floor ?? '', a.floor ?? '') ? 1 : -1))
  if (!floor) return
  throw new Problem(
    'below_floor',
    `From ${floor.version} the oldest version to go back to is ${floor.floor}; ${to} is older.`,
    {
      hint: `headgate rollback --dir ${dir} --to ${floor.floor} --reason "…"`,
      numbers: { floor: floor.floor },
    },
  )
}

/** A driver that needs no artifact is trusted to find its way; whether without a network is its operator's word. */
async function requireKept({ driver, dir }: Rack, to: string): Promise<void> {
  if (!driver.needsArtifact || (await driver.keeps(to))) return
  throw new Problem(
    'artifact_unavailable',
    `${to} is no longer kept on this rack, and a rollback downloads nothing.`,
    {
      hint: `headgate pin ${to} --dir ${dir} --reason "…" && headgate update --dir ${dir}   # fetches it from the registry`,
    },
  )
}

/** The registry is asked if it answers in time; without it counts what it said when the version ran here. */
async function refuseWithdrawn(
  rack: Rack,
  { version: to, withdrawn }: ProvedHere,
  accepted: string | undefined,
): Promise<void> {
  const advisories = await advisoriesOn(rack, to).catch((error: unknown) => {
    if (error instanceof Problem) return withdrawn ? [withdrawn] : []
    throw error
  })
  const open = advisories.find(({ id }) => id !== accepted)
  if (!open) return
  throw new Problem('yanked', `${to} was withdrawn by ${open.id} (${open.severity}): ${open.reason}.`, {
    hint: `If that is better than what runs: headgate rollback --dir ${rack.dir} --to ${to} --accept ${open.id} --reason "…"`,
    numbers: { advisory: open.id },
  })
}

async function advisoriesOn(rack: Rack, version: string) {
  const { advisories } = await rack.registry().decisionFor(version, { timeoutMs: questionMs })
  return advisories
}
