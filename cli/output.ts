/**
 * Data on stdout, words on stderr; with `--json` one envelope on stdout and no words. A symbol never stands without
 * its word, and colour never means anything that the word does not say.
 */
import { styleText } from 'node:util'
import { plainText } from './plain-text.ts'
import { formatFields, formatTable } from './table.ts'
import { describeInstant } from './when.ts'

/** One of the two streams, and what it can show. */
export interface Sink {
  readonly write: (text: string) => void
  /** Resolves when what was written is on its way: for what is too much to be kept in memory. */
  readonly drained?: () => Promise<void>
  readonly isTerminal: boolean
  readonly hasColour: boolean
  readonly isUnicode: boolean
  /** Columns; 80 where nobody knows. */
  readonly width: number
}

export interface Terminal {
  readonly stdout: Sink
  readonly stderr: Sink
}

export interface ReportOptions {
  readonly json?: boolean
  readonly quiet?: boolean
}

/** A field of that name would take the place of the envelope's own. */
interface NoKind {
  readonly kind?: never
}

/** What a verb says. `kind` names the envelope; keys of a kind are only ever added. */
export interface Report {
  readonly isJson: boolean
  /** Data: the envelope, or the lines that `draw` puts on the page. */
  readonly show: <Body extends object>(kind: string, body: Body & NoKind, draw: (page: Page) => void) => void
  /** The same lines as words on stderr: what a refusal was made on. */
  readonly explain: (draw: (page: Page) => void) => void
  /** What was changed. */
  readonly done: (text: string) => void
  readonly warn: (text: string) => void
  readonly say: (text: string) => void
  /** The command that a person most likely wants now; the last line of a verb. */
  readonly next: (command: string) => void
}

/** Lines of data for a person or a pipe. Everything is made harmless for a terminal before it is written. */
export interface Page {
  readonly line: (text?: string) => void
  readonly mark: (mark: Mark, text: string) => void
  readonly fields: (fields: readonly (readonly [string, string])[]) => void
  readonly table: (columns: readonly string[], rows: readonly (readonly string[])[]) => void
  /** An instant of the wire (RFC 3339): as it is in a pipe, `3d ago` on a terminal. Null is `-`. */
  readonly when: (instant: string | null) => string
}

export const marks = {
  ok: { symbol: '✓', ascii: '+', word: 'ok', colour: 'green' },
  warning: { symbol: '!', ascii: '!', word: 'warning', colour: 'yellow' },
  waiting: { symbol: '…', ascii: '.', word: 'waiting', colour: 'yellow' },
  failed: { symbol: '✗', ascii: 'x', word: 'failed', colour: 'red' },
} as const
export type Mark = keyof typeof marks

const longestWord = Math.max(...Object.values(marks).map(({ word }) => word.length))

export function createReport(out: Terminal, now: () => number, options: ReportOptions): Report {
  const isJson = options.json === true
  const word = (text: string) => {
    if (!isJson && options.quiet !== true) out.stderr.write(`${plainText(text)}\n`)
  }
  const marked = (mark: Mark, text: string) => {
    if (!isJson && (options.quiet !== true || mark !== 'ok'))
      out.stderr.write(markLine(out.stderr, mark, text))
  }
  return {
    isJson,
    show(kind, body, draw) {
      out.stdout.write(isJson ? envelope(out.stdout, kind, body) : drawn(out.stdout, now(), draw))
    },
    explain(draw) {
      if (!isJson) out.stderr.write(drawn(out.stderr, now(), draw))
    },
    done: (text) => marked('ok', text),
    warn: (text) => marked('warning', text),
    say: word,
    next: (command) => word(`Next:  ${command}`),
  }
}

/** One JSON object and a line end: on one line in a pipe, indented for a person. */
export function envelope<Body extends object>(sink: Sink, kind: string, body: Body & NoKind): string {
  const value = { apiVersion: 'headgate/v1', kind, ...body }
  return `${escaped(JSON.stringify(value, null, sink.isTerminal ? 2 : undefined))}\n`
}

// JSON escapes the control characters below 32; those from 127 on steer some terminals too, and so do directions.
function escaped(json: string): string {
  return json.replace(
    /[\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g,
    (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** `✓ ok  TEXT`, or in ASCII where the terminal knows no more. */
export function markLine(sink: Sink, mark: Mark, text: string, width = 0): string {
  const { symbol, ascii, word, colour } = marks[mark]
  const sign = `${sink.isUnicode ? symbol : ascii} ${word.padEnd(width)}`
  return `${sink.hasColour ? styleText(colour, sign, { validateStream: false }) : sign}  ${shownOn(sink, plainText(text))}\n`
}

/** Signs that a terminal without Unicode would show as something else. */
export function shownOn({ isUnicode }: Pick<Sink, 'isUnicode'>, text: string): string {
  return isUnicode ? text : text.replaceAll('→', '->').replaceAll('…', '...')
}

function drawn(sink: Sink, now: number, draw: (page: Page) => void): string {
  const lines: string[] = []
  const put = (text: string) => lines.push(`${shownOn(sink, plainText(text))}\n`)
  draw({
    line: (text = '') => put(text),
    mark: (mark, text) => lines.push(markLine(sink, mark, text, longestWord)),
    fields: (fields) => formatFields(fields).forEach(put),
    table: (columns, rows) => formatTable(columns, rows).forEach(put),
    when: (instant) => describeInstant(instant, now, sink.isTerminal),
  })
  return lines.join('')
}
