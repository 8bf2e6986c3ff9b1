/** The crash campaign, forth: a rack dies at every mutating call on the way to a version, and ends where it is allowed to. */
import { diesDuring } from '../../support/campaign-stories.ts'

diesDuring([
  ['directory', 'a first install'],
  ['directory', 'an update'],
  ['directory', 'an update that does not hold'],
  ['directory', 'a first install that does not hold'],
])
