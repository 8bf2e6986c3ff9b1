/**
 * What a proof stands on besides version and parameters: the machine and the driver. Those that tell one kind of
 * machine from another count; a kernel's number is kept to be shown, since every patch day changes it and would
 * take the way back away. No host name: a container gets a new one with every start. (docs/decisions/0016)
 */
import { arch, platform as osPlatform, release } from 'node:os'

export interface HostFacts {
  readonly os: string
  readonly arch: string
  /** Which artifacts fit, as configured. */
  readonly platform: string
  readonly driver: string
  /** Shown, and not compared. */
  readonly osRelease: string
}

export function hostFacts(platform: string, driver: string): HostFacts {
  return { os: osPlatform(), arch: arch(), platform, driver, osRelease: release() }
}

/** A proof from before there were host facts holds. */
export function isSameHost(proved: HostFacts | undefined, now: HostFacts): boolean {
  if (proved === undefined) return true
  return (
    proved.os === now.os &&
    proved.arch === now.arch &&
    proved.platform === now.platform &&
    proved.driver === now.driver
  )
}
