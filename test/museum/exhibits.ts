/** Every exhibit, in the order of the museum. */

import { tenMinorVersionsDown } from './01-ten-minor-versions-down.ts'
import { theYear2019 } from './09-the-year-2019.ts'
import type { Exhibit } from './exhibit.ts'

export const exhibits: readonly Exhibit[] = [tenMinorVersionsDown, theYear2019]
