/** The lifetimes of a rack as they stand: declared in rack.toml, and seen by its monitor and its commands. */
import type { LifetimeBody } from '../../../shared/contract/forecast.ts'
import type { Lifetime } from '../../../shared/domain/expiry.ts'
import { toIso } from '../../../shared/domain/instants.ts'
import { healthNow } from '../health.ts'
import type { Rack } from '../rack.ts'
import { instantIn } from './instant-text.ts'
import type { LifetimeConfig } from './lifetime-config.ts'
import { endSeen, readSeenEnds } from './seen-ends.ts'

export function lifetimesNow(rack: Pick<Rack, 'dir' | 'place' | 'config'>): readonly Lifetime[] {
  const { dir, place, config } = rack
  if (config.lifetimes.length === 0) return []
  const checks = healthNow(rack)?.checks ?? []
  const printed = readSeenEnds(dir, place.files)
  const now = place.clock.now()

  function seenEndOf({ name, sees }: LifetimeConfig): number | undefined {
    if (sees === undefined) return undefined
    if ('command' in sees) return endSeen(printed.get(name), now)
    const check = checks.find((one) => one.name === sees.check && one.kind === 'tls')
    const notAfter = check?.numbers.notAfter
    return typeof notAfter === 'string' ? instantIn(notAfter) : undefined
  }

  return config.lifetimes.map((lifetime) => {
    const { name, until, of, stops, warnDays } = lifetime
    const seenEndsAt = seenEndOf(lifetime)
    return { name, endsAt: until === 'seen' ? seenEndsAt : until, seenEndsAt, of, stops, warnDays }
  })
}

/** In the words of the contract; undefined where nothing is declared. */
export function reportedLifetimes(rack: Parameters<typeof lifetimesNow>[0]): LifetimeBody[] | undefined {
  const lifetimes = lifetimesNow(rack)
  if (lifetimes.length === 0) return undefined
  return lifetimes.map(({ name, endsAt, seenEndsAt, of = [], stops, warnDays }) => ({
    name,
    of: [...of],
    stops,
    ...(endsAt !== undefined && { endsAt: toIso(endsAt) }),
    ...(seenEndsAt !== undefined && { seenEndsAt: toIso(seenEndsAt) }),
    ...(warnDays !== undefined && { warnDays }),
  }))
}
