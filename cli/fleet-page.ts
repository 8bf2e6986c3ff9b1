/** The fleet on a page: what stands how, which versions run where, and the words for a standing. */
import type { FleetBody, FleetRackBody } from '../shared/contract/fleet.ts'
import type { Page } from './output.ts'
import { oneLine } from './plain-text.ts'

/** `never_heard` is `never heard`. */
function standingWords(standing: string): string {
  return standing.replaceAll('_', ' ')
}

const newestShown = 30

export function drawFleet(page: Page, fleet: FleetBody): void {
  page.line(
    `${fleet.racks} racks of ${fleet.app}${fleet.channel === null ? '' : ` on ${fleet.channel}`}${fleet.labels.length === 0 ? '' : ` with ${fleet.labels.join(', ')}`}`,
  )
  if (!fleet.isReceiving && fleet.racks > 0)
    page.mark(
      'warning',
      fleet.lastHeardAt === null
        ? 'no rack at all has been heard of yet'
        : `no rack at all has been heard of since ${page.when(fleet.lastHeardAt)}: nobody can tell which are gone`,
    )
  page.line()
  page.table(
    ['standing', 'racks', 'nothing worse'],
    fleet.standings
      .filter(({ racks }) => racks > 0)
      .map(({ standing, racks, worst }) => [standingWords(standing), String(racks), String(worst)]),
  )
  page.line()
  const channels = [...new Set(fleet.versions.flatMap((one) => Object.keys(one.channels)))].sort()
  page.table(
    ['version', ...channels, 'racks', 'share', 'withdrawn by'],
    fleet.versions
      .slice(0, newestShown)
      .map(({ version, advisory, racks, channels: on }) => [
        version ?? 'nothing',
        ...channels.map((channel) => (on[channel] === undefined ? '' : String(on[channel]))),
        String(racks),
        shareOf(racks, fleet.racks),
        advisory ?? '',
      ]),
  )
  const more = fleet.otherVersions + Math.max(0, fleet.versions.length - newestShown)
  if (more > 0) page.line(`and ${more} other versions`)
  if (fleet.retired.racks > 0)
    page.line(`${fleet.retired.racks} ephemeral racks were retired since ${page.when(fleet.retired.since)}`)
}

/** `12 %`; a share that is not nothing is never shown as nothing. */
export function shareOf(count: number, of: number): string {
  if (of === 0) return ''
  const percent = (count * 100) / of
  return percent > 0 && percent < 1 ? '<1 %' : `${Math.round(percent)} %`
}

export function drawRacks(page: Page, racks: readonly FleetRackBody[], width: number): void {
  page.table(
    ['rack', 'what', 'runs', 'channel', 'last seen', 'labels', 'why'],
    racks.map((rack) => [
      rack.rack,
      rack.standings.map(standingWords).join(', '),
      rack.current ?? '',
      rack.channel,
      page.when(rack.lastSeenAt),
      labelsText(rack),
      oneLine(rack.why[0] ?? '', width),
    ]),
  )
}

const csvColumns = ['rack', 'channel', 'platform', 'current', 'standings', 'why', 'lastSeenAt', 'labels']

/** RFC 4180; labels as an import takes them. */
export function csvOf(racks: readonly FleetRackBody[]): string[] {
  return [
    csvColumns,
    ...racks.map((rack) => [
      rack.rack,
      rack.channel,
      rack.platform,
      rack.current ?? '',
      rack.standings.join(' '),
      rack.why.join('; '),
      rack.lastSeenAt ?? '',
      labelsText(rack),
    ]),
  ].map((cells) => cells.map(csvCell).join(','))
}

function labelsText({ labels }: FleetRackBody): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ')
}

/** What begins like a formula would be one in a spreadsheet, and names of racks come from hosts. */
function csvCell(text: string): string {
  const harmless = /^[=+@\t-]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless
}
