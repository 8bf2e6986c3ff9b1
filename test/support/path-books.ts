/**
 * The books of an independent auditor: what people did, as the ledger's events say, and from them which gates of a
 * promotion are open. Written from the text of the rules (3-domain, "Gates"), not from the code that enforces them.
 */
import type { EventOf, LedgerEvent } from '../../shared/domain/events.ts'
import type { GateName } from '../../shared/domain/gates/verdict.ts'
import type { GatePolicy } from '../../shared/domain/policy.ts'
import { shownBy, type World } from './path-acts.ts'

interface Wish {
  readonly by: string
  readonly version: string | undefined
  approvedBy: string[]
}

export interface Books {
  policy: GatePolicy
  head: string | undefined
  readonly published: Set<string>
  readonly publisher: Map<string, string>
  readonly isMasked: Map<string, boolean>
  readonly wasHeadOfUnstable: Set<string>
  readonly servedOnStable: Set<string>
  /** version → when `unit` last passed; a failure takes it away. */
  readonly unit: Map<string, number>
  readonly ticked: Set<string>
  readonly acknowledged: Set<string>
  readonly objections: Map<string, { readonly version: string; isAnswered: boolean }>
  readonly wishes: Map<string, Wish>
  readonly withdrawn: Map<string, { readonly range: string; isLifted: boolean }>
  history: (string | undefined)[]
}

export function emptyBooks(): Books {
  return {
    policy: {},
    head: undefined,
    published: new Set(),
    publisher: new Map(),
    isMasked: new Map(),
    wasHeadOfUnstable: new Set(),
    servedOnStable: new Set(),
    unit: new Map(),
    ticked: new Set(),
    acknowledged: new Set(),
    objections: new Map(),
    wishes: new Map(),
    withdrawn: new Map(),
    history: [],
  }
}

/** Which gates of the policy in force are open at this moment, by the books. */
export function openFor(books: Books, world: World, event: EventOf<'channel.promoted'>): GateName[] {
  const { version } = event
  const { policy } = books
  const shown = shownBy(world, version).feeder
  const wish = event.proposal === undefined ? undefined : books.wishes.get(event.proposal)
  const proposer = wish?.by ?? event.actor
  const open: GateName[] = []
  if (!books.wasHeadOfUnstable.has(version)) open.push('path')
  if (policy.soak) {
    const { minRacks, soakMinutes } = policy.soak
    const enough = (shown?.soakedMinutes ?? []).filter((minutes) => minutes >= soakMinutes)
    if (enough.length < minRacks) open.push('soak')
  }
  if (policy.failures) {
    const isUntried = shown?.running === 0 && shown.provedPlatforms.length === 0
    if ((shown?.failures.length ?? 0) > 0 || isUntried) open.push('failures')
  }
  for (const { maxAgeHours } of policy.evidence ?? []) {
    const passedAt = books.unit.get(version)
    if (passedAt === undefined || event.at - passedAt > maxAgeHours * 3_600_000) open.push('evidence')
  }
  for (const { item } of policy.checklist ?? [])
    if (!books.ticked.has(`${version} ${item}`)) open.push('checklist')
  const wasMasked = books.head === undefined ? undefined : books.isMasked.get(books.head)
  if (wasMasked === false && books.isMasked.get(version) && !books.acknowledged.has(version))
    open.push('parameters')
  for (const { version: about, isAnswered } of books.objections.values())
    if (about === version && !isAnswered) open.push('objections')
  const approvals = policy.approvals?.count ?? 0
  const others = new Set(
    (wish?.approvedBy ?? []).filter((who) => who !== proposer && who !== books.publisher.get(version)),
  )
  if (others.size < approvals) open.push('approvals')
  return open
}

/** Enters an event into the books. */
export function acceptedBy(books: Books, event: LedgerEvent): void {
  switch (event.type) {
    case 'contract.declared':
      books.isMasked.set(event.digest, event.parameters.Password?.masked === true)
      return
    case 'release.published':
      books.published.add(event.version)
      books.publisher.set(event.version, event.actor)
      books.isMasked.set(event.version, books.isMasked.get(event.content.contract ?? '') === true)
      return
    case 'channel.promoted':
      if (event.channel === 'unstable') books.wasHeadOfUnstable.add(event.version)
      if (event.channel !== 'stable') return
      books.servedOnStable.add(event.version)
      books.head = event.version
      return
    case 'channel.reverted':
    case 'channel.fell_back':
      if (event.channel === 'stable') books.head = event.version
      return
    case 'release.routed':
      if (event.admittedOn.includes('stable')) books.servedOnStable.add(event.version)
      return
    case 'policy.changed':
      books.policy = event.policy.gates
      return
    case 'evidence.added':
      if (event.outcome === 'pass') books.unit.set(event.version, event.at)
      else books.unit.delete(event.version)
      return
    case 'checklist.ticked':
      books.ticked.add(`${event.version} ${event.item}`)
      return
    case 'change.acknowledged':
      books.acknowledged.add(event.version)
      return
    case 'objection.raised':
      books.objections.set(event.objection, { version: event.version, isAnswered: false })
      return
    case 'objection.answered': {
      const objection = books.objections.get(event.objection)
      if (objection) objection.isAnswered = true
      return
    }
    case 'proposal.opened': {
      const version = event.proposed.kind === 'promote' ? event.proposed.version : undefined
      books.wishes.set(event.proposal, { by: event.actor, version, approvedBy: [] })
      return
    }
    case 'proposal.approved':
      books.wishes.get(event.proposal)?.approvedBy.push(event.actor)
      return
    case 'approval.lapsed': {
      const wish = books.wishes.get(event.proposal)
      if (wish) wish.approvedBy = wish.approvedBy.filter((who) => who !== event.approver)
      return
    }
    default:
      return
  }
}
