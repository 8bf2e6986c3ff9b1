/**
 * Which protocol this rack speaks to its registry: the newest, and to a registry that is older the one before, without
 * the fields that it does not know. Remembered for an hour, then the newest is tried again.
 */
import { type Fields, keepFields, protocolVersion } from '../../shared/contract/protocol.ts'
import { hour } from '../../shared/domain/instants.ts'
import { Problem } from '../../shared/domain/problem.ts'
import type { RackState } from './rack-state.ts'

const known: readonly number[] = [protocolVersion, protocolVersion - 1]
const rememberedMs = hour

export interface SpokenProtocol {
  present(): number
  /** The registry took this one, and not the other. */
  learn(protocol: number): void
}

export function spokenBefore({ spoken }: Pick<RackState, 'spoken'>, now: number): number {
  return spoken && spoken.untilAt > now && known.includes(spoken.protocol) ? spoken.protocol : protocolVersion
}

export function withSpoken(state: RackState, protocol: number, now: number): RackState {
  const { spoken: _before, ...rest } = state
  return protocol === protocolVersion ? rest : { ...rest, spoken: { protocol, untilAt: now + rememberedMs } }
}

/** The body as `protocol` has it. Protocol 2 has everything. */
export function bodyIn(protocol: number, body: unknown, fieldsOf1: Fields): unknown {
  if (protocol !== 1) return body
  return withNumber(keepFields(body, fieldsOf1))
}

function withNumber(body: unknown): unknown {
  if (typeof body !== 'object' || body === null) return body
  if ('report' in body) return { ...body, report: withNumber(body.report) }
  return 'protocol' in body ? { ...body, protocol: 1 } : body
}

/** What to speak after this refusal; undefined when the protocol was not what was wrong. */
export function otherProtocol(error: unknown, tried: number): number | undefined {
  if (!(error instanceof Problem)) return undefined
  const served = servedBy(error)
  if (error.code === 'unsupported_protocol')
    return known.find((one) => one !== tried && served?.includes(one))
  // A registry of protocol 1 looks at the fields before it looks at the number, and does not say what it serves.
  const isOfBefore = error.code === 'invalid_input' && served === undefined && tried === 2
  return isOfBefore ? 1 : undefined
}

function servedBy({ numbers }: Problem): readonly unknown[] | undefined {
  const answer: unknown = numbers?.answer
  const served: unknown =
    typeof answer === 'object' && answer !== null ? Reflect.get(answer, 'served') : undefined
  return Array.isArray(served) ? served : undefined
}
