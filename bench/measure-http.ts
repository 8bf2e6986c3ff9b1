/** The two hot answers against raw node:http with the same bytes, in one run, round about, CPU per request beside the rate. */
import { protocolVersion } from '../shared/contract/protocol.ts'
import type { RackReport } from '../shared/contract/rack.ts'
import { type Child, startNode } from './child.ts'
import { checkRequest, requestBytes, runLoad } from './load.ts'
import { type BenchRack, startRegistry } from './registry-fixture.ts'

export interface Ratio {
  readonly name: string
  readonly rate: number
  readonly rawRate: number
  readonly microseconds: number
  readonly rawMicroseconds: number
}

interface Subject {
  readonly name: string
  readonly child: Child
  readonly port: number
  readonly requests: readonly Buffer[]
  readonly rates: number[]
  readonly costs: number[]
}

const connections = 64

/** Medians over the rounds; each round measures every subject once, so that noise falls on all of them. */
export async function measureHttp(options: {
  bundle: string
  raw: string
  racks: number
  rounds: number
  milliseconds: number
  env: NodeJS.ProcessEnv
}): Promise<Ratio[]> {
  const { bundle, raw, env } = options
  const registry = await startRegistry(bundle, 4501, options.racks, env)
  const base = `http://127.0.0.1:${registry.port}`
  const checks = registry.racks.map((rack) => checkRequest(rack, report))
  const pointerPath = '/v1/apps/rack/channels/stable'
  const check = await answerTo(`${base}/v1/racks/rack-0/check`, registry.racks[0])
  const pointer = await answerTo(base + pointerPath)
  const rawCheck = await startNode([raw, 'raw', '4502', check], 'http://127.0.0.1:4502/', env)
  const rawPointer = await startNode([raw, 'raw', '4503', pointer], 'http://127.0.0.1:4503/', env)
  const subjects: Subject[] = [
    { name: 'raw check', child: rawCheck, port: 4502, requests: checks, rates: [], costs: [] },
    {
      name: 'full check',
      child: registry.child,
      port: registry.port,
      requests: checks,
      rates: [],
      costs: [],
    },
    {
      name: 'raw pointer',
      child: rawPointer,
      port: 4503,
      requests: [requestBytes('GET', pointerPath, {})],
      rates: [],
      costs: [],
    },
    {
      name: 'pointer',
      child: registry.child,
      port: registry.port,
      requests: [requestBytes('GET', pointerPath, {})],
      rates: [],
      costs: [],
    },
  ]
  try {
    for (const subject of subjects) await runLoad({ ...subject, connections, milliseconds: 1000 })
    for (let round = 0; round < options.rounds; round += 1) {
      for (const subject of subjects) await measureOnce(subject, options.milliseconds)
    }
  } finally {
    await Promise.all([rawCheck.stop(), rawPointer.stop(), registry.stop()])
  }
  return [ratioOf(subjects[0], subjects[1]), ratioOf(subjects[2], subjects[3])].flatMap(
    (ratio) => ratio ?? [],
  )
}

async function measureOnce(subject: Subject, milliseconds: number): Promise<void> {
  const before = subject.child.cpuMicroseconds()
  const { answered, perSecond, statuses } = await runLoad({ ...subject, connections, milliseconds })
  if ([...statuses.keys()].some((status) => status !== '200')) {
    throw new Error(
      `${subject.name} answered ${JSON.stringify([...statuses])}: nothing is measured that way.`,
    )
  }
  subject.rates.push(perSecond)
  subject.costs.push((subject.child.cpuMicroseconds() - before) / answered)
}

const report: RackReport = {
  protocol: protocolVersion,
  agent: '0.1.0',
  current: '20160815151110',
  platform: 'linux/amd64',
  proved: [{ version: '20160815151110', at: '2016-08-15T16:00:00.000Z', parametersHold: true }],
  failures: [],
  seen: { revision: 1, ledgerSequence: 8 },
}

async function answerTo(url: string, rack?: BenchRack): Promise<string> {
  const answer = rack
    ? await fetch(url, {
        method: 'POST',
        headers: { authorization: `Bearer ${rack.token}` },
        body: JSON.stringify(report),
      })
    : await fetch(url)
  return answer.text()
}

function ratioOf(raw: Subject | undefined, ours: Subject | undefined): Ratio | undefined {
  if (!raw || !ours) return undefined
  return {
    name: ours.name,
    rate: median(ours.rates),
    rawRate: median(raw.rates),
    microseconds: median(ours.costs),
    rawMicroseconds: median(raw.costs),
  }
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}
