/** The museum as a whole: every exhibit played, the table of it, and its page of the documentation. */
import { aWitness, type Exhibit } from './exhibit.ts'

export interface Played {
  readonly exhibit: Exhibit
  /** What the peer's model did; undefined: the incident did not happen there. */
  readonly incident: string | undefined
  /** The words that Headgate answered with; undefined: it did not hold. */
  readonly words: readonly string[] | undefined
  readonly complaints: readonly string[]
}

export async function play(exhibit: Exhibit): Promise<Played> {
  const complaints: string[] = []
  let incident: string | undefined
  let words: readonly string[] | undefined
  try {
    incident = exhibit.peer.incident()
  } catch (error) {
    complaints.push(`the peer's model: ${sentenceOf(error)}`)
  }
  const witness = aWitness()
  try {
    await exhibit.holds(witness)
    if (witness.words.length === 0) complaints.push('nothing was witnessed')
    else words = witness.words
  } catch (error) {
    complaints.push(sentenceOf(error))
  }
  return { exhibit, incident, words, complaints }
}

function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** One line for each: exhibit, source, whether the peer's model fails, whether Headgate holds, by which words. */
export function tableOf(played: readonly Played[]): string[][] {
  return [
    ['exhibit', 'source', 'peer model', 'Headgate', 'answers with'],
    ...played.map(({ exhibit, incident, words }) => [
      exhibit.id,
      exhibit.sources[0] ?? '',
      incident === undefined ? 'DOES NOT FAIL' : 'fails',
      words === undefined ? 'DOES NOT HOLD' : 'holds',
      (words ?? []).slice(0, 3).join(', '),
    ]),
  ]
}

/** For the README: what it was, where it can be read, and the words that hold it. */
export function summaryOf(played: readonly Played[]): string {
  const rows = played.map(({ exhibit: { id, title, sources }, words }) => [
    `[${id.slice(0, 2)}](docs/museum.md#${id})`,
    title,
    sources[0] ?? '',
    (words ?? [])
      .slice(0, 2)
      .map((word) => `\`${word}\``)
      .join(', '),
  ])
  const lines = [['', 'what happened', 'source', 'Headgate answers'], ['---', '---', '---', '---'], ...rows]
  return lines.map((row) => `| ${row.join(' | ')} |`).join('\n')
}

export function pageOf(played: readonly Played[]): string {
  return `${[
    '# The museum',
    '',
    'Real failures of update and release systems, each a test that runs with every build: once against a model of the rule',
    'that the other system documents, where the incident has to happen, and once against Headgate, where it must not. The',
    'models are ours, a few lines each, and no more than that rule. This page is generated from the exhibits in',
    '`test/museum/`; `npm run museum` plays them all.',
    '',
    ...played.flatMap(({ exhibit, incident, words }) => section(exhibit, incident ?? '', words ?? [])),
  ].join('\n')}`
}

function section(exhibit: Exhibit, incident: string, words: readonly string[]): string[] {
  const { id, title, when, sources, mechanism, uncertain, peer, answer, heldBy, missing, processes } = exhibit
  return [
    `## ${id}`,
    '',
    `**${title}** · ${when} · ${sources.join('; ')}`,
    '',
    exhibit.happened,
    '',
    `- Why it could: ${mechanism}`,
    ...(uncertain === undefined ? [] : [`- Uncertain: ${uncertain}`]),
    `- The model of ${peer.name}: \`${peer.rule}\` — ${incident}`,
    `- Headgate: ${answer}`,
    `- Answers with: ${words.map((word) => `\`${word}\``).join(', ')}`,
    `- Held by: ${heldBy.map((file) => `\`${file}\``).join(', ')}`,
    ...(processes === undefined ? [] : [`- With real processes: \`${processes.file}\`, "${processes.test}"`]),
    ...(missing === undefined ? [] : [`- Not there yet: ${missing}`]),
    '',
  ]
}
