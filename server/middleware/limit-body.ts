/** How large a body may be. What is announced as too large is not read at all; what is not announced is counted. */
import { bodyLimit } from 'hono/body-limit'
import { createMiddleware } from 'hono/factory'
import { Problem } from '../../shared/domain/problem.ts'
import type { Env } from './environment.ts'

/** Answers 413 for more than `most` bytes. */
export function limitBody(most: number) {
  function refuse(): never {
    throw new Problem('body_too_large', `The body is larger than the ${most} bytes that are taken here.`, {
      numbers: { limitBytes: most },
    })
  }
  const counted = bodyLimit({ maxSize: most, onError: refuse })

  return createMiddleware<Env>(async (c, next) => {
    const announced = c.req.header('Content-Length')
    if (announced === undefined) return counted(c, next)
    // Before anything touches the body: one that was begun cannot be drained, and the connection would be cut.
    if (Number(announced) > most) refuse()
    return next()
  })
}
