/**
 * Where the verbs are asked wrongly: a registry that listens, a rack that runs its first release, copies of that rack
 * each damaged in one way, and a folder of files that are nearly what a verb wants.
 */
import { chmodSync, cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { minute } from '../../shared/domain/instants.ts'
import { isProblemCode, type ProblemCode } from '../../shared/domain/problem.ts'
import { createShell, type Ran, type ShellOptions } from '../cli/shell.ts'
import { hurriedClock } from '../support/campaign-clock.ts'
import { rackFiles } from '../support/campaign-rack.ts'
import { artifactOf, directoryToml, furnish } from '../support/campaign-yard.ts'
import { fakeClock } from '../support/fake-clock.ts'
import { august, openTestRegistry, pictureOf } from '../support/test-registry.ts'
import { versions } from './world.ts'

/**
 * What it is called; the command line behind `headgate`, where words in "" are one, {html} is a web server that is no
 * registry, and {silent} one that nobody listens on; exit code and problem code; what is said; the environment.
 */
export type BadVerb = readonly [
  name: string,
  line: string,
  answers: `${number} ${ProblemCode}`,
  says: RegExp,
  env?: Readonly<Record<string, string | undefined>>,
]

export interface VerbYard {
  /** In the folder of files, signed in as the admin, with the same moment on the clock each time. */
  ask(line: string, more: readonly string[], env: BadVerb[4]): Promise<Ran>
  /** Everything that a refused command must leave as it was, on both sides. */
  picture(): Promise<string>
  dispose(): Promise<void>
}

const { first, second, third } = versions
/** A week in which nothing was ever published, and is withdrawn all the same. */
const neverSeen = '20170101000000..20170108000000'
const dayOf = august + 10 * minute

export async function aVerbYard(): Promise<VerbYard> {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'headgate-verbs-'))
  const registry = await openTestRegistry()
  const page = createServer((_, response) =>
    response.setHeader('content-type', 'text/html').end('<h1>It works!</h1>'),
  )
  await new Promise<void>((resolve) => page.listen(0, '127.0.0.1', resolve))
  const address = page.address()
  const html = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
  const silent = await nobody()
  const env = {
    PATH: process.env.PATH,
    USER: 'ada',
    HEADGATE_URL: registry.url,
    HEADGATE_TOKEN_FILE: 'admin.token',
  }
  const furniture: ShellOptions = {
    cwd: folder,
    env,
    fetch: globalThis.fetch,
    random: {
      uuid: () => crypto.randomUUID(),
      bytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
    },
    loadServer: () => import('../../server/main.ts'),
    // Nothing here is meant to go on; what does is stopped, and told apart by its exit code.
    interruption: () => AbortSignal.timeout(2_000),
  }

  writeFiles(folder, registry.admin)
  await furnishRegistry(createShell({ ...furniture, clock: hurriedClock() }), folder)
  damageCopies(folder, registry.url, { html, silent })
  registry.clock.advance(dayOf - august)

  const ask: VerbYard['ask'] = (line, more, given) => {
    const words = wordsOf(line.replaceAll('{html}', html).replaceAll('{silent}', silent))
    return createShell({ ...furniture, clock: fakeClock(dayOf), env: { ...env, ...given } })(
      ...words,
      ...more,
    )
  }
  // What a rack keeps of an answer is there from now on.
  must(await ask('check --dir prod-1', [], undefined), 'check')

  return {
    ask,
    async picture() {
      const tree = Object.entries(rackFiles(folder).tree()).filter(([name]) => !/\/lock(\.sock)?$/.test(name))
      return JSON.stringify([await pictureOf(registry), tree], null, 1)
    },
    async dispose() {
      page.closeAllConnections()
      page.close()
      await registry.dispose()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** An address that something listened on, and nothing does any more. */
async function nobody(): Promise<string> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
}

/** `2 invalid_input` */
export function partsOf(answers: BadVerb[2]): { exit: number; code: ProblemCode } {
  const [exit, code = ''] = answers.split(' ')
  if (!isProblemCode(code)) throw new Error(`${answers} names no problem`)
  return { exit: Number(exit), code }
}

/** Split at blanks; words in "" are kept together. */
function wordsOf(line: string): string[] {
  return [...line.matchAll(/"([^"]*)"|[^ ]+/g)].map(([word, quoted]) => quoted ?? word)
}

function writeFiles(folder: string, admin: string): void {
  const files: Readonly<Record<string, string | Buffer>> = {
    'empty.json': '',
    'not.json': '{"Password": ',
    'list.json': '[1, 2]',
    'object.json': '{\n  "releases": []\n}\n',
    'text.json': '{"Password": "secret"}',
    'masked.json': '{"Password": {"masked": true}}',
    'plain.json': '{"Password": {}}',
    'masked-text.json': '{"Password": {"masked": "yes"}}',
    'notes.txt': 'what is new',
    'gated.json':
      '{"gates": {"soak": {"minRacks": 1, "soakMinutes": 60, "dwell": true}, "checklist": [{"item": "notes", "text": "read"}]}}',
    'luck.toml': '[gates]\nluck = true\n',
    'fraction.json':
      '{"waves": [{"share": 0.1, "soakMinutes": 1}, {"share": "rest", "soakMinutes": 1}], "onFail": "halt", "silentMinutes": 60}',
    'half.json': '{"waves": [{"share": "50%", "soakMinutes": 1}], "onFail": "halt", "silentMinutes": 60}',
    'nobody.json':
      '{"waves": [{"name": "canary", "selector": {"role": "canary"}, "share": 1, "soakMinutes": 1}, {"share": "rest", "soakMinutes": 1}], "onFail": "halt", "silentMinutes": 60}',
    'first.tgz': artifactOf(first),
    'never-sent.tgz': artifactOf('never'),
    'empty.tgz': '',
    'admin.token': `${admin}\n`,
    'open.token': `${admin}\n`,
    'empty.token': '\n',
    'words.token': 'not a token\n',
    'wrong.token': `hg_admin_${'x'.repeat(43)}\n`,
    'taken.token': 'somebody keeps something else here\n',
    'a-file': 'this is no folder',
    'home-odd/.config/headgate/config.toml': 'current = "prod"\n[context.prod]\nurl = 7\n',
    'home-broken/.config/headgate/config.toml': 'current = prod\n',
    'home-nul/.config/headgate/config.toml':
      '[context.prod]\nurl = "http://127.0.0.1:1"\ntokenFile = "a\\u0000b"\n',
    'home/.config/headgate/config.toml': '[context.prod]\nurl = "http://127.0.0.1:1"\n',
  }
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(folder, name, '..'), { recursive: true })
    writeFileSync(join(folder, name), content, { mode: name.endsWith('.token') ? 0o600 : 0o644 })
  }
  chmodSync(join(folder, 'open.token'), 0o644)
  mkdirSync(join(folder, 'a-folder'))
}

/**
 * `rack` with three releases: the first on stable, the second with a parameter that became masked, the third withdrawn;
 * `other`, which is frozen; a channel that nothing feeds; `gated`, for which P-1 waits; `waves`, for which R-1 waits; O-1; the racks prod-1 and lab-1;
 * the token ci.
 */
async function furnishRegistry(headgate: ReturnType<typeof createShell>, folder: string): Promise<void> {
  const does = async (line: string) => must(await headgate(...wordsOf(line)), line)
  await does('app create rack --scheme timestamp')
  await does('app create other --scheme semver')
  await does(`release publish ${first} --app rack --artifact first.tgz --parameters plain.json`)
  await does(`promote ${first} --app rack --to stable`)
  await does('release publish 1.0.0 --app other')
  await does('freeze --app other --reason "looking into it"')
  await does('channel create lonely --app rack')
  await does('channel create gated --app rack --from unstable')
  await does('channel policy set gated --app rack --file gated.json --reason "as it should be"')
  await does(`promote ${first} --app rack --to gated --when-ready`)
  await does('channel create waves --app rack --from unstable')
  await does(`promote ${first} --app rack --to waves`)
  await does(`object ${first} --app rack --reason "it is slow"`)
  await does('token create ci --role publisher --app rack --out ci.token')
  await does('token create old --role viewer --out old.token')
  await does('token revoke old')
  await does('enroll --dir prod-1 --app rack --channel stable --name prod-1')
  furnish(join(folder, 'prod-1'), directoryToml)
  await does('update --dir prod-1 --yes')
  await does('enroll --dir lab-1 --app rack --channel stable --name lab-1')
  await does(`release publish ${second} --app rack --parameters masked.json`)
  await does(
    `promote ${second} --app rack --to waves --acknowledge Password --note read --rollout canary --not-before 30d`,
  )
  await does(`release publish ${third} --app rack --parameters plain.json`)
  await does(
    `release yank ${third} --app rack --severity moderate --remedy stay --reason "not this one" --confirm rack`,
  )
  await does(
    `release yank ${neverSeen} --app rack --severity moderate --remedy stay --reason "nor that week" --confirm rack`,
  )
}

/** Racks that were prod-1, each with one thing wrong. */
function damageCopies(
  folder: string,
  url: string,
  { html, silent }: Record<'html' | 'silent', string>,
): void {
  const prod = rackFiles(join(folder, 'prod-1'))
  const toml = prod.read('rack.toml') ?? ''
  const copy = (name: string) => {
    cpSync(prod.dir, join(folder, name), { recursive: true, verbatimSymlinks: true })
    return rackFiles(join(folder, name))
  }
  copy('html-1').write('rack.toml', toml.replace(url, html))
  copy('silent-1').write('rack.toml', toml.replace(url, silent))
  copy('broken-toml').write('rack.toml', '[registry\nurl = ')
  copy('odd-url').write('rack.toml', toml.replace(url, 'ftp://registry.test'))
  copy('odd-key').write('rack.toml', toml.replace('[rack]', '[rack]\nchanel = "stable"'))
  copy('odd-number').write('rack.toml', toml.replace('graceSeconds = 0', 'graceSeconds = -1'))
  copy('no-rack').write('rack.toml', '[registry]\nurl = "http://127.0.0.1:1"\n')
  copy('bad-state').write('state.json', '{"v": 1, "prov')
  copy('empty-state').write('state.json', '')
  copy('later-state').write('state.json', '{"v": 99}')
  copy('empty-token').write('rack.token', '')
  copy('wrong-token').write('rack.token', `hg_rack_${'x'.repeat(43)}\n`)
  chmodSync(join(copy('open-token').dir, 'rack.token'), 0o644)
  rmSync(join(copy('no-token').dir, 'rack.token'))
}

function must(ran: Ran, line: string): Ran {
  if (ran.code === 0) return ran
  throw new Error(`headgate ${line} ended with ${ran.code}\n${ran.stderr}`)
}
