/** Every exhibit, in the order of the museum. */
import { tenMinorVersionsDown } from './01-ten-minor-versions-down.ts'
import { successOnTheOldImage } from './05-success-on-the-old-image.ts'
import { theYear2019 } from './09-the-year-2019.ts'
import { diceAtEveryPoll } from './10-dice-at-every-poll.ts'
import type { Exhibit } from './exhibit.ts'

export const exhibits: readonly Exhibit[] = [
  tenMinorVersionsDown,
  successOnTheOldImage,
  theYear2019,
  diceAtEveryPoll,
]
