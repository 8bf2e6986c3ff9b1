/** What is known of the artifacts that the registry hosts; their bytes are in `server/blobs`. */
import { eq, gt, sql } from 'drizzle-orm'
import type { Read, Tx } from './connection.ts'
import { everyColumn, prepared } from './prepared.ts'

export interface ArtifactRow {
  /** 64 hex digits, lower case. */
  readonly sha256: string
  /** Bytes. */
  readonly size: number
  readonly mediaType: string
  readonly createdAt: number
  readonly createdBy: string
}

const insert = prepared(({ db, tables: { artifacts } }: Tx) =>
  db
    .insert(artifacts)
    .values(everyColumn(artifacts))
    .onConflictDoNothing({ target: artifacts.sha256 })
    .returning({ sha256: artifacts.sha256 })
    .prepare('artifacts_insert'),
)

const selectOne = prepared(({ db, tables: { artifacts } }: Read) =>
  db
    .select()
    .from(artifacts)
    .where(eq(artifacts.sha256, sql.placeholder('sha256')))
    .prepare('artifacts_find'),
)

const selectAfter = prepared(({ db, tables: { artifacts } }: Read) =>
  db
    .select()
    .from(artifacts)
    .where(gt(artifacts.sha256, sql.placeholder('after')))
    .orderBy(artifacts.sha256)
    .limit(sql.placeholder('limit'))
    .prepare('artifacts_after'),
)

/** Says whether it is new; who uploaded it first stays. */
export async function insertArtifact(tx: Tx, row: ArtifactRow): Promise<boolean> {
  const inserted = await insert(tx, { ...row })
  return inserted.length > 0
}

export async function findArtifact(read: Read, sha256: string): Promise<ArtifactRow | undefined> {
  const [row] = await selectOne(read, { sha256 })
  return row
}

/** Ordered by digest; `after` is the last digest of the page before. */
export async function listArtifacts(
  read: Read,
  { limit, after = '' }: { readonly limit: number; readonly after?: string },
): Promise<ArtifactRow[]> {
  return selectAfter(read, { limit, after })
}
