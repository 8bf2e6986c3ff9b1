/** EDGI, 2017: told without a guard, with drift detection, and with a strict TLS check (edgi.ts has the story). */
import { expect, test } from 'vitest'
import { expectDone } from './a-team.ts'
import {
  corrected,
  drift,
  edgi,
  first,
  reorganised,
  restoresTemplate,
  strictTls,
  type World,
} from './edgi.ts'
import { anOnlooker } from './onlooker.ts'

/** What staging's racks have shown of a release, as whoever promotes it is told. */
async function shownOfIt({ team }: World, version: string) {
  const dryRun = ['promote', version, '--app', 'monitoring', '--to', 'stable', '--dry-run', '--json']
  const { json } = await team.types(...dryRun)
  return (json.numbers as { proved: unknown } | undefined)?.proved ?? json.proved
}

const patience = { timeout: 120_000 }

test('without a guard all is proved, every look is fine, and the scraper is shut out', patience, async () => {
  const { onStaging, onProduction, looks, evening, staging, production, scraper, browser } = await edgi([])
  expect([onStaging.code, onProduction?.code]).toEqual([0, 0])
  expect(onProduction?.stdout).toContain(`${reorganised} runs and is proved`)
  expect(looks).toEqual(['the page', 'the page'])
  expect(evening).toBe('DEPTH_ZERO_SELF_SIGNED_CERT')
  expect(await scraper.reads(staging.endpoint)).toBe('ERR_TLS_CERT_ALTNAME_INVALID')
  expect([staging.certificate(), production.certificate()]).toEqual(['provisional', 'provisional'])

  // Nobody has noticed yet. It stays so until somebody who has no exception asks.
  expect(await browser.shows(production.endpoint)).toBe('the page')
  expect((await production.rack.runs('doctor')).stdout).toContain('are there checks? none is configured')
  const proved = [onStaging, onProduction].filter((ended) => ended?.code === 0).length
  const fine = looks.filter((look) => look === 'the page').length
  console.log(`EDGI without a guard: ${proved} of 2 proved, ${fine} of 2 looks fine; API: ${evening}`)
})

test('drift detection refuses it by name, before anything is applied', patience, async () => {
  const told = await edgi([drift])
  const { onStaging, onProduction, evening, staging, production, scraper } = told
  expect([onStaging.code, onProduction]).toEqual([3, null])
  expect(onStaging.stderr).toContain('Certificate changed. Nothing is changed.')
  expect(staging.deployed()).toEqual([first])
  expect([await scraper.reads(staging.endpoint), evening]).toEqual(['200', '200'])

  // Somebody in a hurry promotes it all the same: production refuses by itself.
  await told.promotes(reorganised)
  const hasty = await production.rack.runs('update', '--yes', '--json')
  expect([hasty.code, hasty.json.code]).toEqual([3, 'drifted'])
  expect(hasty.json.detail).toContain('Certificate changed')
  expect(production.deployed()).toEqual([first])

  // The templates are corrected, and the difference is accepted by name: once for the update, once for the record.
  await told.publishes(corrected, 'by-hand')
  expectDone(await staging.rack.runs('update', '--yes', '--accept-drift', 'Certificate'))
  await told.promotes(corrected)
  expectDone(await production.rack.runs('adopt', 'Certificate'))
  expectDone(await production.rack.runs('update', '--yes'))
  expect(production.deployed()).toEqual([first, corrected])
  expect(await scraper.reads(production.endpoint)).toBe('200')
  const refused = [onStaging, hasty].filter(({ code }) => code === 3).length
  const applied = [staging, production].filter((site) => site.deployed().includes(reorganised)).length
  console.log(
    `EDGI with drift detection: ${refused} of 2 stale deployments refused, ${applied} applied; API: ${evening}`,
  )
})

test('a strict TLS check returns it on staging, and production does not get it', patience, async () => {
  const told = await edgi([strictTls])
  const { onStaging, onProduction, looks, evening, staging, production, scraper } = told
  expect([onStaging.code, onProduction, looks]).toEqual([20, null, ['the page']])
  expect(onStaging.stderr).toContain(
    'the certificate is for lb-1172.elb.example, not for api-staging.edgi.example',
  )
  expect([staging.certificate(), await scraper.reads(staging.endpoint), evening]).toEqual([
    'by-hand',
    '200',
    '200',
  ])
  expect(production.deployed()).toEqual([first])
  const shown = { proved: [], failed: [{ rack: 'staging', outcome: 'returned' }] }
  expect(await shownOfIt(told, reorganised)).toMatchObject(shown)

  // Somebody promotes it over that word: production is wrong for as long as its own check takes, and not until evening.
  await told.promotes(reorganised)
  const scraping = anOnlooker(() => scraper.reads(production.endpoint), '200')
  const hasty = await production.rack.runs('update', '--yes')
  const { worstMs } = await scraping.leaves()
  expect(hasty.code, hasty.stderr).toBe(20)
  expect(hasty.stderr).toContain('the certificate for api.edgi.example is self-signed')
  expect(worstMs).toBeGreaterThan(0)
  expect([production.certificate(), await scraper.reads(production.endpoint)]).toEqual(['by-hand', '200'])
  const wrongFor = `${(worstMs / 1000).toFixed(1)} s`
  console.log(
    `EDGI with strict TLS: returned on staging; promoted all the same: returned, API gone for ${wrongFor}`,
  )
})

test('a way back that knows the template only ends stuck, and a person is told', patience, async () => {
  const { onStaging, onProduction, evening, production } = await edgi([strictTls], restoresTemplate)
  expect([onStaging.code, onProduction, evening]).toEqual([21, null, '200'])
  expect(onStaging.stderr).toContain('the certificate is for lb-1172.elb.example')
  expect(production.deployed()).toEqual([first])
  const deployed = production.deployed().length
  console.log(
    `EDGI with strict TLS and a stale way back: staging exits ${onStaging.code}; production had ${deployed} deployment`,
  )
})
