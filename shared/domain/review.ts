/** Reviews: what went past the rules on the record has to be looked at by a second person, within a day. */
import { day } from './instants.ts'
import type { State } from './state.ts'

export interface Review {
  readonly id: string
  readonly kind: 'override' | 'break_glass'
  readonly app?: string
  readonly channel?: string
  /** What was done, in a sentence. */
  readonly subject: string
  readonly reason: string
  readonly actor: string
  readonly at: number
  readonly dueAt: number
  readonly signed?: { readonly actor: string; readonly at: number; readonly note: string }
}

/** After that it alarms. */
export const reviewTime = day

/** The id that the next one gets; the fold counts, so that it is the same wherever it is folded. */
export function nextReviewId(state: State): string {
  return `R-${state.reviews.size + 1}`
}

export function openReviews(state: State): Review[] {
  return [...state.reviews.values()].filter((review) => review.signed === undefined)
}

export function isOverdue(review: Review, now: number): boolean {
  return review.signed === undefined && now > review.dueAt
}
