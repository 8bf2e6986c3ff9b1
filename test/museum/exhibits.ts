/** Every exhibit, in the order of the museum. */
import { tenMinorVersionsDown } from './01-ten-minor-versions-down.ts'
import { theFlappingChannel } from './02-the-flapping-channel.ts'
import { pointerBeforeParcel } from './03-pointer-before-parcel.ts'
import { fourAtOnceTwoAllowed } from './04-four-at-once-two-allowed.ts'
import { successOnTheOldImage } from './05-success-on-the-old-image.ts'
import { forEverInProgress } from './06-for-ever-in-progress.ts'
import { eighteenFailuresOfFive } from './07-eighteen-failures-of-five.ts'
import { theUpdateThatCameBack } from './08-the-update-that-came-back.ts'
import { theYear2019 } from './09-the-year-2019.ts'
import { diceAtEveryPoll } from './10-dice-at-every-poll.ts'
import { theFallbackThatSkippedTheChecks } from './11-the-fallback-that-skipped-the-checks.ts'
import { theForgottenSteppingStone } from './12-the-forgotten-stepping-stone.ts'
import { rollbackFailedShownAsRunning } from './13-rollback-failed-shown-as-running.ts'
import { demotedAgainAndAgain } from './14-demoted-again-and-again.ts'
import { theUpdaterCannotUpdateItself } from './15-the-updater-cannot-update-itself.ts'
import { contentIsNotCode } from './16-content-is-not-code.ts'
import { theRollbackWasTheSecondOutage } from './17-the-rollback-was-the-second-outage.ts'
import { theDayTheChainEnded } from './18-the-day-the-chain-ended.ts'
import { theEmergencyLeverWasRusty } from './19-the-emergency-lever-was-rusty.ts'
import { theWrongBuild } from './20-the-wrong-build.ts'
import { oneOfEight } from './21-one-of-eight.ts'
import { everybodyAtOnce } from './22-everybody-at-once.ts'
import { nobodyUpdatedIt } from './23-nobody-updated-it.ts'
import { oneInTenThousand } from './24-one-in-ten-thousand.ts'
import { repairsThatLoseData } from './25-repairs-that-lose-data.ts'
import { noWayDown } from './26-no-way-down.ts'
import { idsOfTheWrongKind } from './27-ids-of-the-wrong-kind.ts'
import { theOldLineTakesLatest } from './28-the-old-line-takes-latest.ts'
import { aTenthOfAPercent } from './29-a-tenth-of-a-percent.ts'
import { pinnedUntilTheNextRefresh } from './30-pinned-until-the-next-refresh.ts'
import { theUpdateThatWasOlder } from './31-the-update-that-was-older.ts'
import { fiveAgents } from './32-five-agents.ts'
import { pausedByHand } from './33-paused-by-hand.ts'
import { keptBack } from './34-kept-back.ts'
import type { Exhibit } from './exhibit.ts'

export const exhibits: readonly Exhibit[] = [
  tenMinorVersionsDown,
  theFlappingChannel,
  pointerBeforeParcel,
  fourAtOnceTwoAllowed,
  successOnTheOldImage,
  forEverInProgress,
  eighteenFailuresOfFive,
  theUpdateThatCameBack,
  theYear2019,
  diceAtEveryPoll,
  theFallbackThatSkippedTheChecks,
  theForgottenSteppingStone,
  rollbackFailedShownAsRunning,
  demotedAgainAndAgain,
  theUpdaterCannotUpdateItself,
  contentIsNotCode,
  theRollbackWasTheSecondOutage,
  theDayTheChainEnded,
  theEmergencyLeverWasRusty,
  theWrongBuild,
  oneOfEight,
  everybodyAtOnce,
  nobodyUpdatedIt,
  oneInTenThousand,
  repairsThatLoseData,
  noWayDown,
  idsOfTheWrongKind,
  theOldLineTakesLatest,
  aTenthOfAPercent,
  pinnedUntilTheNextRefresh,
  theUpdateThatWasOlder,
  fiveAgents,
  pausedByHand,
  keptBack,
]
