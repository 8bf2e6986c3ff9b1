/** A rack of a million, as the store has it: what the benches of whole fleets put into memory without enrolling anybody. */
import { createHash } from 'node:crypto'
import type { RackRow } from '../server/store/racks.ts'
import { day, toIso } from '../shared/domain/instants.ts'

export interface RackAsked {
  readonly index: number
  readonly app: string
  readonly channel: string
  readonly current: string
  readonly now: number
}

/** It has proved what it runs; `row` and `report` are said over that. */
export function rackRow(
  { index, app, channel, current, now }: RackAsked,
  row: Partial<RackRow>,
  report: object = {},
): RackRow {
  const name = `rack-${index}`
  return {
    app,
    name,
    rackKey: createHash('sha256').update(name).digest('hex').slice(0, 16),
    channel,
    platform: 'linux/amd64',
    labels: { region: `region-${index % 12}` },
    tokenId: name,
    tokenSha256: name,
    tokenCreatedAt: now,
    tokenExpiresAt: now + 90 * day,
    switchChannels: [],
    adoptedVersion: null,
    enrolledAt: now - 30 * day,
    enrolledBy: 'token:bench',
    ephemeralHours: null,
    forgottenAt: null,
    revision: 1,
    orderedPin: null,
    orderedHold: null,
    lastSeenAt: now,
    outside: null,
    ...row,
    report: {
      protocol: 2,
      agent: '0.2.0',
      current,
      platform: row.platform ?? 'linux/amd64',
      proved: [{ version: current, at: toIso(now - day), parametersHold: true }],
      failures: [],
      seen: { revision: 1, ledgerSequence: 8 },
      ...report,
    },
  }
}
