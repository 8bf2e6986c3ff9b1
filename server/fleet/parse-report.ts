/** A report as it came off the wire, judged by the protocol that it says it speaks: the newest one, or the one before. */
import { fieldBeyond, protocol1, servedProtocols } from '../../shared/contract/protocol.ts'
import { type RackReport, rackReport } from '../../shared/contract/rack.ts'
import { Problem } from '../../shared/domain/problem.ts'

/** Raises `unsupported_protocol` or `invalid_input`. */
export function parseReport(text: string): RackReport {
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch {
    throw new Problem('invalid_input', 'The report is not JSON.')
  }
  // Before the fields: those of a protocol that is not served here cannot be judged.
  const spoken: unknown =
    typeof body === 'object' && body !== null ? Reflect.get(body, 'protocol') : undefined
  if (typeof spoken === 'number') requireServed(spoken)
  const parsed = rackReport.safeParse(body)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    throw notUnderstood(`${issue?.path.join('.') || 'the body'}: ${issue?.message}`)
  }
  const beyond = spoken === 1 ? fieldBeyond(body, protocol1.report) : undefined
  if (beyond !== undefined) throw notUnderstood(`${beyond}: protocol 1 does not have it`)
  return parsed.data
}

/** For a report's number, and for the header of a request that has no report. */
export function requireServed(protocol: number): void {
  if (servedProtocols.includes(protocol)) return
  throw new Problem(
    'unsupported_protocol',
    `The agent speaks protocol ${protocol}; this registry speaks ${servedProtocols.join(' and ')}.`,
    {
      hint:
        protocol > Math.max(...servedProtocols)
          ? 'Update the registry first: an agent follows it, not the other way round'
          : 'Update the program on the rack by hand: docs/agent.md',
      numbers: { got: protocol, served: servedProtocols },
    },
  )
}

function notUnderstood(why: string): Problem {
  return new Problem('invalid_input', `The report is not understood: ${why}.`, {
    // An agent that meets this without them knows that the registry is older than protocol 2.
    numbers: { served: servedProtocols },
  })
}
