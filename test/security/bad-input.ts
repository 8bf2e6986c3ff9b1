/** What a bad request is in the tables beside this file. */
import type { Asking } from '../support/test-registry.ts'
import type { World } from './world.ts'

export interface BadInput {
  readonly name: string
  readonly method: string
  readonly path: string
  readonly asking: Asking | ((world: World) => Asking)
  /** Status and code of the problem, as `400 invalid_input`. */
  readonly answers: string
  /** What its detail has to name. */
  readonly says: RegExp
}

/** `POST /v1/apps` and so on; what follows is what is wrong with it. */
export function at(
  where: string,
  asking: BadInput['asking'],
  answers: string,
  says: RegExp,
  name: string,
): BadInput {
  const [method = '', path = ''] = where.split(' ')
  return { name: `${where.slice(0, 90)}: ${name}`, method, path, asking, answers, says }
}
