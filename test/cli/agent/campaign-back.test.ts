/** The crash campaign, back: the same on the ways back, and with an operator's own commands. */
import { diesDuring } from '../../support/campaign-stories.ts'

diesDuring([
  ['directory', 'the way back from what was withdrawn'],
  ['directory', "a person's rollback"],
  ['command', 'an update that does not hold'],
  ['command', "a person's rollback"],
])
