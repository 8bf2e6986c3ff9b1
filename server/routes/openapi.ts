/** The contract as OpenAPI: generated from the routes; what every route has in common is added once. */
import type { OpenAPIHono } from '@hono/zod-openapi'
import type { Env } from '../middleware/environment.ts'
import { declareByHand } from './by-hand.ts'

/** The document of an app's routes. Every operation may answer with a problem, and asks for a bearer token. */
export function openApiDocument(app: OpenAPIHono<Env>, version: string): object {
  declareByHand(app)
  const document = app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'Headgate',
      version,
      description: 'Release channels, and updates that prove themselves or go back.',
      license: { name: 'Apache-2.0' },
    },
    security: [{ token: [] }],
  })
  const problem = {
    description: 'A problem (RFC 9457)',
    content: { 'application/problem+json': { schema: problemSchema } },
  }
  for (const path of Object.values(document.paths ?? {})) {
    for (const operation of [path.get, path.post, path.put, path.delete]) {
      if (operation) operation.responses = { ...operation.responses, default: problem }
    }
  }
  return {
    ...document,
    components: { ...document.components, securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
  }
}

const problemSchema = {
  type: 'object' as const,
  required: ['type', 'title', 'status', 'code', 'detail', 'requestId'],
  properties: {
    type: { type: 'string' as const },
    title: { type: 'string' as const },
    status: { type: 'integer' as const },
    code: { type: 'string' as const },
    detail: { type: 'string' as const },
    hint: { type: 'string' as const },
    requestId: { type: 'string' as const },
    numbers: { type: 'object' as const },
  },
}
