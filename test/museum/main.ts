/** Plays the museum and prints its table; exits with 1 when an exhibit does not fail on its peer's model or not hold here. */
import { exhibits } from './exhibits.ts'
import { type Played, play, tableOf } from './museum.ts'

const played: Played[] = []
for (const exhibit of exhibits) played.push(await play(exhibit))
const rows = tableOf(played)
const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
for (const row of rows)
  console.log(
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
for (const { exhibit, complaints } of played)
  for (const complaint of complaints) console.log(`\n${exhibit.id}: ${complaint}`)
const holding = played.filter(({ complaints }) => complaints.length === 0).length
console.log(`\nexhibits ${played.length}, failing on their peer and holding here ${holding}`)
process.exitCode = holding === played.length ? 0 : 1
