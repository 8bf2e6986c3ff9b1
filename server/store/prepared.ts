/** Queries are prepared once per connection: unprepared, drizzle builds the SQL each time, which costs five times as much. */
import { getTableColumns, type Placeholder, sql, type Table } from 'drizzle-orm'
import type { Read } from './connection.ts'
import { asStoreProblem } from './store-problem.ts'

interface PreparedQuery<Rows> {
  execute(values?: Record<string, unknown>): Promise<Rows>
}

/**
 * A query as a function of where it runs and of the values for its placeholders. Prepared at its first use and kept with
 * the connection; what the database throws comes out as a problem, for readers as for writers.
 */
export function prepared<Source extends Read, Rows>(
  build: (source: Source) => PreparedQuery<Rows>,
): (source: Source, values?: Readonly<Record<string, unknown>>) => Promise<Rows> {
  const byConnection = new WeakMap<object, PreparedQuery<Rows>>()
  return async (source, values = {}) => {
    try {
      const connection = source.db
      let query = byConnection.get(connection)
      if (query === undefined) {
        query = build(source)
        byConnection.set(connection, query)
      }
      return await query.execute(values)
    } catch (error) {
      throw asStoreProblem(error)
    }
  }
}

/** A placeholder for every column, named like the row's property: an insert then takes the row itself. */
export function everyColumn<T extends Table>(table: T): { [Column in keyof T['_']['columns']]: Placeholder } {
  const names = Object.keys(getTableColumns(table))
  return Object.fromEntries(names.map((name) => [name, sql.placeholder(name)])) as {
    [Column in keyof T['_']['columns']]: Placeholder
  }
}
