/** The routes that are written by hand for speed or for streams, declared for the OpenAPI document all the same. */
import { type OpenAPIHono, type RouteConfig, z } from '@hono/zod-openapi'
import { pointerBody } from '../../shared/contract/app.ts'
import {
  attemptBody,
  attemptReportBody,
  decisionBody,
  grantBody,
  rackReport,
  startAttemptBody,
} from '../../shared/contract/rack.ts'
import { channelParam, sha256 } from '../../shared/contract/shapes.ts'
import type { Env } from '../middleware/environment.ts'
import { eventsQuery } from './events.ts'
import { answers, body } from './route.ts'

const rack = z.object({ rack: z.string().min(1).max(64) })
const attempt = rack.extend({ id: z.uuid() })
const artifact = z.object({ sha256 })
const bytes = { content: { 'application/octet-stream': { schema: z.string().meta({ format: 'binary' }) } } }
const stored = z.object({ sha256, size: z.number().int(), created: z.boolean() })
const anonymous = { security: [] }
const readiness = z.object({
  status: z.enum(['ready', 'store_unavailable']),
  answersChecks: z.boolean(),
  ledgerSequence: z.number().int(),
})

const declarations: readonly RouteConfig[] = [
  {
    method: 'get',
    path: '/v1/apps/{app}/channels/{channel}',
    tags: ['channels'],
    summary: 'The pointer: what anybody outside of an open wave runs; cacheable',
    request: { params: channelParam },
    responses: {
      ...answers(pointerBody, 'The pointer, with an ETag'),
      304: { description: 'As the ETag said' },
    },
    ...anonymous,
  },
  {
    method: 'post',
    path: '/v1/racks/{rack}/check',
    tags: ['agent'],
    summary: 'Report in, decision out',
    request: {
      params: rack,
      query: z.object({ trace: z.enum(['true']).optional() }),
      body: body(rackReport),
    },
    responses: answers(decisionBody, 'The decision'),
  },
  {
    method: 'post',
    path: '/v1/racks/{rack}/attempts',
    tags: ['agent'],
    summary: 'Ask for the grant of an attempt; asking twice with one id grants once',
    request: { params: rack, body: body(startAttemptBody) },
    responses: answers(grantBody, 'The grant'),
  },
  {
    method: 'put',
    path: '/v1/racks/{rack}/attempts/{id}',
    tags: ['agent'],
    summary: 'Report progress and outcome, now or late',
    request: { params: attempt, body: body(attemptReportBody) },
    responses: answers(attemptBody, 'The attempt as it is known'),
  },
  {
    method: 'put',
    path: '/v1/artifacts/{sha256}',
    tags: ['artifacts'],
    summary: 'Upload an artifact; the digest is compared while it comes in',
    request: { params: artifact, body: bytes },
    responses: answers(stored, 'It is stored'),
  },
  {
    method: 'get',
    path: '/v1/artifacts/{sha256}',
    tags: ['artifacts'],
    summary: 'Download an artifact, whole or from where it broke off (Range, If-Range)',
    request: { params: artifact },
    responses: {
      200: { description: 'The bytes', ...bytes },
      206: { description: 'The part that was asked for', ...bytes },
    },
  },
  {
    method: 'get',
    path: '/v1/audit/export',
    tags: ['audit'],
    summary: 'The whole ledger, one JSON object a line, to be verified without this registry',
    responses: {
      200: {
        description: 'The lines, oldest first: docs/audit.md',
        content: { 'application/x-ndjson': { schema: z.string() } },
      },
    },
  },
  {
    method: 'get',
    path: '/v1/events',
    tags: ['audit'],
    summary: 'The ledger as it grows: server-sent events, from Last-Event-ID on',
    request: { query: eventsQuery, headers: z.object({ 'Last-Event-ID': z.string().optional() }) },
    responses: {
      200: {
        description: 'Each event is an entry of the audit log; its id is the sequence',
        content: { 'text/event-stream': { schema: z.string() } },
      },
    },
  },
  {
    method: 'get',
    path: '/healthz',
    tags: ['system'],
    summary: 'Is it alive?',
    responses: answers(z.object({ status: z.literal('ok'), version: z.string() }), 'Yes'),
    ...anonymous,
  },
  {
    method: 'get',
    path: '/readyz',
    tags: ['system'],
    summary: 'Can it serve, writes included?',
    responses: {
      ...answers(readiness, 'Yes'),
      503: { description: 'Checks only', content: { 'application/json': { schema: readiness } } },
    },
    ...anonymous,
  },
  {
    method: 'get',
    path: '/metrics',
    tags: ['system'],
    summary: 'What Prometheus is told',
    responses: { 200: { description: 'Text', content: { 'text/plain': { schema: z.string() } } } },
  },
]

export function declareByHand(app: OpenAPIHono<Env>): void {
  for (const declaration of declarations) app.openAPIRegistry.registerPath(declaration)
}
