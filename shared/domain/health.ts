/** How a rack is between its updates: what its monitored checks add up to, as the rack keeps it and the registry hears it. */

export const healthStates = ['healthy', 'unhealthy', 'unknown'] as const
/** `unknown`: monitored, and not asked often enough yet. */
export type HealthState = (typeof healthStates)[number]

export interface CheckHealth {
  readonly name: string
  readonly kind: string
  /** Only `fail` decides over the rack's health. */
  readonly severity: 'fail' | 'warn'
  readonly state: HealthState
  /** One line, as it was found when this was last renewed. */
  readonly detail: string
  readonly numbers: Readonly<Record<string, string | number | boolean | null>>
}

export interface Health {
  readonly state: HealthState
  /** When it came into this state. */
  readonly since: number
  readonly checks: readonly CheckHealth[]
}

/** What deciding checks add up to; checks that only warn change nothing. */
export function healthOf(checks: readonly Pick<CheckHealth, 'severity' | 'state'>[]): HealthState {
  const deciding = checks.filter(({ severity }) => severity === 'fail').map(({ state }) => state)
  if (deciding.includes('unhealthy')) return 'unhealthy'
  return deciding.includes('unknown') ? 'unknown' : 'healthy'
}

/** The checks that are unhealthy, in words; empty when there is none. */
export function complaintsOf({ checks }: Pick<Health, 'checks'>): string {
  return checks
    .filter(({ state }) => state === 'unhealthy')
    .map(({ name, detail }) => `${name}: ${detail}`)
    .join('; ')
}
