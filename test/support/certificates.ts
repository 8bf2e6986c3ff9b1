/**
 * Certificates made at test time by the openssl command (node:crypto cannot sign X.509): an authority, what it signs,
 * and every way in which a certificate is wrong. Elliptic keys, so that a dozen of them take less than a second.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { scratchDirectory } from './scratch-directory.ts'

export interface Certificate {
  /** PEM. */
  readonly key: string
  /** PEM: this certificate alone. */
  readonly cert: string
  /** For a check's `caFile`. */
  readonly certFile: string
}

export interface Authority extends Certificate {
  readonly issues: (name: string, wish?: Wish) => Certificate
  /** An authority of its own, signed by this one. */
  readonly authorizes: (name: string, wish?: Wish) => Authority
}

export interface Wish {
  /** Days from now; in the past: it has expired. */
  readonly endsInDays?: number
  /** Days from now; default two years ago. */
  readonly beginsInDays?: number
  /** Names it is good for; default: its own. Addresses such as "IP:127.0.0.1" say so. */
  readonly names?: readonly string[]
}

const day = 86_400_000
let made = 0

function openssl(folder: string, ...words: readonly string[]): void {
  execFileSync('openssl', words, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] })
}

/** As openssl's ca command reads it: YYYYMMDDHHMMSSZ. */
function instantIn(days: number): string {
  return `${new Date(Date.now() + days * day).toISOString().replaceAll(/[-:T]/g, '').slice(0, 14)}Z`
}

interface Making {
  readonly folder: string
  readonly name: string
  readonly wish: Wish
  readonly isAuthority: boolean
  /** Undefined: signed by itself. */
  readonly by: (Certificate & { readonly file: string }) | undefined
}

interface Made extends Certificate {
  readonly file: string
}

function make({ folder, name, wish, isAuthority, by }: Making): Made {
  const file = `${++made}`
  const names = (wish.names ?? [name]).map((one) => (one.includes(':') ? one : `DNS:${one}`))
  const extensions = isAuthority
    ? ['basicConstraints=critical,CA:true', 'keyUsage=critical,keyCertSign,cRLSign']
    : [
        'basicConstraints=critical,CA:false',
        'keyUsage=critical,digitalSignature',
        'extendedKeyUsage=serverAuth',
        `subjectAltName=${names.join(',')}`,
      ]
  const identifiers = by === undefined ? [] : ['authorityKeyIdentifier=keyid']
  const place = join(folder, file)
  writeFileSync(
    `${place}.cnf`,
    [
      '[req]',
      'prompt=no',
      'distinguished_name=subject',
      '[subject]',
      `CN=${name}`,
      '[ca]',
      'default_ca=here',
      '[here]',
      `database=${place}.index`,
      `new_certs_dir=${folder}`,
      'default_md=sha256',
      'policy=any',
      'unique_subject=no',
      'rand_serial=yes',
      'x509_extensions=extensions',
      '[any]',
      'commonName=supplied',
      '[extensions]',
      'subjectKeyIdentifier=hash',
      ...identifiers,
      ...extensions,
    ].join('\n'),
  )
  writeFileSync(`${place}.index`, '')
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  openssl(
    folder,
    'req',
    '-new',
    ...key,
    '-keyout',
    `${file}.key`,
    '-out',
    `${file}.csr`,
    '-config',
    `${file}.cnf`,
  )
  const signer =
    by === undefined
      ? ['-selfsign', '-keyfile', `${file}.key`]
      : ['-cert', `${by.file}.crt`, '-keyfile', `${by.file}.key`]
  const from = instantIn(wish.beginsInDays ?? -730)
  const until = instantIn(wish.endsInDays ?? 365)
  const dates = ['-startdate', from, '-enddate', until]
  const paths = ['-in', `${file}.csr`, '-out', `${file}.crt`, '-config', `${file}.cnf`]
  openssl(folder, 'ca', '-batch', '-notext', ...signer, ...dates, ...paths)
  return {
    file,
    key: readFileSync(`${place}.key`, 'utf8'),
    cert: readFileSync(`${place}.crt`, 'utf8'),
    certFile: `${place}.crt`,
  }
}

function authorityOf(folder: string, own: Made): Authority {
  return {
    ...own,
    issues: (name, wish = {}) => make({ folder, name, wish, isAuthority: false, by: own }),
    authorizes: (name, wish = {}) =>
      authorityOf(folder, make({ folder, name, wish, isAuthority: true, by: own })),
  }
}

/** To be called inside a test, like what follows: the files go when it is over. */
export function anAuthority(name = 'Test Authority', wish: Wish = {}): Authority {
  const folder = scratchDirectory()
  return authorityOf(folder, make({ folder, name, wish, isAuthority: true, by: undefined }))
}

/** Of a server that nobody stands behind. */
export function aSelfSigned(name: string, wish: Wish = {}): Certificate {
  return make({ folder: scratchDirectory(), name, wish, isAuthority: false, by: undefined })
}

/** What a server sends: its own certificate, and those above it that clients do not have. */
export function chainOf(...certificates: readonly Certificate[]): string {
  return certificates.map(({ cert }) => cert).join('')
}
