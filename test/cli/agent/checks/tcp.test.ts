/** The tcp check, against real sockets. */
import { createServer, type Socket } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createTcpCheck, type TcpCheckConfig } from '../../../../cli/agent/checks/tcp.ts'

async function listening(answer: (socket: Socket) => void): Promise<number> {
  const server = createServer((socket) => answer(socket.on('error', () => undefined)))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const address = server.address()
  return typeof address === 'object' ? (address?.port ?? 0) : 0
}

async function asked(port: number, change: Partial<TcpCheckConfig> = {}, ms = 5_000) {
  const check = createTcpCheck({
    kind: 'tcp',
    name: 'redis',
    severity: 'fail',
    when: ['settle'],
    timeoutSeconds: 5,
    intervalSeconds: 1,
    healthyCount: 1,
    unhealthyCount: 1,
    monitorSeconds: 60,
    host: '127.0.0.1',
    port,
    ...change,
  })
  return check.run({ expectedVersion: null, signal: AbortSignal.timeout(ms) })
}

const redis = (socket: Socket) => {
  socket.on('data', (data) => {
    // In two parts, as networks do.
    if (String(data) === 'PING\r\n') {
      socket.write('+PO')
      setTimeout(() => socket.write('NG\r\n'), 20)
    }
  })
}

describe('the tcp check', () => {
  test('is healthy when somebody accepts, and when they say what is expected', async () => {
    const port = await listening(redis)
    expect(await asked(port)).toMatchObject({ ok: true, detail: `127.0.0.1:${port} accepts connections` })
    expect(await asked(port, { send: 'PING\r\n', expect: '+PONG' })).toMatchObject({
      ok: true,
      numbers: { bytes: 7 },
    })
  })

  test('hears a greeting without sending anything', async () => {
    const port = await listening((socket) => socket.write('SSH-2.0-OpenSSH\r\n'))
    expect(await asked(port, { expect: 'SSH-2.0' })).toMatchObject({ ok: true })
  })

  test.each<[string, (socket: Socket) => void, string]>([
    [
      'says something else',
      (socket) => socket.end('-ERR no\r\n'),
      'answered "-ERR no\\r\\n", expected "+PONG"',
    ],
    ['says nothing and goes', (socket) => socket.end(), 'answered nothing, expected "+PONG"'],
    ['cuts', (socket) => socket.resetAndDestroy(), ''],
    ['never says it', (socket) => socket.write('+PO'), 'did not answer in time'],
    ['talks without end', (socket) => socket.write('x'.repeat(200_000)), 'expected "+PONG" in it'],
  ])('is unhealthy when it %s', async (_, answer, words) => {
    const port = await listening(answer)
    const given = await asked(port, { expect: '+PONG' }, 500)
    expect(given.ok).toBe(false)
    expect(given.detail).toContain(words)
    expect(given.detail.length).toBeLessThan(300)
  })

  test('is unhealthy when nobody listens', async () => {
    expect((await asked(1)).detail).toBe('127.0.0.1:1: connect ECONNREFUSED 127.0.0.1:1')
  })
})
