/**
 * EDGI, 2017. The certificates of two load balancers were put right by hand, in the console; the templates that the
 * services are deployed from were not. Weeks later the templates were reorganised and deployed, to staging and then to
 * production, and brought the old certificates back. Each time somebody looked: in a browser with a permanent exception
 * for exactly these certificates. It came out in the evening, when a scraper could not read the API.
 *
 * The story is told with a list of guards, which may be empty. What the product does anyway stays on in every telling:
 * the version is verified, an attempt is journaled and reported, and `unstable` comes before `stable`. None of it sees a
 * certificate. The "weeks" are not played: nothing depends on how long a setting has been different.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { anAuthority, aSelfSigned, type Certificate } from '../support/certificates.ts'
import type { Ended } from '../support/real-registry.ts'
import { tgzOf } from '../support/tar-archive.ts'
import { aTeam, expectDone, hurried, type Team, type TeamRack } from './a-team.ts'
import { aBrowser, aLoadBalancer, aScraper, type Endpoint } from './load-balancer.ts'

export const [first, reorganised, corrected] = ['1.0.0', '1.1.0', '1.1.1']

/** What an operator adds to rack.toml: `driver` from the beginning, `check` since the service was opened. */
export interface Guard {
  readonly driver?: string
  readonly check?: (endpoint: Endpoint, authority: Certificate) => string
}

/** Headgate is told where the live settings can be read, and so notices what was changed by hand. */
export const drift: Guard = { driver: 'parameters = ["cat", "live.json"]' }

/** After a deployment the endpoint is asked as a program asks it; there is no exception to be had. */
export const strictTls: Guard = {
  check: ({ name, port }, { certFile }) => `
[[check]]
name = "certificate"
kind = "tls"
host = "127.0.0.1"
port = ${port}
servername = "${name}"
caFile = "${certFile}"
healthyCount = 2
unhealthyCount = 2
intervalSeconds = 0.2
`,
}

/** The team's own script: a deployment writes its template over the live settings, whatever they are. */
const deploy = (site: string) => `
cp live.json "before-$HEADGATE_VERSION.json"
tar -xzOf "$HEADGATE_ARTIFACT" services/${site}.json > "template-$HEADGATE_VERSION.json"
cp "template-$HEADGATE_VERSION.json" live.json
echo "$HEADGATE_VERSION" >> deployed
echo "$HEADGATE_VERSION" > VERSION`

/** A way back to what was live before the deployment. */
const restoresLive = `
cp "before-$HEADGATE_FROM.json" live.json
echo "$HEADGATE_VERSION" > VERSION`

/** A way back to what the earlier template says, which is as stale as the later one. */
export const restoresTemplate = `
cp "template-$HEADGATE_VERSION.json" live.json
echo "$HEADGATE_VERSION" > VERSION`

export interface Site {
  readonly rack: TeamRack
  readonly endpoint: Endpoint
  /** The certificate in the settings of the load balancer, as the console shows them. */
  certificate(): string
  /** In the console, by hand. */
  sets(certificate: string): void
  /** The versions whose templates were written over the settings, oldest first. */
  deployed(): readonly string[]
}

export interface World {
  readonly team: Team
  readonly staging: Site
  readonly production: Site
  readonly scraper: ReturnType<typeof aScraper>
  readonly browser: ReturnType<typeof aBrowser>
  /** A release with templates that name this certificate. */
  publishes(version: string, certificate: string): Promise<void>
  /** To production. */
  promotes(version: string): Promise<void>
}

export interface Told extends World {
  /** The deployment weeks later. */
  readonly onStaging: Ended
  /** Null: what staging did not take was not promoted. */
  readonly onProduction: Ended | null
  /** What the people saw who looked at it. */
  readonly looks: readonly string[]
  /** What the scraper got in the evening, from production. */
  readonly evening: string
}

/** To be called inside a test. */
export async function edgi(guards: readonly Guard[], restore = restoresLive): Promise<Told> {
  const { world, open } = await aWorld(guards, restore)
  const { staging, production, browser, scraper } = world
  const both = [staging, production]

  // The first deployment, with certificates that nobody should take: one person takes them, for good.
  await world.publishes(first, 'provisional')
  expectDone(await staging.rack.runs('update', '--yes'))
  await world.promotes(first)
  expectDone(await production.rack.runs('update', '--yes'))
  for (const { endpoint } of both) {
    expect(await browser.shows(endpoint)).toBe('a warning')
    browser.neverWarnsAgainAbout(endpoint)
  }

  // The right certificates are found, and set by hand. The templates stay as they are, and the service is opened.
  for (const site of both) {
    site.sets('by-hand')
    expect(await scraper.reads(site.endpoint)).toBe('200')
  }
  open()

  // Weeks later: reorganised templates, to staging, and if that looks well to production.
  await world.publishes(reorganised, 'provisional')
  const onStaging = await staging.rack.runs('update', '--yes')
  const looks = [await browser.shows(staging.endpoint)]
  let onProduction: Ended | null = null
  if (onStaging.code === 0 && looks[0] === 'the page') {
    await world.promotes(reorganised)
    onProduction = await production.rack.runs('update', '--yes')
    looks.push(await browser.shows(production.endpoint))
  }
  return { ...world, onStaging, onProduction, looks, evening: await scraper.reads(production.endpoint) }
}

async function aWorld(guards: readonly Guard[], restore: string): Promise<{ world: World; open(): void }> {
  const team = await aTeam('monitoring', 'semver')
  const authority = anAuthority()
  const openings: (() => void)[] = []

  async function aSite(name: string, host: string, provisional: Certificate): Promise<Site> {
    const dir = join(team.cwd, name)
    const settings = join(dir, 'live.json')
    const sets = (certificate: string) => writeFileSync(settings, templateWith(certificate))
    mkdirSync(dir)
    writeFileSync(join(dir, 'VERSION'), '0.9.0\n')
    sets('provisional')
    const endpoint = await aLoadBalancer(host, settings, { provisional, 'by-hand': authority.issues(host) })
    const rack = await team.rack({
      name,
      channel: name === 'staging' ? 'unstable' : 'stable',
      driver: ['--driver', 'command', '--current', 'cat VERSION', '--apply', 'false'],
    })
    const driver = guards.map((guard) => guard.driver ?? '').join('\n')
    const checks = guards.map(({ check }) => check?.(endpoint, authority) ?? '').join('\n')
    const without = `
[driver]
kind = "command"
current = "cat VERSION"
apply = '''${deploy(name)}'''
rollback = '''${restore}'''
offlineRollback = true
${driver}
${hurried}`
    rack.configures(without)
    openings.push(() => rack.configures(without + checks))
    return {
      rack,
      endpoint,
      sets,
      certificate: () => JSON.parse(readFileSync(settings, 'utf8')).Certificate,
      deployed: () => readFileSync(join(dir, 'deployed'), 'utf8').trim().split('\n'),
    }
  }

  const world: World = {
    team,
    // One of the provisional certificates is for another name, and nobody stands behind the other one.
    staging: await aSite('staging', 'api-staging.edgi.example', authority.issues('lb-1172.elb.example')),
    production: await aSite('production', 'api.edgi.example', aSelfSigned('api.edgi.example')),
    scraper: aScraper(authority),
    browser: aBrowser(authority),
    async publishes(version, certificate) {
      const file = join(team.cwd, `services-${version}.tgz`)
      const content = templateWith(certificate)
      const templates = ['staging', 'production'].map((name) => ({ name: `services/${name}.json`, content }))
      writeFileSync(file, tgzOf(...templates))
      await team.does('release', 'publish', version, '--app', 'monitoring', '--artifact', file)
    },
    promotes: async (version) => {
      await team.does('promote', version, '--app', 'monitoring', '--to', 'stable')
    },
  }
  const open = () => {
    for (const opens of openings) opens()
  }
  return { world, open }
}

const templateWith = (certificate: string) => JSON.stringify({ Certificate: certificate, Port: '443' })
