/** The convox driver in front of the stand-ins, in a hurry, and what it was told and has said. */

import { join } from 'node:path'
import { createConvoxDriver } from '../../../cli/agent/drivers/convox.ts'
import type { ConvoxDriverConfig, ConvoxStackConfig } from '../../../cli/agent/drivers/convox-config.ts'
import type { Driver, Move } from '../../../cli/agent/drivers/driver.ts'
import { Problem } from '../../../shared/domain/problem.ts'
import { aMove, aPlace, type NotedMove } from '../moves.ts'
import { scratchDirectory } from '../scratch-directory.ts'
import type { StandIn } from './a-convox-rack.ts'

export interface DriverWishes extends Partial<ConvoxDriverConfig> {
  readonly env?: Readonly<Record<string, string>>
  readonly lastSeen?: string
}

export interface DrivenRack {
  readonly dir: string
  readonly driver: Driver
  /** What it noted while it only looked. */
  readonly notes: string[]
}

export function aStack({ aws }: StandIn, change: Partial<ConvoxStackConfig> = {}): ConvoxStackConfig {
  return {
    name: 'prod',
    region: 'us-east-1',
    aws: [aws],
    templateUrl: 'https://convox.s3.amazonaws.com/release/VERSION/rack.json',
    capabilities: ['CAPABILITY_IAM'],
    passwordFile: null,
    ...change,
  }
}

/** To be called inside a test. */
export function aConvoxDriver(standIn: StandIn, wishes: DriverWishes = {}): DrivenRack {
  const { env = {}, lastSeen = null, ...change } = wishes
  const dir = scratchDirectory()
  const notes: string[] = []
  const config: ConvoxDriverConfig = {
    kind: 'convox',
    rack: 'prod',
    generation: null,
    command: [standIn.convox],
    timeoutMinutes: 0.5,
    waitMinutes: 0.2,
    patienceSeconds: 0.5,
    startSeconds: 2,
    pollSeconds: 0.05,
    readTimeoutSeconds: 20,
    stack: null,
    ...change,
  }
  const place = aPlace(dir)
  const driver = createConvoxDriver(config, {
    ...place,
    env: { ...place.env, ...standIn.env, ...env },
    note: (line) => void notes.push(line),
    lastSeen: () => lastSeen,
  })
  return { dir, driver, notes }
}

export function forward(from: string, to: string, change: Partial<Move> = {}): NotedMove {
  return aMove({ from, to, direction: 'forward', ...change })
}

export function back(from: string, to: string): NotedMove {
  return aMove({ from, to, direction: 'back' })
}

export async function problemOf(work: Promise<unknown> | undefined): Promise<Problem> {
  const error = await (work ?? Promise.resolve()).then(
    () => new Error('it went well'),
    (reason: unknown) => reason,
  )
  if (error instanceof Problem) return error
  throw error
}

export function logOf(dir: string, step: 'convox' | 'cloudformation', way: 'forward' | 'back'): string {
  return join(dir, 'logs', `a1.${way}.${step}.log`)
}
