/** The agent's own verbs, rehearsals and break-glass, asked for wrongly. */
import type { BadVerb } from './bad-verbs-yard.ts'

export const badAgent: readonly BadVerb[] = [
  ['a rehearsal nowhere', 'rehearse --dir nowhere --yes', '2 not_enrolled', /nowhere/],
  [
    'a rehearsal to what is not kept',
    'rehearse --dir prod-1 --to 29990101000000 --yes',
    '3 not_offered',
    /./,
  ],
  ['a supervisor nowhere', 'agent supervise --dir nowhere', '2 not_enrolled', /nowhere/],
  ['an agent enrolled nowhere', 'agent enroll --dir nowhere', '2 not_enrolled', /nowhere/],
  ['an agent enrolled without a table', 'agent enroll --dir prod-1', '2 not_enrolled', /\[agent\]/],
  ['an agent updated without a table', 'agent update --dir prod-1', '2 not_enrolled', /\[agent\]/],
  ['a unit for nowhere', 'agent install --dir nowhere --dry-run', '2 not_enrolled', /nowhere/],
  [
    'a unit of a kind that is none',
    'agent install --dir prod-1 --variant cron --dry-run',
    '2 invalid_input',
    /cron/,
  ],
  [
    'a unit of a path for a name',
    'agent install --dir prod-1 --unit ../x --dry-run',
    '2 invalid_input',
    /unit/,
  ],
  [
    'a unit taken away under another name',
    'agent uninstall --dir prod-1 --unit ../x --dry-run',
    '2 invalid_input',
    /unit/,
  ],
  [
    'break-glass where no registry is',
    'break-glass open --data a-folder --reason x',
    '2 invalid_input',
    /not the folder of a registry/,
  ],
  ['break-glass without a reason', 'break-glass open --data a-folder', '2 invalid_input', /reason/],
  [
    'break-glass closed where no registry is',
    'break-glass close BG-0a1b2c3d --data a-folder',
    '2 invalid_input',
    /not the folder of a registry/,
  ],
  [
    'break-glass that was never opened',
    'break-glass close BG-0a1b2c3d',
    '5 break_glass_not_found',
    /never opened/,
  ],
  [
    'a lever that is none',
    'synthetic run --steps publish,luck --dry-run',
    '2 invalid_input',
    /no lever "luck"/,
  ],
  [
    'rehearsals without a pause',
    'synthetic run --every 5s --dir new',
    '2 invalid_date',
    /shorter than a run/,
  ],
  [
    'a rehearsal with a disk that is no registry',
    'synthetic run --data a-folder --dry-run',
    '2 invalid_input',
    /not the folder of a registry/,
  ],
  [
    'a rehearsal among people',
    'synthetic run --app rack --dry-run',
    '3 not_synthetic',
    /not created by a rehearsal/,
  ],
  ['rehearsals of an app that is not there', 'synthetic show --app nowhere', '5 app_not_found', /nowhere/],
  [
    'rehearsals by a timer without a place',
    'synthetic install --every 6h --unit ../x --dry-run',
    '2 invalid_input',
    /unit/,
  ],
  [
    'a timer of rehearsals taken away under another name',
    'synthetic uninstall --unit ../x --dry-run',
    '2 invalid_input',
    /unit/,
  ],
  [
    'break-glass listed with a word too many',
    'break-glass list all',
    '2 invalid_input',
    /too many|expected/i,
  ],
]
