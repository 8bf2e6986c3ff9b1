/** How an independent auditor of rollouts enters what the ledger says, and what it says that it should not. */
import { expect } from 'vitest'
import type { LedgerEvent } from '../../shared/domain/events.ts'
import type { RolloutOrder } from '../../shared/domain/rollout.ts'
import { auditProof, failedIn } from './rollout-audits.ts'
import { count, headIn, numberOf, type Page, type RolloutBooks, yankOf } from './rollout-pages.ts'
import type { World } from './rollout-world.ts'

function ordered(
  books: RolloutBooks,
  order: RolloutOrder,
  actor: string,
  more: Pick<Page, 'purpose'> & Partial<Page>,
): void {
  books.pages.set(order.rollout, {
    id: order.rollout,
    order,
    orderedBy: actor,
    version: undefined,
    above: 0,
    upTo: 0,
    takesBack: undefined,
    yank: undefined,
    plan: undefined,
    state: 'planned',
    wave: -1,
    haltedAt: undefined,
    acknowledged: new Set(),
    granted: new Map(),
    ...more,
  })
}

/** Enters an event; raises where it should not have been. */
export function enter(books: RolloutBooks, world: World, event: LedgerEvent): void {
  const pageOf = (id: string): Page => {
    const page = books.pages.get(id)
    if (!page) throw new Error(`nobody ordered ${id}`)
    return page
  }
  const ends = (id: string | undefined, how: string): void => {
    const page = id === undefined ? undefined : books.pages.get(id)
    if (!page || ['completed', 'superseded', 'reverted'].includes(page.state)) return
    if (page.purpose === 'head' && page.state === 'halted' && page.version !== undefined)
      books.buried.add(page.version)
    page.state = how
  }
  const forgetTakenBack = (): void => {
    ends(books.takenBack, 'superseded')
    books.takenBack = undefined
  }
  switch (event.type) {
    case 'channel.promoted': {
      if (event.channel !== 'stable') return
      const present = books.chain.at(-1)?.rollout
      forgetTakenBack()
      const recall = books.recall === undefined ? undefined : pageOf(books.recall)
      if (recall && numberOf(event.version) > recall.upTo) {
        ends(books.recall, 'superseded')
        books.recall = undefined
      }
      ends(present, 'superseded')
      books.buried.delete(event.version)
      const { rollout } = event
      if (rollout) ordered(books, rollout, event.actor, { purpose: 'head', version: event.version })
      books.chain.push({ version: event.version, rollout: rollout?.rollout })
      return
    }
    case 'channel.reverted': {
      const left = headIn(books)
      ends(books.chain.at(-1)?.rollout, 'reverted')
      const to = numberOf(event.version)
      if (event.recall) {
        forgetTakenBack()
        const earlier = books.recall === undefined ? undefined : pageOf(books.recall)
        ends(books.recall, 'superseded')
        const above = Math.min(to, earlier?.above ?? to)
        const upTo = Math.max(numberOf(left), earlier?.upTo ?? 0)
        if (event.rollout) {
          ordered(books, event.rollout, event.actor, { purpose: 'recall', above, upTo })
          books.recall = event.rollout.rollout
        }
      }
      while (numberOf(books.chain.at(-1)?.version) >= to) books.chain.pop()
      books.chain.push({ version: event.version, rollout: undefined })
      return
    }
    case 'release.yanked': {
      const [from = '', to = from] = event.range.split('..')
      const isCritical = event.severity === 'critical'
      books.yanks.push({ id: event.yank, from: Number(from), to: Number(to), isCritical, isLifted: false })
      if (yankOf(books, headIn(books)) !== undefined) ends(books.chain.at(-1)?.rollout, 'superseded')
      if (event.rollout) ordered(books, event.rollout, event.actor, { purpose: 'remedy', yank: event.yank })
      return
    }
    case 'channel.fell_back':
      if (event.channel !== 'stable') return
      while (books.chain.length > 0 && headIn(books) !== event.version) books.chain.pop()
      return
    case 'yank.lifted': {
      const yank = books.yanks.find(({ id }) => id === event.yank)
      if (yank) yank.isLifted = true
      ends([...books.pages.values()].find((page) => page.yank === event.yank)?.id, 'superseded')
      return
    }
    case 'freeze.set':
      books.isFrozen = true
      return
    case 'freeze.lifted':
      books.isFrozen = false
      return
    case 'rollout.planned':
      pageOf(event.rollout).plan = event.plan
      return
    case 'rollout.wave_opened': {
      const page = pageOf(event.rollout)
      const isAll = event.actor !== 'registry'
      expect(['planned', 'running'], `${page.id} opens while ${page.state}`).toContain(page.state)
      if (isAll) expect([page.purpose !== 'head', event.actor !== page.orderedBy]).toEqual([true, true])
      else {
        expect(event.wave, `${page.id} opens in order`).toBe(page.wave + 1)
        expect(event.at, page.id).toBeGreaterThanOrEqual(page.plan?.waves[event.wave]?.notBefore ?? 0)
        if (event.wave > 0) auditProof(books, world, page, event.wave - 1)
      }
      page.wave = event.wave
      if (isAll) page.isAllAtOnce = true
      page.state = 'running'
      return
    }
    case 'rollout.completed': {
      const page = pageOf(event.rollout)
      expect(page.state).toBe('running')
      expect(page.wave, `${page.id} is through before its last wave`).toBe((page.plan?.waves.length ?? 0) - 1)
      auditProof(books, world, page, page.wave)
      page.state = 'completed'
      count(books, `completed ${page.purpose}`)
      return
    }
    case 'rollout.paused':
      expect(['planned', 'running']).toContain(pageOf(event.rollout).state)
      pageOf(event.rollout).state = 'paused'
      return
    case 'rollout.halted': {
      const page = pageOf(event.rollout)
      const late = page.purpose === 'head' ? [] : ['completed']
      expect(['planned', 'running', 'paused', ...late]).toContain(page.state)
      page.state = 'halted'
      page.haltedAt = event.at
      count(books, event.actor === 'registry' ? 'halts by proof' : 'halts by people')
      if (!event.takeBack) return
      ordered(books, event.takeBack, event.actor, { purpose: 'recall', takesBack: page.id })
      books.takenBack = event.takeBack.rollout
      return
    }
    case 'rollout.resumed': {
      const page = pageOf(event.rollout)
      expect(['paused', 'halted']).toContain(page.state)
      for (const { rack } of event.acknowledged) page.acknowledged.add(rack)
      if (page.state === 'halted')
        expect(failedIn(books, world, page), `${page.id} goes on past what nobody has looked at`).toEqual([])
      page.state = 'running'
      if (page.purpose === 'head') forgetTakenBack()
      return
    }
    default:
      return
  }
}
