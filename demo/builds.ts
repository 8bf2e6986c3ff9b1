/**
 * The real release history as files: what `headgate import` reads, and for the builds of one week, which the story
 * publishes itself, an artifact each: the stand-in rack with that build's real parameter contract.
 */
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { create } from 'tar'
import {
  convertRackHistory,
  convertV3History,
  type ImportLine,
  parseRackHistory,
  parseV3History,
  toJsonLines,
} from './convert-convox.ts'

/** Files, as seen from the folder of the stage. */
interface Build {
  readonly version: string
  readonly artifact: string
  readonly parameters: string
  readonly source: ImportLine['source']
}

export interface Builds {
  /** The builds of the incident, as Convox named them. */
  readonly lastGood: string
  readonly bad: readonly string[]
  readonly fix: string
  /** Everything that was released before `lastGood`. */
  readonly before: { readonly file: string; readonly versions: readonly string[] }
  readonly whole: { readonly file: string; readonly count: number }
  readonly v3: { readonly file: string; readonly count: number }
  readonly build: (version: string) => Promise<Build>
}

/** Writes the import files into the folder. */
export async function openBuilds(demo: string, folder: string): Promise<Builds> {
  const read = (name: string) => readFile(join(demo, 'data', name), 'utf8')
  const history = parseRackHistory(await read('convox-rack-releases.json'))
  const lines = convertRackHistory(history)
  const v3 = convertV3History(parseV3History(await read('convox-v3-releases.json')))
  const { introducedIn, alsoIn, fixedIn, lastGoodBefore } = history.incident
  const bad = [introducedIn, ...alsoIn]
  const before = lines.filter((line) => line.version < lastGoodBefore)
  await cp(join(demo, 'rack-program.mjs'), join(folder, 'rack-program.mjs'))
  const put = async (file: string, content: readonly ImportLine[]) => {
    await writeFile(join(folder, file), toJsonLines(content))
    return file
  }
  return {
    lastGood: lastGoodBefore,
    bad,
    fix: fixedIn,
    before: { file: await put('before.jsonl', before), versions: before.map(({ version }) => version) },
    whole: { file: await put('convox-v2.jsonl', lines), count: lines.length },
    v3: { file: await put('convox-v3.jsonl', v3), count: v3.length },
    async build(version) {
      const line = lines.find((one) => one.version === version)
      if (!line?.parameters) throw new Error(`The data has no release ${version}.`)
      const cwd = join(folder, 'builds', version)
      await mkdir(cwd, { recursive: true })
      await cp(join(demo, 'rack-program.mjs'), join(cwd, 'rack-program.mjs'))
      const release = { version, parameters: line.parameters, defect: bad.includes(version) }
      await writeFile(join(cwd, 'release.json'), JSON.stringify(release))
      const artifact = `builds/rack-${version}.tgz`
      await create({ gzip: true, file: join(folder, artifact), cwd }, ['rack-program.mjs', 'release.json'])
      const parameters = `builds/parameters-${version}.json`
      await writeFile(join(folder, parameters), JSON.stringify(line.parameters))
      return { version, artifact, parameters, source: line.source }
    },
  }
}
