/**
 * Redaction: which words of an event can be erased, and the event without them. Only what people and machines say freely
 * can go; what gates, folds and decisions reckon with stays, so that the state is the same but for the blanked words.
 */
import type { EventType, LedgerEvent } from './events.ts'
import { Problem } from './problem.ts'
import type { StoredEvent } from './upcast.ts'

export const redactedWords = '[redacted]'

/** JSON pointers (RFC 6901) beside `/reason`, which every event may have; `*` is any place in a list. */
const words: { readonly [T in EventType]?: readonly string[] } = {
  'release.published': ['/content/notes', '/content/source/url'],
  'channel.promoted': ['/verdicts/*/detail', '/overrides/*/detail'],
  'evidence.added': ['/note', '/url'],
  'checklist.ticked': ['/note'],
  'change.acknowledged': ['/note'],
  'objection.answered': ['/note'],
  'issue.known': ['/note'],
  'proposal.approved': ['/note'],
  'approval.lapsed': ['/detail'],
  'break_glass.opened': ['/by'],
  'review.signed': ['/note'],
  'alarm.raised': ['/detail'],
  'alarm.closed': ['/note'],
  'synthetic.ended': ['/steps/*/detail', '/left/*'],
}

/** Where words stand that can be erased and are not yet. */
export function erasablePointers(event: StoredEvent): string[] {
  return wordsIn(event)
    .filter(({ text }) => text !== redactedWords)
    .map(({ pointer }) => pointer)
}

export interface Blanked {
  readonly event: StoredEvent
  /** What stood there. */
  readonly words: readonly string[]
}

/** The event with the words at these pointers blanked. Raises `invalid_input` for every pointer that names none. */
export function blankWords(event: StoredEvent, pointers: readonly string[]): Blanked {
  if (pointers.length === 0) throw unusable('Which words? No field is named.', event)
  const copy = structuredClone(event)
  const present = new Map(wordsIn(event).map(({ pointer, text }) => [pointer, text]))
  const gone: string[] = []
  for (const pointer of new Set(pointers)) {
    const text = present.get(pointer)
    if (text === undefined) throw unusable(whyNot(event, pointer), event)
    if (text === redactedWords) throw unusable(`${pointer} is erased already.`, event)
    const names = namesIn(pointer)
    const last = names.pop() ?? ''
    const holder = names.reduce<unknown>(fieldOf, copy)
    if (typeof holder === 'object' && holder !== null) Reflect.set(holder, last, redactedWords)
    gone.push(text)
  }
  return { event: copy, words: gone }
}

function wordsIn(event: StoredEvent): { readonly pointer: string; readonly text: string }[] {
  const patterns = ['/reason', ...(hasMoreWords(event.type) ? (words[event.type] ?? []) : [])]
  return patterns.flatMap((pattern) => {
    const found: { pointer: string; value: unknown }[] = [{ pointer: '', value: event }]
    const reached = namesIn(pattern).reduce(
      (here, name) =>
        here.flatMap(({ pointer, value }) => {
          const names = name === '*' ? (Array.isArray(value) ? [...value.keys()].map(String) : []) : [name]
          return names.map((one) => ({ pointer: `${pointer}/${one}`, value: fieldOf(value, one) }))
        }),
      found,
    )
    return reached.flatMap(({ pointer, value }) =>
      typeof value === 'string' ? [{ pointer, text: value }] : [],
    )
  })
}

function hasMoreWords(type: string): type is EventType {
  return Object.hasOwn(words, type)
}

function whyNot(event: StoredEvent, pointer: string): string {
  const shown = pointer.length > 100 ? `${pointer.slice(0, 100)}…` : pointer
  const value = pointer.startsWith('/') ? namesIn(pointer).reduce<unknown>(fieldOf, event) : undefined
  return value === undefined
    ? `The event ${event.type} has nothing at "${shown}".`
    : `"${shown}" of ${event.type} is part of what the registry reckons with, and cannot be erased.`
}

function unusable(why: string, event: StoredEvent): Problem {
  const left = erasablePointers(event)
  const hint =
    left.length === 0
      ? 'This event has no words that can be erased.'
      : `It has: ${left.map((pointer) => `--field ${pointer}`).join(' ')}`
  return new Problem('invalid_input', why, { hint, numbers: { erasable: left } })
}

function namesIn(pointer: string): string[] {
  return pointer.split('/').slice(1)
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? Reflect.get(value, name)
    : undefined
}

export type Redaction = Extract<LedgerEvent, { type: 'event.redacted' }>

export function isRedaction(event: StoredEvent): event is Redaction {
  return event.type === 'event.redacted'
}

/** What a redaction is about: an event, and where that is a redaction itself, what that one was about, and so on. */
export function subjectsOf({ sequence, replacement }: Redaction): number[] {
  return [sequence, ...(isRedaction(replacement) ? subjectsOf(replacement) : [])]
}

/** Every sequence that a redaction says is erased: its subjects, and the earlier redactions of them. */
export function announcedBy(redaction: Redaction): number[] {
  const { sequence, supersedes, replacement } = redaction
  return [sequence, ...supersedes, ...(isRedaction(replacement) ? announcedBy(replacement) : [])]
}
