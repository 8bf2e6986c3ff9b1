/** The campaign in small: a rack of the directory driver that dies, and around which everything fails. */
import { survivesInProcess } from '../../support/campaign-sample.ts'

survivesInProcess('directory')
