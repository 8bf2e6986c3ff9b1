/**
 * hyperbo.la, 2018. A script replaced every host of a group with a new image that answered 502, for it never asked a
 * host whether it was well. A person looked, saw nginx's 502 page, and ran a rollback task that had never been tried. An
 * hour later the same release was deployed again, over a fix that was not enough, and once more with the one that was.
 *
 * The story is told with a list of guards, which may be empty. What the product does anyway stays on in every telling:
 * host by host, each on the right version (by the word of `list`) before the next, and at most `maxUnhealthy` of them,
 * which is 0, may fail that. A host that runs the right version and answers 502 is none of its business until somebody
 * says how to ask.
 */
import { join } from 'node:path'
import { expect } from 'vitest'
import type { Ended } from '../support/real-registry.ts'
import {
  type HostGroup,
  hostGroup,
  hostsProgram,
  rollingToml,
  serveHealth,
} from '../support/stand-ins/hosts.ts'
import { aTeam, expectDone, hurried, type TeamRack } from './a-team.ts'
import { anOnlooker, type Seen } from './onlooker.ts'
import { aSite } from './site.ts'

export const [before, good, broken] = ['0.148.2', '0.149.0', '0.149.2']
export const hosts = ['a', 'b', 'c']

/**
 * What an operator may do about it: `host health` asks every new host for its health before it serves, `site check` asks
 * the whole once it has moved, and `rehearsal` walks the way back before there is a need for it.
 */
export type Guard = 'host health' | 'site check' | 'rehearsal'

export interface Deployment {
  readonly code: number | null
  readonly said: string
  /** What a person saw who looked at the site when it had ended. */
  readonly look: string
  /** `HOST VERSION`, and whether it serves (`+`), when it had ended. */
  readonly table: readonly string[]
  /** The hosts to which anything was done, in order. */
  readonly touched: readonly string[]
  /** Whether a person had to go the way back. */
  readonly isRolledBack: boolean
  /** What everybody else was answered, from the first act of the deployment until the site was well again. */
  readonly seen: Seen
}

export interface Told {
  readonly rack: TeamRack
  readonly group: HostGroup
  /** Of the good release before. */
  readonly rehearsed: Ended | null
  /** The same release thrice: broken, mended in part, mended. */
  readonly deployments: readonly Deployment[]
}

/** To be called inside a test. */
export async function hyperbola(guards: readonly Guard[]): Promise<Told> {
  const { team, rack, group, site } = await aWorld(guards)
  const looks = async () => String((await fetch(site)).status)
  const serves = async (version: string) => {
    await team.does('release', 'publish', version, '--app', 'hyperbola')
    await team.does('promote', version, '--app', 'hyperbola', '--to', 'stable')
  }

  async function deploys(): Promise<Deployment> {
    const acts = group.log().length
    const everybody = anOnlooker(looks, '200')
    const ended = await rack.runs('update', '--yes')
    const look = await looks()
    const table = group.table()
    const touched = [
      ...new Set(
        group
          .log()
          .slice(acts)
          .map(({ host }) => host),
      ),
    ]
    const isRolledBack = look !== '200'
    if (isRolledBack) expectDone(await rack.runs('rollback', '--reason', 'nginx shows 502', '--yes'))
    const { code, stdout, stderr } = ended
    return { code, said: stdout + stderr, look, table, touched, isRolledBack, seen: await everybody.leaves() }
  }

  await serves(good)
  const rehearsed = guards.includes('rehearsal') ? await rack.runs('rehearse', '--yes') : null
  const first = await deploys()
  expect(first, first.said).toMatchObject({ code: 0, look: '200', table: allOn(good) })

  group.sickens(broken)
  await serves(broken)
  const deployments = [await deploys()]
  // The security groups were one half of the cause: nothing is better yet.
  for (const isMended of [false, true]) {
    if (isMended) group.heals()
    expectDone(await rack.runs('retry'))
    deployments.push(await deploys())
  }
  return { rack, group, rehearsed, deployments }
}

export const allOn = (version: string) => hosts.map((host) => `${host} ${version} +`)

async function aWorld(guards: readonly Guard[]) {
  const team = await aTeam('hyperbola', 'semver')
  const health = await serveHealth(team.cwd)
  const group = hostGroup(join(team.cwd, 'prod', 'group'), hosts, before)
  const hostsUrl = `${health.url}/prod/group`
  const site = await aSite(group, hostsUrl)
  const at = (act: string) => `sh ${hostsProgram} group ${act}`
  const commands = ['drain', 'apply', 'attach', 'detach'].flatMap((act) => [`--${act}`, `${at(act)} {host}`])
  const rack = await team.rack({
    name: 'prod',
    channel: 'stable',
    driver: ['--driver', 'rolling', '--list', at('list'), ...commands],
  })
  const asksHosts = guards.includes('host health')
  const siteCheck = guards.includes('site check') ? siteToml(site) : ''
  rack.configures(rollingToml('group', asksHosts ? hostsUrl : null) + siteCheck + hurried)
  expectDone(await rack.runs('verify'))
  return { team, rack, group, site }
}

const siteToml = (url: string) => `
[[check]]
name = "site"
kind = "http"
url = "${url}"
healthyCount = 2
unhealthyCount = 2
intervalSeconds = 0.2
`
