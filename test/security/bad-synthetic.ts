/** Rehearsals asked for wrongly over the wire: in an app that is none, without a run, with numbers that nobody can mean. */
import { at, type BadInput } from './bad-input.ts'

const invalid = '400 invalid_input'
const begin = 'POST /v1/apps/headgate-synthetic/synthetic/runs'
const end = `${begin}/S-1/end`
const good = { levers: ['publish'], limitSeconds: 60 }
const ended = { outcome: 'passed', steps: [], left: [] }
const step = { lever: 'publish', outcome: 'passed', milliseconds: 1, limitMilliseconds: 1 }

export const badSynthetic: readonly BadInput[] = [
  at(
    'POST /v1/apps/rack/synthetic/runs',
    { json: good },
    '409 not_synthetic',
    /rack was not created by a rehearsal/,
    'in an app of people',
  ),
  at(
    'POST /v1/apps/rack/synthetic/runs/S-1/end',
    { json: ended },
    '409 not_synthetic',
    /rack was not created by a rehearsal/,
    'ended in an app of people',
  ),
  at(
    'POST /v1/apps/constructor/synthetic/runs',
    { json: good },
    invalid,
    /constructor/,
    'a name of every object',
  ),
  at(begin, { json: { ...good, levers: [] } }, invalid, /levers/, 'no lever'),
  at(begin, { json: { ...good, levers: ['luck'] } }, invalid, /levers/, 'a lever that is none'),
  at(begin, { json: { ...good, limitSeconds: 1 } }, invalid, /limitSeconds/, 'no time'),
  at(begin, { json: { ...good, nextWithinSeconds: 1e12 } }, invalid, /nextWithin/, 'a promise for ever'),
  at(begin, { json: { ...good, app: 'x' } }, invalid, /app/, 'a field that is none'),
  at(`${begin}?dryrun=true`, { json: good }, invalid, /dryrun/, 'a dry run misspelt'),
  at(end, { json: ended }, '404 app_not_found', /headgate-synthetic/, 'ended before anything began'),
  at(end, { json: { ...ended, outcome: 'fine' } }, invalid, /outcome/, 'an outcome that is none'),
  at(
    end,
    { json: { ...ended, steps: [{ ...step, milliseconds: -1 }] } },
    invalid,
    /milliseconds/,
    'less than no time',
  ),
  at(
    end,
    { json: { ...ended, steps: [{ ...step, detail: 'x'.repeat(2000) }] } },
    invalid,
    /detail/,
    'a story for a detail',
  ),
  at('GET /v1/synthetic?app=nowhere', {}, '404 app_not_found', /nowhere/, 'of an app that is not there'),
]
