/** The table of hosts while a move runs, as a terminal shows it and as a pipe gets it. */
import { expect, it } from 'vitest'
import type { HostRow } from '../../cli/agent/drivers/host-row.ts'
import { createHostsTable } from '../../cli/hosts-table.ts'
import type { Sink } from '../../cli/output.ts'

function aScreen(width = 40, isTerminal = true) {
  let rows: string[] = ['']
  const sink: Sink = {
    // As much of a terminal as the table uses: lines, going up, and clearing below.
    write(text) {
      const [, up] = text.endsWith('\u001b[J') ? text.split(/\D+/) : []
      if (up !== undefined) rows = [...rows.slice(0, rows.length - 1 - Number(up)), '']
      else rows = [...rows.slice(0, -1), ...`${rows.at(-1)}${text}`.split('\n')]
    },
    isTerminal,
    hasColour: false,
    isUnicode: true,
    width,
  }
  return { sink, rows: () => rows.slice(0, -1) }
}

function row(host: string, state: string, version = '10', detail = ''): HostRow {
  return { host, version, attached: state === 'waiting' || state === 'moved', state, detail }
}

it('is redrawn in place, and words scroll by above it', () => {
  const { sink, rows } = aScreen()
  const table = createHostsTable(sink, () => undefined)
  table.update([row('a', 'waiting'), row('b', 'waiting')])
  table.around(() => sink.write('drain-a: ./drain a\n'))
  table.update([row('a', 'draining'), row('b', 'waiting')])
  expect(rows()).toEqual([
    'drain-a: ./drain a',
    'HOST   VERSION   SERVES   STATE      DE',
    'a      10        no       draining   -',
    'b      10        yes      waiting    -',
  ])
  table.end()
  table.update([row('c', 'moved')])
  expect(rows()).toHaveLength(6)
})

it('never wraps, keeps to one line what a host says, and lets no byte of it steer', () => {
  const { sink, rows } = aScreen(60)
  const table = createHostsTable(sink, () => undefined)
  table.update([row('a', 'out', '20', `bad\n\u001b[2J${'x'.repeat(200)}`)])
  table.update([row('a', 'out', '20', 'bad')])
  expect(rows()).toHaveLength(2)
  table.update([row('a', 'out', '20', `bad\n\u001b[2J${'x'.repeat(200)}`)])
  expect(rows()[1]).toMatch(/^a {6}20 {8}no {7}out {5}bad \?\[2Jx+$/)
  expect(rows()[1]).toHaveLength(59)
})

it('of many hosts shows those that something happens to, and counts the rest', () => {
  const { sink, rows } = aScreen(90)
  const table = createHostsTable(sink, () => undefined)
  const many = Array.from({ length: 40 }, (_, index) => row(`h${index}`, index < 10 ? 'moved' : 'waiting'))
  table.update([...many, row('h40', 'proving'), row('h41', 'out')])
  expect(rows()).toHaveLength(4)
  expect(rows()[1]).toMatch(/^h40 /)
  expect(rows().at(-1)).toBe('and 40 more: of all 42, 10 moved, 30 waiting, 1 proving, 1 out')
})

it('in a pipe is a line for each host that has come further', () => {
  const said: string[] = []
  const table = createHostsTable(aScreen(80, false).sink, (line) => said.push(line))
  table.update([row('a', 'waiting'), row('b', 'waiting')])
  table.update([row('a', 'draining'), row('b', 'waiting')])
  table.update([row('a', 'draining'), row('b', 'waiting')])
  table.update([row('a', 'moved', '20'), row('b', 'out', '20', 'no answer')])
  expect(said).toEqual(['a: draining', 'a: moved on 20', 'b: out: no answer'])
})
