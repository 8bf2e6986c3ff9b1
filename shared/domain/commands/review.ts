/** Signing a review: a second person has looked at what went past the rules. */
import type { LedgerEvent } from '../events.ts'
import { Problem } from '../problem.ts'
import type { State } from '../state.ts'
import { type CommandContext, eventOf } from './command.ts'

export interface SignReview {
  readonly review: string
  readonly note: string
}

export function signReview(state: State, input: SignReview, context: CommandContext): LedgerEvent[] {
  const review = state.reviews.get(input.review)
  if (!review) {
    throw new Problem('review_not_found', `There is no review ${input.review.slice(0, 64)}.`, {
      hint: 'headgate review list',
    })
  }
  if (review.signed) {
    if (review.signed.actor === context.actor && review.signed.note === input.note) return []
    throw new Problem(
      'invalid_input',
      `${review.id} was signed by ${review.signed.actor}: ${review.signed.note}`,
    )
  }
  const glass = [...state.breakGlass.values()].find(({ id }) => review.actor === `break-glass:${id}`)
  if (glass && !glass.closed) {
    throw new Problem('invalid_input', `Break-glass ${glass.id} is to be closed before it is reviewed.`, {
      hint: `headgate break-glass close ${glass.id}`,
    })
  }
  if (review.actor === context.actor) {
    throw new Problem(
      'self_approval',
      `${context.actor} did it, so somebody else has to review ${review.id}: ${review.subject}.`,
      { hint: `headgate review sign ${review.id} --note "…"   # by somebody else` },
    )
  }
  return [eventOf('review.signed', context, { review: review.id, note: input.note })]
}
