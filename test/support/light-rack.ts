/**
 * A rack without a machine: it speaks the agent's protocol, does at once what it is told, and fails when it is made to.
 * Thousands of them fit into one process, over whatever connection they are given.
 */
import { protocolVersion } from '../../shared/contract/protocol.ts'
import type { AttemptReportBody, RackReport } from '../../shared/contract/rack.ts'
import { toIso } from '../../shared/domain/instants.ts'
import type { Motive } from '../../shared/domain/reasons.ts'

export interface Reply {
  readonly status: number
  readonly text: string
}

/** Raises when the connection breaks: then nobody knows what the registry has taken. */
export type Send = (method: 'POST' | 'PUT', path: string, token: string, json: unknown) => Promise<Reply>

/** Of a decision, what a rack acts by. */
export interface Told {
  readonly action: 'update' | 'rollback' | 'abort' | 'wait' | 'none'
  readonly reason: string
  readonly motive: Motive
  readonly target: { readonly version: string } | null
  readonly detail: string
  readonly until: string | null
}

export interface Ended {
  readonly outcome: NonNullable<AttemptReportBody['outcome']>
  readonly step?: string
  readonly message?: string
  readonly severity?: 'data-loss'
  readonly log?: readonly string[]
}

export interface LightRack {
  readonly name: string
  readonly token: string
  /** What it runs; a test may change it behind everybody's back. */
  current: string | null
  /** Said with every question. */
  also: Partial<RackReport>
  /** The id of the attempt that it has a lease for, or has asked for. */
  readonly attempt: string | undefined
  check(): Promise<Told>
  /** Asks for a lease; what was refused comes back as it was answered. Asking again after a broken connection is the same. */
  begin(told: Told): Promise<Reply>
  end(ended: Ended): Promise<Reply>
  /** As an agent goes: asks; if it is told to move, asks for a lease, once more before it acts, and reports. */
  round(ended?: Ended): Promise<Told>
}

export interface LightRackOptions {
  readonly name: string
  readonly token: string
  readonly current: string | null
  readonly platform?: string
  readonly now: () => number
  readonly newId: () => string
  readonly send: Send
}

const proved: Ended = { outcome: 'proved' }

export function lightRack(options: LightRackOptions): LightRack {
  const { name, token, platform = 'linux/amd64', now, newId, send } = options
  const path = `/v1/racks/${name}`
  let provedHere: RackReport['proved'] = []
  let failures: RackReport['failures'] = []
  let attempt: Under | undefined

  function report(): RackReport {
    return {
      protocol: protocolVersion,
      agent: 'light',
      current: rack.current,
      platform,
      proved: provedHere,
      failures,
      seen: { revision: 0, ledgerSequence: 0 },
      ...rack.also,
    }
  }

  async function ask(said: RackReport): Promise<Told> {
    const { status, text } = await send('POST', `${path}/check`, token, said)
    if (status !== 200) throw new Error(`${name} asked, and was answered ${status}: ${text}`)
    return JSON.parse(text)
  }

  const rack: LightRack = {
    name,
    token,
    current: options.current,
    also: {},
    get attempt() {
      return attempt?.id
    },
    check: () => ask(report()),
    async begin(told) {
      const target = told.target?.version
      if (target === undefined) throw new Error(`${name} was told of no version: ${told.detail}`)
      const action = told.action === 'rollback' ? 'rollback' : 'update'
      if (attempt?.target !== target)
        attempt = { id: newId(), target, action, motive: told.motive, from: rack.current, startedAt: now() }
      const { id, motive } = attempt
      const json = { id, target, action, motive, plan: {}, report: report() }
      const reply = await send('POST', `${path}/attempts`, token, json)
      if (reply.status !== 200) attempt = undefined
      return reply
    },
    async end(ended) {
      if (!attempt) throw new Error(`${name} has nothing under way.`)
      const { id, target, action, motive, from, startedAt } = attempt
      const at = toIso(now())
      if (ended.outcome === 'proved') {
        rack.current = target
        provedHere = [{ version: target, at, parametersHold: true }, ...provedHere].slice(0, 20)
        failures = failures.filter((one) => one.target !== target)
      } else if (ended.outcome === 'returned' || ended.outcome === 'stuck') {
        const count = (failures.find((one) => one.target === target)?.count ?? 0) + 1
        failures = [{ target, count, lastAt: at }, ...failures.filter((one) => one.target !== target)]
      }
      const events = [{ index: 0, at, state: ended.outcome, detail: '' }]
      const json = {
        from,
        target,
        action,
        motive,
        reason: 'told',
        startedAt: toIso(startedAt),
        events,
        ...ended,
      }
      const reply = await send('PUT', `${path}/attempts/${id}`, token, json)
      attempt = undefined
      return reply
    },
    async round(ended = proved) {
      const told = await rack.check()
      if (told.action !== 'update' && told.action !== 'rollback') return told
      if ((await rack.begin(told)).status !== 200 || !attempt) return told
      const { id, from, target, motive } = attempt
      const underWay = { id, from, target, motive, state: 'verified', isConfirmed: false }
      const { action } = await ask({ ...report(), attempt: underWay })
      await rack.end(action === 'abort' ? { outcome: 'aborted' } : ended)
      return told
    },
  }
  return rack
}

interface Under {
  readonly id: string
  readonly target: string
  readonly action: 'update' | 'rollback'
  readonly motive: Motive
  readonly from: string | null
  readonly startedAt: number
}
