/** Lists that the registry answers page by page: as many as were asked for, and where the rest begins. */
import { Problem } from '../shared/domain/problem.ts'

/** The largest page that a registry answers. */
const largestPage = 1000

export interface Page<Item> {
  readonly items: readonly Item[]
  /** Null when there is no more. */
  readonly next: string | null
}

export interface PageQuery {
  readonly limit: string
  readonly after?: string
}

/** The first `limit` items after `after`, by as few calls as it takes. */
export async function takePages<Item>(
  limit: number,
  after: string | undefined,
  ask: (query: PageQuery) => Promise<Page<Item>>,
): Promise<{ items: Item[]; next: string | null }> {
  const items: Item[] = []
  let next = after ?? null
  do {
    const size = String(Math.min(limit - items.length, largestPage))
    const page = await ask({ limit: size, ...(next !== null && { after: next }) })
    items.push(...page.items)
    next = page.next
  } while (next !== null && items.length < limit)
  return { items, next }
}

/** `--limit 50`, or `all`. Raises `invalid_input`. */
export function parseLimit(text: string): number {
  if (text === 'all') return Number.POSITIVE_INFINITY
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw new Problem(
    'invalid_input',
    `--limit "${text}" is not a number of lines: expected 1 or more, or all.`,
  )
}
