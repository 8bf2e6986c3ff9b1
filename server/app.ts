/** The HTTP surface: middleware, then one file of routes per resource. Never listens; `Api` is what clients are typed by. */
import { OpenAPIHono } from '@hono/zod-openapi'
import type { Logger } from 'pino'
import { authenticate } from './middleware/authenticate.ts'
import type { Env } from './middleware/environment.ts'
import { limitBody } from './middleware/limit-body.ts'
import { nothingHere } from './middleware/nothing-here.ts'
import { problemResponse } from './middleware/problem-response.ts'
import { protocol } from './middleware/protocol.ts'
import { requestLog } from './middleware/request-log.ts'
import { strictJson } from './middleware/strict-json.ts'
import type { Registry } from './registry.ts'
import { advisoryRoutes } from './routes/advisories.ts'
import { agentRoutes } from './routes/agent.ts'
import { alarmRoutes } from './routes/alarms.ts'
import { appRoutes } from './routes/apps.ts'
import { artifactRoutes } from './routes/artifacts.ts'
import { auditRoutes } from './routes/audit.ts'
import { auditExportRoutes } from './routes/audit-export.ts'
import { breakGlassRoutes } from './routes/break-glass.ts'
import { channelRoutes } from './routes/channels.ts'
import { eventRoutes } from './routes/events.ts'
import { fleetRoutes } from './routes/fleet.ts'
import { forecastRoutes } from './routes/forecast.ts'
import { freezeRoutes } from './routes/freezes.ts'
import { importRoutes } from './routes/imports.ts'
import { moveRoutes } from './routes/moves.ts'
import { openApiDocument } from './routes/openapi.ts'
import { pointerRoutes } from './routes/pointer.ts'
import { policyRoutes } from './routes/policies.ts'
import { proposalRoutes } from './routes/proposals.ts'
import { rackOrderRoutes } from './routes/rack-orders.ts'
import { rackRoutes } from './routes/racks.ts'
import { releaseRecordRoutes } from './routes/release-records.ts'
import { releaseRoutes } from './routes/releases.ts'
import { reviewRoutes } from './routes/reviews.ts'
import { rolloutRoutes } from './routes/rollouts.ts'
import { simulateRoutes } from './routes/simulate.ts'
import { syntheticRoutes } from './routes/synthetic.ts'
import { systemRoutes } from './routes/system.ts'
import { tokenRoutes } from './routes/tokens.ts'

export interface AppDeps {
  readonly registry: Registry
  readonly log: Logger
  readonly version: string
  readonly requestId: () => string
  /** Milliseconds that never go back, to time an answer with. */
  readonly monotonic: () => number
  readonly limits: { readonly artifactBytes: number; readonly bodyBytes: number }
}

/** Twice what the longest report of an attempt can be: its plan is the rack's own and is stored as it comes. */
const agentBodyBytes = 1024 * 1024

export function createApp({ registry, log, version, requestId, monotonic, limits }: AppDeps) {
  const { metrics } = registry
  const app = new OpenAPIHono<Env>()
  app.onError(problemResponse(log))
  app.notFound(nothingHere(app))
  app.use(requestLog({ log, requestId, monotonic, observe: metrics.observe }))
  app.use('/v1/*', protocol())
  app.use('/v1/artifacts/*', authenticate(registry.credentials))
  app.use('/v1/racks/*', limitBody(Math.min(agentBodyBytes, limits.bodyBytes)))
  const resources = limitBody(limits.bodyBytes)
  app.use('/v1/*', (c, next) => (isArtifact(c.req.path) ? next() : resources(c, next)))
  app.use('/v1/racks/:rack/attempts/*', strictJson())

  // The routes that know by themselves who asks, or need not know; then those behind a token.
  const chained = app
    .route('/', systemRoutes(registry, version))
    .route('/v1', artifactRoutes(registry, limits))
    .route('/v1', agentRoutes(registry))
    .route('/v1', pointerRoutes(registry))
    .use('/v1/*', authenticate(registry.credentials), strictJson())
    .route('/v1', appRoutes(registry))
    .route('/v1', channelRoutes(registry))
    .route('/v1', moveRoutes(registry))
    .route('/v1', releaseRoutes(registry))
    .route('/v1', releaseRecordRoutes(registry))
    .route('/v1', proposalRoutes(registry))
    .route('/v1', policyRoutes(registry))
    .route('/v1', reviewRoutes(registry))
    .route('/v1', rolloutRoutes(registry))
    .route('/v1', breakGlassRoutes(registry))
    .route('/v1', advisoryRoutes(registry))
    .route('/v1', importRoutes(registry))
    .route('/v1', freezeRoutes(registry))
    .route('/v1', rackRoutes(registry))
    .route('/v1', rackOrderRoutes(registry))
    .route('/v1', fleetRoutes(registry))
    .route('/v1', alarmRoutes(registry))
    .route('/v1', forecastRoutes(registry))
    .route('/v1', simulateRoutes(registry))
    .route('/v1', syntheticRoutes(registry))
    .route('/v1', tokenRoutes(registry))
    .route('/v1', auditRoutes(registry))
    .route('/v1', auditExportRoutes(registry))
    .route('/v1', eventRoutes(registry))

  const document = JSON.stringify(openApiDocument(app, version))
  app.get('/openapi.json', (c) => c.body(document, 200, { 'Content-Type': 'application/json' }))
  return chained
}

function isArtifact(path: string): boolean {
  return path.startsWith('/v1/artifacts/')
}

export type Api = ReturnType<typeof createApp>
