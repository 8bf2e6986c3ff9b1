/** The crash campaign, elsewhere: the first install, the ways back, and an operator's own commands. */
import { diesDuring } from '../../support/campaign-stories.ts'

diesDuring([
  ['directory', 'a first install'],
  ['directory', 'the way back from what was withdrawn'],
  ['directory', "a person's rollback"],
  ['command', 'an update that does not hold'],
  ['command', "a person's rollback"],
])
