/** How a rack's health is shown: on the rack from its own disk, at a desk from what the registry heard. */
import type { RackReport } from '../shared/contract/rack.ts'
import type { Page } from './output.ts'

type ShownHealth = NonNullable<RackReport['health']>

/** One line among the rack's fields. */
export function healthWords(page: Page, health: ShownHealth | null): string {
  if (health === null) return 'not monitored'
  const { state, since, checks } = health
  return `${state} since ${page.when(since)} (${checks.map(({ name }) => name).join(', ')})`
}

/** A line for each check that is not as it should be; one that only warns says so. */
export function markUnhealthy(page: Page, health: ShownHealth | null): void {
  for (const { name, severity, state, detail } of health?.checks ?? []) {
    if (state === 'unhealthy') page.mark(severity === 'fail' ? 'failed' : 'warning', `${name}: ${detail}`)
  }
}
