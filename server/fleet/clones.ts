/**
 * Copies of a rack: heard at check-ins, whose reports carry the id of their installation, and alarmed about once. A check
 * waits for none of it. Which ids spoke is kept in memory only: after a restart it takes one more turn to tell.
 */
import { type Alarm, type Finding, lastClosedAt, openAlarm } from '../../shared/domain/alarm.ts'
import { raiseAlarm } from '../../shared/domain/commands/alarm.ts'
import { cameBackFrom, hearInstallation, type Installations } from '../../shared/domain/fleet-clones.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { KnownRack } from './fleet-index.ts'

export interface Clones {
  noteCheckIn(rack: KnownRack, installation: string | undefined, heardAt: number): void
  /** Raises what is to be raised; what the store refuses is tried again the next time. */
  examine(): Promise<void>
  start(): void
  stop(): Promise<void>
}

export interface ClonesDeps {
  readonly ledger: Ledger
  readonly canWrite: () => boolean
  readonly onAlarm: (alarm: Alarm) => void
  readonly onFailure: (error: unknown) => void
  readonly everyMilliseconds?: number
}

export function createClones(deps: ClonesDeps): Clones {
  const { ledger, canWrite, onAlarm, onFailure, everyMilliseconds = 1_000 } = deps
  const heard = new WeakMap<KnownRack, Installations>()
  const findings = new Map<string, Finding>()
  let timer: NodeJS.Timeout | undefined
  let examining: Promise<void> | undefined

  async function look(): Promise<void> {
    for (const [key, finding] of [...findings]) {
      const raised = await ledger.record({
        actor: 'registry',
        isDryRun: false,
        decide: (state, context) => raiseAlarm(state, finding, context),
        answer: (after, events) => (events.length > 0 ? openAlarm(after, finding) : undefined),
      })
      findings.delete(key)
      if (raised) onAlarm(raised)
    }
  }

  function examine(): Promise<void> {
    examining ??= look().finally(() => {
      examining = undefined
    })
    return examining
  }

  return {
    noteCheckIn(rack, installation, heardAt) {
      // An agent from before there were ids, or one that cannot write, says none.
      if (installation === undefined) return
      const known = heard.get(rack)
      const next = hearInstallation(known, installation, heardAt)
      if (next === known) return
      heard.set(rack, next)
      if (known === undefined) return
      const { app, name } = rack.row
      const named = { kind: 'rack_cloned', app, subject: name } as const
      const since = cameBackFrom(known, installation, lastClosedAt(ledger.state, named))
      if (since === undefined || openAlarm(ledger.state, named)) return
      const detail = `two installations speak as ${name}: ${shown(known.present)} and ${shown(installation)}; one is a copy, to be enrolled under a name of its own`
      findings.set(`${app}/${name}`, { ...named, count: 2, since, detail, racks: [name] })
    },
    examine,
    start() {
      timer = setInterval(() => {
        if (findings.size > 0 && canWrite()) examine().catch(onFailure)
      }, everyMilliseconds)
      timer.unref()
    },
    async stop() {
      clearInterval(timer)
      await examine()
    },
  }
}

function shown(id: string): string {
  return id.slice(0, 8)
}
