/** Tables as kubectl prints them: an upper-case header, three spaces, no lines, nothing to strip for a script. */

const gap = '   '

/** Header and rows as lines without trailing space; empty cells are shown as `-`. */
export function formatTable(columns: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const cells = [columns.map((name) => name.toUpperCase()), ...rows.map((row) => row.map(orDash))]
  const widths = columns.map((_, index) => Math.max(...cells.map((row) => widthOf(row[index] ?? ''))))
  return cells.map((row) =>
    row
      .map((cell, index) => padded(cell, widths[index] ?? 0))
      .join(gap)
      .trimEnd(),
  )
}

/** `name   value` lines, the values in one column. */
export function formatFields(fields: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(0, ...fields.map(([name]) => widthOf(name)))
  return fields.map(([name, value]) => `${padded(name, width)}${gap}${value}`.trimEnd())
}

function orDash(cell: string): string {
  return cell === '' ? '-' : cell
}

function padded(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - widthOf(text)))
}

// Code points, not UTF-16 units: names are ASCII, and notes stand in the last column.
function widthOf(text: string): number {
  return [...text].length
}
