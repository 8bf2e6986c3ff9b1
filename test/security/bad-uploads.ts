/** Artifacts: what is announced and not sent, sent and not announced, asked for and not there. */
import { sha256Of } from '../support/test-registry.ts'
import { at, type BadInput } from './bad-input.ts'
import { artifactSha256 } from './world.ts'

const invalid = '400 invalid_input'
const bytes = 'other bytes'
const up = `PUT /v1/artifacts/${sha256Of(bytes)}`
const down = `GET /v1/artifacts/${artifactSha256}`
const nowhere = 'ef'.repeat(32)

export const badUploads: readonly BadInput[] = [
  at(
    `PUT /v1/artifacts/${nowhere}`,
    { body: bytes },
    '422 digest_mismatch',
    new RegExp(`Expected sha256 ${nowhere}.*got sha256 ${sha256Of(bytes)}`),
    'bytes of another digest',
  ),
  at(up, { body: `${bytes}!` }, '422 digest_mismatch', /got sha256/, 'one byte more'),
  at(
    up,
    { body: 'x'.repeat(70_000) },
    '413 body_too_large',
    /65536 bytes here.*70000/,
    'too many bytes, announced',
  ),
  at(
    up,
    {
      body: 'x'.repeat(70_000),
      headers: { 'content-length': undefined, 'transfer-encoding': 'chunked' },
    },
    '413 body_too_large',
    /65536 bytes here/,
    'too many bytes, in pieces',
  ),
  at(up, {}, '422 digest_mismatch', /and 0 bytes, got sha256 e3b0c442/, 'nothing'),
  at('PUT /v1/artifacts/abc', { body: bytes }, invalid, /Not a SHA-256.*"abc"/, 'a short digest'),
  at(
    `PUT /v1/artifacts/${sha256Of(bytes).toUpperCase()}`,
    { body: bytes },
    invalid,
    /lower case/,
    'a digest in capitals',
  ),
  at('PUT /v1/artifacts/..%2f..%2fetc%2fpasswd', { body: bytes }, invalid, /Not a SHA-256/, 'a path'),
  at(`PUT /v1/artifacts/${'a'.repeat(63)}%00`, { body: bytes }, invalid, /Not a SHA-256/, 'a NUL'),
  at(
    `PUT /v1/artifacts/${'a'.repeat(5000)}`,
    { body: bytes },
    invalid,
    /5000 characters/,
    'a digest without end',
  ),
  at(
    up,
    ({ tokens }) => ({ body: bytes, token: tokens.prod1 }),
    '403 not_allowed',
    /rack.*"publish"/,
    'as a rack',
  ),
  at(up, { body: bytes, token: null }, '401 not_signed_in', /needs a token/, 'as nobody'),
  at(`GET /v1/artifacts/${nowhere}`, {}, '404 artifact_not_found', new RegExp(nowhere), 'what is not here'),
  at('GET /v1/artifacts/..%2F..%2Fadmin.token', {}, invalid, /Not a SHA-256/, 'a path'),
  at(
    down,
    { headers: { range: 'bytes=22-' } },
    '416 not_acceptable_range',
    /has 22 bytes.*begin at 22/,
    'from behind the end',
  ),
  at(
    down,
    { headers: { range: `bytes=${'9'.repeat(400)}-` } },
    '416 not_acceptable_range',
    /has 22 bytes/,
    'from infinity',
  ),
  at(
    down,
    { headers: { range: 'bytes=-0' } },
    '416 not_acceptable_range',
    /has 22 bytes/,
    'the last no bytes',
  ),
  at(
    down,
    ({ tokens }) => ({ token: tokens.elsewhere }),
    '404 artifact_not_found',
    /No release of other names/,
    "another app's artifact",
  ),
  at(down, ({ tokens }) => ({ token: tokens.join }), '403 not_allowed', /join/, 'with a join token'),
]
