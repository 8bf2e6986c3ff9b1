/**
 * The `tls` check: a server's certificate as a program sees it, not a browser. The chain must be valid, the name must
 * match, the protocol be new enough, and days must be left. There is no way to make an exception; an authority of
 * one's own is named by `caFile`.
 */

import { isIP } from 'node:net'
import { connect, type DetailedPeerCertificate, type TLSSocket } from 'node:tls'
import { day } from '../../../shared/domain/instants.ts'
import {
  authorityIn,
  type Check,
  type CheckPatience,
  healthy,
  reasonOf,
  type Severity,
  timed,
  unhealthy,
} from './check.ts'
import { addressOf, connected } from './tcp.ts'

/** Older ones are broken, and Node does not speak them. */
export type TlsProtocol = 'TLSv1.2' | 'TLSv1.3'

export interface TlsCheckConfig extends CheckPatience {
  readonly kind: 'tls'
  readonly name: string
  readonly severity: Severity
  readonly host: string
  readonly port: number
  /** The name that is asked for and that the certificate must be for, when it is not the host. */
  readonly servername?: string
  readonly minProtocol: TlsProtocol
  /** Of the certificate in the chain that ends first. */
  readonly minDaysLeft: number
  /** 64 hex digits, lower case: this certificate and no other, besides everything else. */
  readonly fingerprintSha256?: string
  /** A PEM file with the authorities to trust instead of the public ones. */
  readonly caFile?: string
}

interface Certificate {
  /** What it is for, in words: a leaf's name, an authority's. */
  readonly whose: string
  readonly notAfter: number
}

/** What was found when the handshake was over. */
interface Handshake {
  readonly config: TlsCheckConfig
  /** OpenSSL's or Node's code, when the chain or the name does not hold. */
  readonly fault: string | undefined
  readonly leaf: DetailedPeerCertificate
  /** Leaf first, the authority last. */
  readonly chain: readonly Certificate[]
  readonly protocol: string
  readonly now: number
}

async function handshake(config: TlsCheckConfig, now: number, signal: AbortSignal): Promise<Handshake> {
  const { host, port, caFile } = config
  const ca = await authorityIn(caFile)
  const name = config.servername ?? (isIP(host) ? undefined : host)
  const socket = connect({
    host,
    port,
    ...(name !== undefined && { servername: name }),
    ...(ca !== undefined && { ca }),
    minVersion: 'TLSv1.2',
    // Nothing is sent over it. It is judged below, by the same verification, so that a person reads what is wrong
    // with which certificate.
    rejectUnauthorized: false,
  })
  try {
    await connected(socket, 'secureConnect', signal)
    const leaf = socket.getPeerCertificate(true)
    const protocol = socket.getProtocol() ?? 'no TLS'
    return { config, fault: faultOf(socket), leaf, chain: chainOf(leaf), protocol, now }
  } finally {
    socket.destroy()
  }
}

function faultOf({ authorized, authorizationError: error }: TLSSocket): string | undefined {
  if (authorized) return undefined
  // Typed as an error, and a code at run time.
  return error instanceof Error ? error.message : String(error ?? 'it is not trusted')
}

function chainOf(leaf: DetailedPeerCertificate): Certificate[] {
  const chain: Certificate[] = []
  const seen = new Set<string>()
  let next: DetailedPeerCertificate | undefined = leaf
  while (next?.fingerprint256 !== undefined && !seen.has(next.fingerprint256)) {
    seen.add(next.fingerprint256)
    const whose =
      chain.length === 0 ? `the certificate for ${namesOf(next)}` : `its authority ${subjectOf(next)}`
    chain.push({ whose, notAfter: Date.parse(next.valid_to) })
    next = next.issuerCertificate
  }
  return chain
}

/** The names that a certificate is good for, shortened: some are for hundreds. */
function namesOf({ subjectaltname, subject }: DetailedPeerCertificate): string {
  const names = (subjectaltname ?? '').split(', ').map((name) => name.replace(/^[A-Za-z ]+:/, ''))
  const shown = names.filter((name) => name !== '')
  if (shown.length === 0) return firstOf(subject?.CN) ?? 'no name'
  return `${shown.slice(0, 3).join(', ')}${shown.length > 3 ? ` and ${shown.length - 3} more` : ''}`
}

function subjectOf({ subject }: DetailedPeerCertificate): string {
  return `"${firstOf(subject?.CN) ?? firstOf(subject?.O) ?? 'without a name'}"`
}

function issuerOf({ issuer }: DetailedPeerCertificate): string {
  return `"${firstOf(issuer?.CN) ?? firstOf(issuer?.O) ?? 'without a name'}"`
}

function firstOf(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : value?.[0]
}

function dateOf(instant: number): string {
  return new Date(instant).toISOString().slice(0, 10)
}

const faults: Readonly<Record<string, (found: Handshake) => string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: ({ leaf }) =>
    `the certificate for ${namesOf(leaf)} is self-signed: no authority stands behind it`,
  SELF_SIGNED_CERT_IN_CHAIN: ({ chain, config }) =>
    `the chain ends at ${chain.at(-1)?.whose ?? 'an authority'}, which is not trusted ${trustedBy(config)}`,
  UNABLE_TO_GET_ISSUER_CERT: incomplete,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: incomplete,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: incomplete,
  CERT_HAS_EXPIRED: ({ chain, now }) => {
    const first = endsFirst(chain)
    return `${first.whose} ended on ${dateOf(first.notAfter)}, ${-daysLeft(first, now)} days ago`
  },
  CERT_NOT_YET_VALID: ({ leaf }) => `a certificate of the chain is not valid yet: from ${leaf.valid_from}`,
  ERR_TLS_CERT_ALTNAME_INVALID: ({ leaf, config }) =>
    `the certificate is for ${namesOf(leaf)}, not for ${config.servername ?? config.host}`,
}

/** What browsers mend by fetching or remembering certificates, programs do not. */
function incomplete({ leaf, chain, config }: Handshake): string {
  const last = chain.length > 1 ? chain.at(-1)?.whose : undefined
  const after = last === undefined ? `issued by ${issuerOf(leaf)}` : `and ends at ${last}`
  return `the chain of ${namesOf(leaf)} is incomplete ${after}: what comes next was not sent and is not trusted ${trustedBy(config)} (a browser may have it, programs have not)`
}

function trustedBy({ caFile }: TlsCheckConfig): string {
  return caFile === undefined ? 'here' : `by ${caFile}`
}

function endsFirst(chain: readonly Certificate[]): Certificate {
  const [leaf, ...rest] = chain
  if (leaf === undefined) throw new Error('the server sent no certificate')
  return rest.reduce((first, one) => (one.notAfter < first.notAfter ? one : first), leaf)
}

function daysLeft({ notAfter }: Certificate, now: number): number {
  return Math.floor((notAfter - now) / day)
}

/** What is wrong, or null. In the order in which a person would mend it. */
function complaint(found: Handshake): string | null {
  const { config, fault, leaf, protocol } = found
  if (fault !== undefined)
    return faults[fault]?.(found) ?? `the chain of ${namesOf(leaf)} does not hold: ${fault}`
  if (config.minProtocol === 'TLSv1.3' && protocol !== 'TLSv1.3') {
    return `speaks ${protocol}, expected ${config.minProtocol} or newer`
  }
  const fingerprint = fingerprintOf(leaf)
  if (config.fingerprintSha256 !== undefined && fingerprint !== config.fingerprintSha256) {
    return `the certificate for ${namesOf(leaf)} is another one: its fingerprint is ${fingerprint}, expected ${config.fingerprintSha256}`
  }
  const first = endsFirst(inForce(found))
  const left = daysLeft(first, found.now)
  if (left >= config.minDaysLeft) return null
  return `${first.whose} ends on ${dateOf(first.notAfter)}, in ${left} days; at least ${config.minDaysLeft} are expected`
}

/** Servers send certificates for older clients along that are past their end; a chain that holds stands on others. */
function inForce({ chain, now }: Handshake): readonly Certificate[] {
  return chain.filter(({ notAfter }, index) => index === 0 || notAfter > now)
}

function fingerprintOf(leaf: DetailedPeerCertificate): string {
  return leaf.fingerprint256.replaceAll(':', '').toLowerCase()
}

function numbersOf(found: Handshake): Record<string, string | number> {
  const { chain, fault, leaf, protocol, now } = found
  const first = endsFirst(fault === undefined ? inForce(found) : chain)
  return {
    daysLeft: daysLeft(first, now),
    notAfter: new Date(first.notAfter).toISOString(),
    names: namesOf(leaf),
    issuer: firstOf(leaf.issuer?.CN) ?? '',
    protocol,
    fingerprintSha256: fingerprintOf(leaf),
  }
}

/** Handshakes that fail before a certificate was seen, in the words of whoever has to mend them. */
function handshakeFailed(error: unknown, signal: AbortSignal): string {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'ERR_SSL_WRONG_VERSION_NUMBER' || code === 'ERR_SSL_PACKET_LENGTH_TOO_LONG') {
    return 'does not speak TLS'
  }
  if (code === 'ERR_SSL_UNSUPPORTED_PROTOCOL' || code === 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION') {
    return 'speaks no TLS of version 1.2 or newer'
  }
  return reasonOf(error, signal)
}

export function createTlsCheck(config: TlsCheckConfig, { now }: { readonly now: () => number }): Check {
  const address = addressOf(config)
  return {
    ...config,
    run: ({ signal }) =>
      timed(async () => {
        try {
          const found = await handshake(config, now(), signal)
          const numbers = numbersOf(found)
          const wrong = complaint(found)
          if (wrong !== null) return unhealthy(`${address}: ${wrong}`, numbers)
          const { daysLeft: left, names } = numbers
          return healthy(
            `${address} has a certificate for ${names}, ${left} days left (${found.protocol})`,
            numbers,
          )
        } catch (error) {
          return unhealthy(`${address}: ${handshakeFailed(error, signal)}`)
        }
      }),
  }
}
