/**
 * Bodies that two readers could read differently are read by none (RFC 8259, 4 and 8): bytes that are no UTF-8, a name
 * that stands twice in an object, half characters, NUL. And nothing nested so deep that writing it down again would
 * end the stack.
 */
import { createMiddleware } from 'hono/factory'
import { Problem } from '../../shared/domain/problem.ts'
import type { Env } from './environment.ts'

/** Deeper than anything that is sent here, and far from the thousands at which JSON.stringify gives up. */
const deepest = 64
const mediaType = /^application\/(?:[\w.-]+\+)?json$/i
/** Of a text that is JSON, everything that matters here; numbers and words stand between. */
const tokens = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\]]/g
const halfOrNul = /\p{Surrogate}|\0/u

/** Answers 415 for a body that is no JSON by its content type, and 400 for one that is ambiguous. The routes read it again. */
export function strictJson() {
  return createMiddleware<Env>(async (c, next) => {
    const contentType = c.req.header('Content-Type')
    if (c.req.raw.body === null) return next()
    const bytes = await c.req.arrayBuffer()
    if (bytes.byteLength > 0) {
      requireJson(contentType)
      requireUnambiguous(textOf(bytes))
    }
    return next()
  })
}

function requireJson(contentType: string | undefined): void {
  const [essence = '', ...parameters] = (contentType ?? '').split(';').map((part) => part.trim())
  const charset = parameters.find((parameter) => /^charset=/i.test(parameter))?.slice(8)
  const isUtf8 = charset === undefined || /^"?utf-?8"?$/i.test(charset)
  if (mediaType.test(essence) && isUtf8) return
  const got = contentType === undefined ? 'has no Content-Type' : `is ${contentType.slice(0, 100)}`
  throw new Problem('unsupported_media_type', `The body ${got}; application/json in UTF-8 is read here.`, {
    hint: 'Add the header: Content-Type: application/json',
  })
}

function textOf(bytes: ArrayBuffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new Problem('invalid_input', 'The body is not UTF-8.')
  }
}

/** Raises `invalid_input` that names what is wrong. */
export function requireUnambiguous(text: string): void {
  try {
    JSON.parse(text)
  } catch (error) {
    throw new Problem(
      'invalid_input',
      `The body is not JSON: ${error instanceof Error ? error.message : error}.`,
    )
  }
  /** The names seen in each object that is open; undefined for an array. */
  const open: (Set<string> | undefined)[] = []
  for (const { 0: token, index } of text.matchAll(tokens)) {
    if (token === '{' || token === '[') {
      if (open.push(token === '{' ? new Set() : undefined) > deepest)
        throw new Problem('invalid_input', `The body is nested more than ${deepest} levels deep.`)
    } else if (token === '}' || token === ']') open.pop()
    else requireText(token, isName(text, index + token.length) ? open.at(-1) : undefined)
  }
}

function isName(text: string, end: number): boolean {
  let at = end
  while (' \t\r\n'.includes(text[at] ?? ':')) at += 1
  return text[at] === ':'
}

function requireText(token: string, names: Set<string> | undefined): void {
  if (names === undefined && !token.includes('\\')) return
  const value: string = JSON.parse(token)
  if (halfOrNul.test(value))
    throw new Problem('invalid_input', `The body holds half a character or NUL in ${brief(token)}.`)
  if (names === undefined) return
  if (names.has(value))
    throw new Problem('invalid_input', `The body names ${brief(token)} twice in one object.`)
  // Own in the text, inherited everywhere else.
  if (value === '__proto__') throw new Problem('invalid_input', 'The body uses the name "__proto__".')
  names.add(value)
}

function brief(token: string): string {
  return token.length > 60 ? `${token.slice(0, 60)}…` : token
}
