/**
 * An exhibit: a real failure of an update system, told twice. Against a model of the rule that the other system documents,
 * where it has to happen, and against Headgate, where it must not; what Headgate answers is witnessed word by word.
 */
import assert from 'node:assert/strict'
import type { Decision } from '../../shared/domain/decide.ts'
import type { VerdictOutcome } from '../../shared/domain/gates/verdict.ts'
import { Problem, type ProblemCode } from '../../shared/domain/problem.ts'

export interface Exhibit {
  /** `09-the-year-2019`: the name of its file. */
  readonly id: string
  readonly title: string
  readonly when: string
  /** Where it can be read: a repository's issue, a commit, a report. */
  readonly sources: readonly string[]
  /** In our own words, three sentences at most. */
  readonly happened: string
  /** One line: why it could. */
  readonly mechanism: string
  /** What the source leaves open. */
  readonly uncertain?: string
  readonly peer: PeerModel
  /** What Headgate answers, and why. */
  readonly answer: string
  /** The files that hold the rule. */
  readonly heldBy: readonly string[]
  /** What of the incident Headgate has no part for yet. */
  readonly missing?: string
  /** The test that plays it with real processes. */
  readonly processes?: { readonly file: string; readonly test: string }
  holds(witness: Witness): void | Promise<void>
}

/** The other system's documented rule, in a few lines of ours. It is a model, and named as one. */
export interface PeerModel {
  readonly name: string
  /** The rule in a line. */
  readonly rule: string
  /** Plays the incident; says in a sentence what came of it, and throws when it did not happen. */
  incident(): string
}

/** Keeps every word that Headgate answered with; an exhibit that witnesses nothing holds nothing. */
export interface Witness {
  /** `action: reason`, with the target behind it if there is one: `update 11: offered`. */
  told(decision: Decision, expected: string): void
  refused(act: () => unknown, code: ProblemCode): Problem
  /** `gate: outcome`. */
  judged(
    verdict: { readonly gate?: string; readonly outcome: VerdictOutcome } | undefined,
    expected: string,
  ): void
  /** A word of another part: a rollout's state, a standing, a driver's answer, an alarm. */
  answered(word: string, expected: string): void
  /** What has to be so besides. */
  is(what: string, isSo: boolean): void
}

export interface Witnessed extends Witness {
  readonly words: readonly string[]
}

export function aWitness(): Witnessed {
  const words: string[] = []
  const keep = (word: string): void => {
    if (!words.includes(word)) words.push(word)
  }
  return {
    words,
    told({ action, reason, target }, expected) {
      assert.equal(`${action}${target ? ` ${target.version}` : ''}: ${reason}`, expected)
      keep(reason)
    },
    refused(act, code) {
      try {
        act()
      } catch (error) {
        if (!(error instanceof Problem)) throw error
        assert.equal(error.code, code, error.message)
        keep(code)
        return error
      }
      throw new assert.AssertionError({ message: `It was to be refused with ${code}, and was done.` })
    },
    judged(verdict, expected) {
      const said = verdict ? `${verdict.gate ?? 'wave'}: ${verdict.outcome}` : 'nothing'
      assert.equal(said, expected)
      keep(said)
    },
    answered(word, expected) {
      assert.equal(word, expected)
      keep(word)
    },
    is(what, isSo) {
      assert.ok(isSo, what)
    },
  }
}

/** For a peer model: the incident is what the story says, or the model is none of it. */
export function happened(isSo: boolean, sentence: string): string {
  assert.ok(isSo, `The model was to fail as its peer did: ${sentence}`)
  return sentence
}
