/** The campaign in small: racks that are driven by an operator's own commands, one machine or a group of hosts. */
import { survivesInProcess } from '../../support/campaign-sample.ts'

survivesInProcess('command')
survivesInProcess('rolling')
