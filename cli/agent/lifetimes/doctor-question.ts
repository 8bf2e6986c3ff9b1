/** What `doctor` asks about the rack's lifetimes: is it known when each ends, is that far enough, and can it still be seen? */
import {
  describeDifference,
  type Expiry,
  effectiveExpiry,
  type Lifetime,
  lifetimeWarnDays,
  linksByName,
} from '../../../shared/domain/expiry.ts'
import { day, describeDuration, toIso } from '../../../shared/domain/instants.ts'
import { bad, type Question, well } from '../finding.ts'
import type { Rack } from '../rack.ts'
import { rackConfigFile } from '../rack-config.ts'
import { lifetimesNow } from './rack-lifetimes.ts'
import { readSeenEnds } from './seen-ends.ts'

export const aboutLifetimes: Readonly<Record<string, Question>> = {
  'does everything it hangs on last?': everythingLasts,
  'can its lifetimes be seen?': lifetimesAreSeen,
}

async function everythingLasts(rack: Rack) {
  const lifetimes = lifetimesNow(rack)
  if (lifetimes.length === 0) return undefined
  const now = rack.time.certainly()
  const links = linksByName(lifetimes)
  const worries = lifetimes.flatMap((lifetime) => {
    const expiry = effectiveExpiry([lifetime.name], links)
    const words = worryAbout(lifetime, expiry, now)
    return words === undefined ? [] : [{ words, endsAt: expiry.noLaterThan ?? Infinity }]
  })
  if (worries.length === 0) return well(`all ${lifetimes.length} lifetimes of ${rackConfigFile(rack.dir)}`)
  const hasEnded = worries.some(({ endsAt }) => endsAt <= now)
  const soonestFirst = worries.toSorted((a, b) => a.endsAt - b.endsAt).map(({ words }) => words)
  return bad(hasEnded ? 'failed' : 'warning', soonestFirst.join('; '), `edit ${rackConfigFile(rack.dir)}`)
}

function worryAbout({ name, stops, warnDays }: Lifetime, expiry: Expiry, now: number): string | undefined {
  const { at, setBy, noLaterThan } = expiry
  const through = setBy === name ? '' : ` by ${setBy}`
  if (at === undefined) {
    const known = noLaterThan === undefined ? '' : `, at the latest ${inWords(noLaterThan, now)}`
    return `nobody knows when ${name} ends${known}: ${setBy} declares no end`
  }
  if (at - now >= (warnDays ?? lifetimeWarnDays) * day) return undefined
  const difference = describeDifference(expiry)
  return `${name} ${at <= now ? 'ended' : 'ends'}${through} ${inWords(at, now)}: ${stops}${difference === undefined ? '' : ` (${difference})`}`
}

function inWords(at: number, now: number): string {
  const distance = describeDuration(Math.abs(at - now))
  return `${at <= now ? `${distance} ago` : `in ${distance}`} (${toIso(at)})`
}

async function lifetimesAreSeen({ config, dir, place }: Rack) {
  const kept = readSeenEnds(dir, place.files)
  const troubles = config.lifetimes.flatMap(({ name, sees }) => {
    const trouble = sees && 'command' in sees ? kept.get(name)?.trouble : null
    return trouble ? [`${name}: ${trouble}`] : []
  })
  if (troubles.length > 0) return bad('warning', troubles.join('; '), `edit ${rackConfigFile(dir)}`)
  return config.lifetimes.some(({ sees }) => sees) ? well('as far as they were looked at') : undefined
}
