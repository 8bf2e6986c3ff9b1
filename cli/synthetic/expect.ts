/** What a rehearsal expects to see, and the words for when it sees something else. */
import { isDeepStrictEqual } from 'node:util'
import { Problem } from '../../shared/domain/problem.ts'
import type { Said } from './inner-shell.ts'

/** Raises `synthetic_failed` unless every field named is what is expected of it; `what` begins the sentence. */
export function expectFields(what: string, said: Said, expected: Said): void {
  const differing = Object.entries(expected).filter(([name, value]) => !isDeepStrictEqual(said[name], value))
  if (differing.length === 0) return
  const told = differing.map(([name, value]) => `${name} is ${shown(said[name])}, expected ${shown(value)}`)
  throw new Problem('synthetic_failed', `${what}: ${told.join('; ')}`)
}

export function expectTrue(what: string, isSo: boolean): void {
  if (!isSo) throw new Problem('synthetic_failed', what)
}

export function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'missing'
  return text.length > 120 ? `${text.slice(0, 120)}…` : text
}
