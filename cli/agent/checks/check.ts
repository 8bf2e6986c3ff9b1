/**
 * The one vocabulary of checks: what is asked, in which phases, how often and how patiently, and what came out.
 * Preflight asks each once, settling asks until it is sure, monitoring for ever; all report in this shape.
 */

import { readFile } from 'node:fs/promises'
import { performance } from 'node:perf_hooks'

export interface CheckContext {
  /** The version that should run: the present one before a move, the target after it; null = none. */
  readonly expectedVersion: string | null
  /** Aborted when the check's time is up; whoever ran it no longer waits then. */
  readonly signal: AbortSignal
}

export interface CheckAnswer {
  readonly ok: boolean
  /** One line for a person: what was found, and what was expected if that differs. */
  readonly detail: string
  /** The same for machines. */
  readonly numbers: Readonly<Record<string, string | number | boolean | null>>
  readonly durationMs: number
}

/** `fail` decides over going on or going back; `warn` is shown and decides nothing. */
export type Severity = 'fail' | 'warn'

/** Before a move, after it, and between moves. */
export const phases = ['preflight', 'settle', 'monitor'] as const
export type Phase = (typeof phases)[number]

export interface CheckPatience {
  /** The phases in which it is asked. */
  readonly when: readonly Phase[]
  /** For one run. */
  readonly timeoutSeconds: number
  readonly intervalSeconds: number
  /** Healthy answers in a row that make it healthy. */
  readonly healthyCount: number
  /** Failures in a row, after the grace period, that make it unhealthy. */
  readonly unhealthyCount: number
  /** Between two questions of the monitor while nothing changes. */
  readonly monitorSeconds: number
}

export interface Check extends CheckPatience {
  readonly name: string
  readonly kind: string
  readonly severity: Severity
  run(context: CheckContext): Promise<CheckAnswer>
}

export interface CheckReport {
  readonly name: string
  readonly kind: string
  readonly severity: Severity
  /** `undecided`: neither count was reached when the asking ended. */
  readonly state: 'healthy' | 'unhealthy' | 'undecided'
  readonly attempts: number
  readonly healthyInARow: number
  readonly failedInARow: number
  /** The last answer's, or why there is none. */
  readonly detail: string
  readonly numbers: CheckAnswer['numbers']
  readonly durationMs: number
}

/** Those that a phase asks, in their order. */
export function checksFor(phase: Phase, checks: readonly Check[]): readonly Check[] {
  return checks.filter(({ when }) => when.includes(phase))
}

type Finding = Omit<CheckAnswer, 'durationMs'>

/** What a check found, timed. */
export async function timed(find: () => Promise<Finding>): Promise<CheckAnswer> {
  const startedAt = performance.now()
  const finding = await find()
  return { ...finding, durationMs: Math.round(performance.now() - startedAt) }
}

export function healthy(detail: string, numbers: Finding['numbers'] = {}): Finding {
  return { ok: true, detail, numbers }
}

export function unhealthy(detail: string, numbers: Finding['numbers'] = {}): Finding {
  return { ok: false, detail, numbers }
}

/** Reads a certificate authority's file each time: operators replace it without telling us. */
export async function authorityIn(file: string | undefined): Promise<Buffer | undefined> {
  return file === undefined ? undefined : readFile(file)
}

/** Why a question got no answer, in words. Node reports a refusal on several addresses as one error without any. */
export function reasonOf(error: unknown, signal: AbortSignal): string {
  if (signal.aborted) return 'did not answer in time'
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error
  return first instanceof Error ? first.message : String(first)
}
