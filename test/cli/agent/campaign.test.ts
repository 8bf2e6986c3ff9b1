/** The crash campaign, forth: a rack dies at every mutating call when it updates, and ends where it is allowed to. */
import { diesDuring } from '../../support/campaign-stories.ts'

diesDuring([
  ['directory', 'an update'],
  ['directory', 'an update that does not hold'],
  ['directory', 'a first install that does not hold'],
])
