/** The tls check, against real servers with every certificate that an operator ever forgot. */
import { X509Certificate } from 'node:crypto'
import { createServer as createTcpServer } from 'node:net'
import { createServer, type TlsOptions } from 'node:tls'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createTlsCheck, type TlsCheckConfig } from '../../../../cli/agent/checks/tls.ts'
import { anAuthority, aSelfSigned, chainOf } from '../../../support/certificates.ts'

async function listening(server: ReturnType<typeof createTcpServer>): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const address = server.address()
  return typeof address === 'object' ? (address?.port ?? 0) : 0
}

function serving(options: TlsOptions): Promise<number> {
  const server = createServer(options, (socket) => void socket.on('error', () => undefined).resume())
  server.on('tlsClientError', () => undefined)
  return listening(server)
}

async function unnamed(port: number, change: Partial<TlsCheckConfig> = {}, ms = 5_000) {
  const check = createTlsCheck(
    {
      kind: 'tls',
      name: 'certificate',
      severity: 'fail',
      when: ['settle', 'monitor'],
      timeoutSeconds: 5,
      intervalSeconds: 1,
      healthyCount: 1,
      unhealthyCount: 1,
      monitorSeconds: 60,
      host: '127.0.0.1',
      port,
      minProtocol: 'TLSv1.2',
      minDaysLeft: 14,
      ...change,
    },
    { now: Date.now },
  )
  const { ok, detail, numbers } = await check.run({ expectedVersion: null, signal: AbortSignal.timeout(ms) })
  return { ok, detail, numbers }
}

function asked(port: number, change: Partial<TlsCheckConfig> = {}, ms = 5_000) {
  return unnamed(port, { servername: 'app.example.com', ...change }, ms)
}

describe('a certificate that programs accept', () => {
  test('is healthy, and says for whom, by whom, how long and how', async () => {
    const authority = anAuthority()
    const leaf = authority.issues('app.example.com', { endsInDays: 90.5 })
    const port = await serving({ key: leaf.key, cert: leaf.cert })
    const answer = await asked(port, { caFile: authority.certFile })
    expect(answer).toMatchObject({
      ok: true,
      detail: `127.0.0.1:${port} has a certificate for app.example.com, 90 days left (TLSv1.3)`,
      numbers: {
        daysLeft: 90,
        names: 'app.example.com',
        issuer: 'Test Authority',
        protocol: 'TLSv1.3',
        fingerprintSha256: new X509Certificate(leaf.cert).fingerprint256.replaceAll(':', '').toLowerCase(),
      },
    })
    expect(Date.parse(String(answer.numbers.notAfter))).toBeCloseTo(Date.now() + 90.5 * 86_400_000, -5)
  })

  test('may stand on an authority in between that the server sends', async () => {
    const root = anAuthority('Root')
    const between = root.authorizes('Between')
    const leaf = between.issues('app.example.com')
    const port = await serving({ key: leaf.key, cert: chainOf(leaf, between) })
    expect(await asked(port, { caFile: root.certFile })).toMatchObject({ ok: true })
  })

  test('may be for an address', async () => {
    const authority = anAuthority()
    const leaf = authority.issues('app', { names: ['IP:127.0.0.1'] })
    const port = await serving({ key: leaf.key, cert: leaf.cert })
    expect(await unnamed(port, { caFile: authority.certFile })).toMatchObject({ ok: true })
    const other = await asked(port, { caFile: authority.certFile })
    expect(other.detail).toContain('the certificate is for 127.0.0.1, not for app.example.com')
  })

  test('holds although an older authority that was sent along has ended', async () => {
    const authority = anAuthority()
    const old = anAuthority('Old Authority', { endsInDays: -5 })
    const leaf = authority.issues('app.example.com')
    const port = await serving({ key: leaf.key, cert: chainOf(leaf, old) })
    expect(await asked(port, { caFile: authority.certFile })).toMatchObject({ ok: true })
  })

  test('is the one that is wanted, by its fingerprint', async () => {
    const authority = anAuthority()
    const leaf = authority.issues('app.example.com')
    const port = await serving({ key: leaf.key, cert: leaf.cert })
    const fingerprintSha256 = new X509Certificate(leaf.cert).fingerprint256.replaceAll(':', '').toLowerCase()
    const caFile = authority.certFile
    expect(await asked(port, { caFile, fingerprintSha256 })).toMatchObject({ ok: true })
    const other = await asked(port, { caFile, fingerprintSha256: 'ab'.repeat(32) })
    expect(other.ok).toBe(false)
    expect(other.detail).toContain(`is another one: its fingerprint is ${fingerprintSha256}, expected abab`)
    // The right fingerprint is no way around the chain.
    expect(await asked(port, { fingerprintSha256 })).toMatchObject({ ok: false })
  })
})

describe('a certificate that is refused', () => {
  test('because it has ended: when, and which', async () => {
    const authority = anAuthority()
    const leaf = authority.issues('app.example.com', { endsInDays: -3.5 })
    const port = await serving({ key: leaf.key, cert: leaf.cert })
    const answer = await asked(port, { caFile: authority.certFile })
    expect(answer).toMatchObject({ ok: false, numbers: { daysLeft: -4 } })
    expect(answer.detail).toMatch(
      /the certificate for app\.example\.com ended on \d{4}-\d\d-\d\d, 4 days ago$/,
    )
  })

  test('because an authority of its chain has ended', async () => {
    const root = anAuthority('Root')
    const between = root.authorizes('Between', { endsInDays: -1.5 })
    const leaf = between.issues('app.example.com')
    const port = await serving({ key: leaf.key, cert: chainOf(leaf, between) })
    const answer = await asked(port, { caFile: root.certFile })
    expect(answer.ok).toBe(false)
    expect(answer.detail).toContain('its authority "Between" ended on')
  })

  test('because it ends soon, itself or an authority of its chain', async () => {
    const root = anAuthority('Root')
    const between = root.authorizes('Between', { endsInDays: 10.5 })
    const leaf = between.issues('app.example.com', { endsInDays: 12.5 })
    const port = await serving({ key: leaf.key, cert: chainOf(leaf, between) })
    const answer = await asked(port, { caFile: root.certFile })
    expect(answer).toMatchObject({ ok: false, numbers: { daysLeft: 10 } })
    expect(answer.detail).toMatch(
      /its authority "Between" ends on \S+, in 10 days; at least 14 are expected$/,
    )
    expect(await asked(port, { caFile: root.certFile, minDaysLeft: 10 })).toMatchObject({ ok: true })
  })

  test('because it is not valid yet', async () => {
    const authority = anAuthority()
    const leaf = authority.issues('app.example.com', { beginsInDays: 2 })
    const port = await serving({ key: leaf.key, cert: leaf.cert })
    const answer = await asked(port, { caFile: authority.certFile })
    expect(answer.ok).toBe(false)
    expect(answer.detail).toContain('is not valid yet')
  })

  test('because it is for another name, and says for which', async () => {
    const authority = anAuthority()
    const leaf = authority.issues('old.example.com', {
      names: ['old.example.com', 'b.example.com', 'c.example.com', 'd.example.com'],
    })
    const port = await serving({ key: leaf.key, cert: leaf.cert })
    const answer = await asked(port, { caFile: authority.certFile })
    expect(answer.ok).toBe(false)
    expect(answer.detail).toContain(
      'the certificate is for old.example.com, b.example.com, c.example.com and 1 more, not for app.example.com',
    )
  })

  test('because nobody but itself stands behind it', async () => {
    const own = aSelfSigned('app.example.com')
    const port = await serving({ key: own.key, cert: own.cert })
    const answer = await asked(port)
    expect(answer.ok).toBe(false)
    expect(answer.detail).toContain('the certificate for app.example.com is self-signed: no authority')
  })

  test('because its authority is another one than the trusted', async () => {
    const trusted = anAuthority('Trusted')
    const other = anAuthority('Other Authority')
    const leaf = other.issues('app.example.com')
    const port = await serving({ key: leaf.key, cert: chainOf(leaf, other) })
    for (const change of [{ caFile: trusted.certFile }, {}]) {
      const answer = await asked(port, change)
      expect(answer.ok).toBe(false)
      expect(answer.detail).toContain(
        'the chain ends at its authority "Other Authority", which is not trusted',
      )
    }
  })

  test('because the server forgot to send what browsers remember', async () => {
    const root = anAuthority('Root')
    const between = root.authorizes('Between')
    const leaf = between.issues('app.example.com')
    const port = await serving({ key: leaf.key, cert: leaf.cert })
    const answer = await asked(port, { caFile: root.certFile })
    expect(answer.ok).toBe(false)
    expect(answer.detail).toContain('the chain of app.example.com is incomplete issued by "Between"')
    expect(answer.detail).toContain('a browser may have it, programs have not')
  })

  test('because the protocol is too old', async () => {
    const authority = anAuthority()
    const leaf = authority.issues('app.example.com')
    const caFile = authority.certFile
    const middle = await serving({ key: leaf.key, cert: leaf.cert, maxVersion: 'TLSv1.2' })
    expect(await asked(middle, { caFile })).toMatchObject({ ok: true, numbers: { protocol: 'TLSv1.2' } })
    const wanted = await asked(middle, { caFile, minProtocol: 'TLSv1.3' })
    expect(wanted.ok).toBe(false)
    expect(wanted.detail).toContain('speaks TLSv1.2, expected TLSv1.3 or newer')
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' } as const
    const ancient = await serving({ key: leaf.key, cert: leaf.cert, ...old })
    const refused = await asked(ancient, { caFile })
    expect(refused.ok).toBe(false)
    expect(refused.detail).toContain('speaks no TLS of version 1.2 or newer')
  })
})

describe('no handshake at all', () => {
  test('where something else listens, nobody, or somebody who says nothing', async () => {
    const web = createTcpServer((socket) =>
      socket.on('error', () => undefined).end('HTTP/1.1 400 Bad\r\n\r\n'),
    )
    expect((await asked(await listening(web))).detail).toContain('does not speak TLS')
    expect((await asked(1)).detail).toContain('ECONNREFUSED')
    const silent = createTcpServer((socket) => void socket.on('error', () => undefined).resume())
    const started = performance.now()
    expect((await asked(await listening(silent), {}, 200)).detail).toContain('did not answer in time')
    expect(performance.now() - started).toBeLessThan(2_000)
  })

  test('and an authority that cannot be read is a failure, not an exception', async () => {
    const leaf = anAuthority().issues('app.example.com')
    const port = await serving({ key: leaf.key, cert: leaf.cert })
    const answer = await asked(port, { caFile: '/nowhere/ca.pem' })
    expect(answer.ok).toBe(false)
    expect(answer.detail).toContain('/nowhere/ca.pem')
  })
})
