/**
 * Two installations in one name: the same token works from two places. A rack that was installed anew speaks with a new
 * id and never again with the old one; a copy makes the ids go back and forth.
 */

export interface Installations {
  readonly present: string
  /** Ids that spoke before it, and when each was last replaced; the latest last. */
  readonly former: ReadonlyMap<string, number>
}

const mostFormer = 8

/** What is known after an id was heard; the same value when it is the one that spoke before. */
export function hearInstallation(known: Installations | undefined, id: string, at: number): Installations {
  if (known === undefined) return { present: id, former: new Map() }
  if (known.present === id) return known
  const others = [...known.former].filter(([one]) => one !== id && one !== known.present)
  const former = new Map([...others.slice(1 - mostFormer), [known.present, at] as const])
  return { present: id, former }
}

/**
 * When the id that speaks now was replaced by another, if that was after `lookedAt` (somebody looked into it then): it has
 * come back, so both are alive. Undefined when it is the only one, or the newest.
 */
export function cameBackFrom(
  known: Installations | undefined,
  id: string,
  lookedAt: number | undefined,
): number | undefined {
  if (known === undefined || known.present === id) return undefined
  const leftAt = known.former.get(id)
  return leftAt !== undefined && (lookedAt === undefined || leftAt > lookedAt) ? leftAt : undefined
}
