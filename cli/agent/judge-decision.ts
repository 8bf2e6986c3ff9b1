/**
 * Is this a decision that this rack may act on? By hand and not by schema: it runs at every check, and loading the
 * schemas costs more than the question. Whatever does not fit changes nothing on the rack.
 */
import type { DecisionBody } from '../../shared/contract/rack.ts'
import { Problem } from '../../shared/domain/problem.ts'
import { actions, motives } from '../../shared/domain/reasons.ts'
import { schemes } from '../../shared/domain/version.ts'
import { isVersionName } from './drivers/version-name.ts'
import type { RackState } from './rack-state.ts'

/** Only the parts that a rack acts on or shows are looked at; a newer registry may add others. */
export function isDecision(body: unknown): body is DecisionBody {
  if (!isObject(body)) return false
  const { action, motive, target, scheme, askAgainSeconds, until, answeredAt, orders, trace } = body
  return (
    isOneOf(actions, action) &&
    isOneOf(motives, motive) &&
    isOneOf(schemes, scheme) &&
    areTexts(body, 'reason', 'detail', 'app', 'channel') &&
    areTextsOrNull(body, 'rack', 'current', 'destination') &&
    isCount(body.revision) &&
    isCount(body.ledgerSequence) &&
    typeof askAgainSeconds === 'number' &&
    (until === null || isInstant(until)) &&
    (answeredAt === undefined || isInstant(answeredAt)) &&
    (orders === undefined || areOrders(orders)) &&
    isListOf(body.advisories, 'id', 'severity', 'remedy', 'range', 'reason') &&
    (trace === undefined || isListOf(trace, 'rule', 'outcome', 'detail')) &&
    (target === null || isTarget(target)) &&
    (target !== null || (action !== 'update' && action !== 'rollback'))
  )
}

/** Raises `stale_answer` when the registry knows less than this rack has seen of it. */
export function refuseStale(body: DecisionBody, { seen }: RackState): void {
  const isSameChannel = body.channel === seen.channel
  const isBehind =
    body.ledgerSequence < seen.ledgerSequence || (isSameChannel && body.revision < seen.revision)
  if (!isBehind) return
  throw new Problem(
    'stale_answer',
    `The registry answered from revision ${body.revision} of ${body.channel} and event ${body.ledgerSequence}; this rack has seen revision ${seen.revision} and event ${seen.ledgerSequence}. Nothing is changed.`,
    {
      hint: `A cache or an old backup may be answering. If the registry was restored on purpose, enrol again: headgate enroll --dir DIR --app ${body.app} --channel ${seen.channel} --name ${body.rack ?? 'NAME'}`,
      numbers: { got: { revision: body.revision, ledgerSequence: body.ledgerSequence }, seen },
    },
  )
}

function isTarget(target: unknown): boolean {
  if (!isObject(target) || !isName(target.version)) return false
  const { artifact, floor, parameters } = target
  const isFloor = (floor === null || isName(floor)) && isContract(parameters)
  if (artifact === null) return isFloor
  if (!isObject(artifact)) return false
  const isDigest = typeof artifact.sha256 === 'string' && /^[0-9a-f]{64}$/.test(artifact.sha256)
  const isAddress = artifact.url === undefined || typeof artifact.url === 'string'
  return isFloor && isDigest && isAddress && isCount(artifact.size) && artifact.size !== 0
}

/** Absent from registries before 0.2, null without a contract. */
function isContract(parameters: unknown): boolean {
  if (parameters === undefined || parameters === null) return true
  if (!isObject(parameters)) return false
  const { declared, masked } = parameters
  return (declared === null || areNames(declared)) && areNames(masked)
}

function areNames(value: unknown): boolean {
  return Array.isArray(value) && value.length <= 4000 && value.every((one) => typeof one === 'string')
}

function areOrders(orders: unknown): boolean {
  if (!isObject(orders)) return false
  const { pin, hold } = orders
  return (pin === undefined || isPin(pin)) && (hold === undefined || isHold(hold))
}

function isPin(pin: unknown): boolean {
  if (!isObject(pin) || !isName(pin.version) || !areTexts(pin, 'owner', 'reason')) return false
  const { until, acceptedAdvisory } = pin
  const isAccepting = acceptedAdvisory === undefined || typeof acceptedAdvisory === 'string'
  return isAccepting && (until === undefined || isInstant(until))
}

function isHold(hold: unknown): boolean {
  return isObject(hold) && areTexts(hold, 'owner', 'reason') && isInstant(hold.until)
}

/** It becomes a directory's name and a variable of hooks: whatever else it may be, it is not acted on. */
function isName(value: unknown): boolean {
  return typeof value === 'string' && isVersionName(value)
}

function isInstant(value: unknown): boolean {
  return typeof value === 'string' && !Number.isNaN(Date.parse(value))
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0
}

function areTexts(body: Record<string, unknown>, ...keys: readonly string[]): boolean {
  return keys.every((key) => typeof body[key] === 'string')
}

function areTextsOrNull(body: Record<string, unknown>, ...keys: readonly string[]): boolean {
  return keys.every((key) => body[key] === null || typeof body[key] === 'string')
}

function isListOf(value: unknown, ...keys: readonly string[]): boolean {
  return Array.isArray(value) && value.every((one) => isObject(one) && areTexts(one, ...keys))
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isOneOf(words: readonly string[], value: unknown): boolean {
  return typeof value === 'string' && words.includes(value)
}
