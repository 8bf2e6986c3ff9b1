/**
 * What the agent on a rack calls: check, attempts. The check is the hot path of the registry: parsed by hand,
 * answered from memory, no framework around it but the one route.
 */
import { Hono } from 'hono'
import { z } from 'zod'
import { servedProtocols } from '../../shared/contract/protocol.ts'
import { attemptReportBody, startAttemptBody } from '../../shared/contract/rack.ts'
import type { Trace } from '../../shared/domain/decide.ts'
import { Problem } from '../../shared/domain/problem.ts'
import type { Credential } from '../access/credentials.ts'
import { answerOf } from '../fleet/fleet.ts'
import type { KnownRack } from '../fleet/fleet-index.ts'
import type { Env } from '../middleware/environment.ts'
import type { Registry } from '../registry.ts'
import { attemptBodyOf } from './rack-bodies.ts'

const jsonHeaders = { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' }

/** The whole of a check, apart from the transport: who, which report, what answer. Raises Problems. */
export function answerCheck(
  { credentials, fleet }: Registry,
  asked: { authorization: string | undefined; rack: string; report: string; isTraced: boolean },
): string {
  const rack = rackItself(credentials.authenticate(asked.authorization), asked.rack)
  fleet.checkIn(rack, asked.report)
  const trace: Trace | undefined = asked.isTraced ? [] : undefined
  return answerOf(fleet.decideFor(rack, trace))
}

export function agentRoutes(registry: Registry) {
  const { attempts, fleet } = registry
  return new Hono<Env>()
    .post('/racks/:rack/check', async (c) => {
      const answer = answerCheck(registry, {
        authorization: c.req.header('Authorization'),
        rack: c.req.param('rack'),
        report: await c.req.text(),
        isTraced: c.req.query('trace') === 'true',
      })
      return c.body(answer, 200, jsonHeaders)
    })
    .post('/racks/:rack/attempts', async (c) => {
      const rack = rackItself(
        registry.credentials.authenticate(c.req.header('Authorization')),
        c.req.param('rack'),
      )
      const asked = parse(startAttemptBody, await c.req.text())
      fleet.checkIn(rack, JSON.stringify(asked.report))
      return c.json(await attempts.grant(rack, asked), 200)
    })
    .put('/racks/:rack/attempts/:id', async (c) => {
      const rack = rackItself(
        registry.credentials.authenticate(c.req.header('Authorization')),
        c.req.param('rack'),
      )
      const id = z.uuid().safeParse(c.req.param('id'))
      if (!id.success) throw new Problem('invalid_input', 'The id of an attempt is a UUID.')
      const report = parse(attemptReportBody, await c.req.text())
      return c.json(attemptBodyOf(await attempts.report(rack, id.data, report)), 200)
    })
}

function rackItself({ rack, actor, role }: Credential, name: string): KnownRack {
  if (rack?.row.name === name) return rack
  throw new Problem(
    'not_allowed',
    rack
      ? `${actor} may act for itself only, not for ${name}.`
      : `${actor} is a ${role}; only the rack ${name} itself may do that.`,
    {
      hint: "Use the token in the rack's own directory: headgate check --dir DIR",
    },
  )
}

function parse<S extends z.ZodType>(schema: S, text: string): z.output<S> {
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch {
    throw new Problem('invalid_input', 'The body is not JSON.')
  }
  const parsed = schema.safeParse(body)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new Problem('invalid_input', `${issue?.path.join('.') || 'the body'}: ${issue?.message}.`, {
    numbers: { served: servedProtocols },
  })
}
