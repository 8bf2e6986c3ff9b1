// Rows for the store's tests: everything filled in, and what matters to a test given by it.
import { createHash } from 'node:crypto'
import { sealEvent } from '../../../server/ledger/chain.ts'
import type { AttemptRow } from '../../../server/store/attempts.ts'
import type { LedgerHead, LedgerRow } from '../../../server/store/ledger.ts'
import { emptyLedger } from '../../../server/store/ledger.ts'
import type { RackRow } from '../../../server/store/racks.ts'
import type { OutsideChange } from '../../../shared/domain/outside.ts'

export const noon = Date.UTC(2016, 7, 16, 12)

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** `count` sealed events that follow `head`. */
export function someEvents(count: number, head: LedgerHead = emptyLedger): LedgerRow[] {
  const rows: LedgerRow[] = []
  for (let previous = head; rows.length < count; previous = rows.at(-1) ?? head) {
    const sequence = previous.sequence + 1
    const body = JSON.stringify({
      type: 'release_published',
      v: 1,
      version: `2016081614${sequence}`,
      by: 'Zoë',
    })
    const app = sequence % 3 === 0 ? null : 'rack'
    const salt = sha256(`salt ${sequence}`).slice(0, 32)
    rows.push(
      sealEvent(previous, { sequence, at: noon + sequence, type: 'release_published', app, body, salt }),
    )
  }
  return rows
}

export function aRack(given: Partial<RackRow> = {}): RackRow {
  const name = given.name ?? 'prod-1'
  return {
    app: 'rack',
    name,
    rackKey: sha256(name).slice(0, 16),
    channel: 'stable',
    platform: 'linux-x64',
    labels: { region: 'eu', tier: 'gold' },
    tokenId: `token-${name}`,
    tokenSha256: sha256(`${given.app ?? 'rack'} token of ${name}`),
    tokenCreatedAt: noon,
    tokenExpiresAt: noon + 86_400_000,
    switchChannels: ['unstable'],
    enrolledAt: noon,
    enrolledBy: 'ddollar',
    adoptedVersion: '20160816140022',
    ephemeralHours: null,
    forgottenAt: null,
    orderedPin: null,
    orderedHold: null,
    revision: 1,
    lastSeenAt: null,
    report: null,
    outside: null,
    ...given,
  }
}

export function anOutsideChange(given: Partial<OutsideChange> = {}): OutsideChange {
  const [from, to] = ['20160816160115', '20160816140022']
  return { from, to, at: noon, heardAt: noon, saidBy: 'rack', isSure: true, ...given }
}

export function anAttempt(given: Partial<AttemptRow> = {}): AttemptRow {
  return {
    id: 'attempt-1',
    app: 'rack',
    rack: 'prod-1',
    fromVersion: '20160816140022',
    target: '20160816160115',
    action: 'update',
    motive: 'rollout',
    reason: 'offered',
    plan: { steps: [{ name: 'fetch', bytes: 1_000 }, { name: 'apply' }], restart: true },
    ledgerSequence: 7,
    origin: 'granted',
    grantedAt: noon,
    leaseExpiresAt: noon + 600_000,
    state: 'granted',
    outcome: null,
    step: null,
    message: null,
    severity: null,
    rollout: null,
    finishedAt: null,
    log: [],
    ...given,
  }
}
