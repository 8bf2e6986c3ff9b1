/** Break-glass asked for wrongly over the wire: it is opened on a disk, and only ever closed here. */
import { at, type BadInput } from './bad-input.ts'

const invalid = '400 invalid_input'
const close = 'POST /v1/break-glass/BG-0a1b2c3d/close'

export const badBreakGlass: readonly BadInput[] = [
  at(
    close,
    { json: {} },
    '404 break_glass_not_found',
    /BG-0a1b2c3d was never opened here/,
    'one that was never opened',
  ),
  at(
    'POST /v1/break-glass/__proto__/close',
    { json: {} },
    '404 break_glass_not_found',
    /never opened/,
    'what every object has',
  ),
  at(close, { json: { reason: '' } }, invalid, /reason/, 'an empty reason'),
  at(close, { json: { note: 'x' } }, invalid, /note/, 'a field that is none'),
  at(close, { json: [] }, invalid, /object/, 'a list'),
  at(`${close}?dryrun=true`, { json: {} }, invalid, /dryrun/, 'a dry run misspelt'),
  at(
    'GET /v1/break-glass',
    { token: `hg_break_${'x'.repeat(49)}` },
    '401 not_signed_in',
    /was not opened at this registry/,
    'with a break-glass of nobody',
  ),
  at(
    'POST /v1/break-glass',
    { json: {} },
    '405 method_not_allowed',
    /does not answer POST/,
    'opened over the wire',
  ),
]
