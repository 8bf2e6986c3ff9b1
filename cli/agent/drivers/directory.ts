/**
 * The `directory` driver: releases lie side by side under DIR/releases, and DIR/current points at the one that
 * runs. A release directory is there only whole, the link only ever changes by one rename, and everything in between
 * is the operator's hooks, which must bear being run twice.
 */

import { statSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { Problem } from '../../../shared/domain/problem.ts'
import type { CommandLine } from '../run-process.ts'
import type { Driver, Move } from './driver.ts'
import { type DriverPlace, runStep } from './run-step.ts'
import type { UnpackLimits } from './unpack.ts'
import { checkedVersionName, isVersionName } from './version-name.ts'

/** In the order in which they run; the switch is between `migrate` and `restart`. */
export type HookName = 'pre-update' | 'migrate' | 'restart' | 'post'

export interface DirectoryDriverConfig {
  readonly kind: 'directory'
  /** How many releases stay on the disk, the present one included. */
  readonly keep: number
  readonly hooks: Readonly<Partial<Record<HookName, CommandLine>>>
  readonly hookTimeoutSeconds: number
  readonly unpack: UnpackLimits
}

export function createDirectoryDriver(config: DirectoryDriverConfig, place: DriverPlace): Driver {
  const { dir, files } = place
  const releases = join(dir, 'releases')
  const link = join(dir, 'current')
  const releaseOf = (version: string) => join(releases, checkedVersionName(version))
  const isKept = (version: string) => files.kindOf(releaseOf(version)) === 'directory'

  function unclear(what: string): Problem {
    return new Problem('preflight_failed', `Cannot tell which version is installed: ${link} ${what}.`, {
      hint: `ln -sfn releases/VERSION ${link}   # with the version that really runs, one of: ls ${releases}`,
    })
  }

  function current(): string | null {
    const kind = files.kindOf(link)
    if (kind === null) return null
    const target = files.readLink(link)
    if (target === null) throw unclear(`is a ${kind} and not a link to releases/VERSION`)
    const path = resolve(dir, target)
    const version = basename(path)
    if (!isVersionName(version) || path !== join(releases, version)) {
      throw unclear(`points to ${target} and not to releases/VERSION`)
    }
    if (!isKept(version)) throw unclear(`points to ${target}, which is not there`)
    return version
  }

  async function haveRelease(version: string, move: Move): Promise<void> {
    if (isKept(version)) return
    if (move.artifactFile === undefined) {
      throw new Problem(
        'artifact_unavailable',
        `Release ${version} is not kept under ${releases}, and there is no artifact to unpack.`,
        { hint: `publish ${version} with an artifact, or choose one that is kept: ls ${releases}` },
      )
    }
    move.note(`unpacking ${version}`)
    const { unpackRelease } = await import('./unpack.ts')
    await unpackRelease(move.artifactFile, releaseOf(version), files, config.unpack)
  }

  async function hook(name: HookName, move: Move, cwd: string): Promise<void> {
    const command = config.hooks[name]
    if (command === undefined) return
    const own = {
      HEADGATE_HOOK: name,
      HEADGATE_RELEASE_DIR: move.to === null ? '' : releaseOf(move.to),
      HEADGATE_FROM_DIR: move.from === null ? '' : releaseOf(move.from),
    }
    await runStep({ name, command, cwd, env: own, timeoutSeconds: config.hookTimeoutSeconds }, move, place)
  }

  function flip(version: string): void {
    const kind = files.kindOf(link)
    if (kind !== null && kind !== 'link') throw unclear(`is a ${kind} and not a link`)
    const target = join('releases', version)
    if (files.readLink(link) !== target) files.linkAtomically(target, link)
  }

  async function toNothing(move: Move): Promise<void> {
    files.remove(link)
    // There is no version whose start could be proved: a restart that fails for want of one is as it should be.
    await hook('restart', move, dir).catch((problem: unknown) => {
      if (!(problem instanceof Problem)) throw problem
      move.note(problem.message)
    })
  }

  return {
    kind: 'directory',
    offlineRollback: true,
    needsArtifact: true,
    current: async () => current(),
    status: async () => 'settled',
    keeps: async (version) => isVersionName(version) && isKept(version),

    async apply(move) {
      if (move.to === null) return toNothing(move)
      const release = releaseOf(move.to)
      await haveRelease(move.to, move)
      await hook('pre-update', move, release)
      await hook('migrate', move, release)
      flip(move.to)
      await hook('restart', move, release)
      await hook('post', move, release)
    },

    async goBack(move) {
      if (move.to === null) return toNothing(move)
      const release = releaseOf(move.to)
      await haveRelease(move.to, move)
      // The old version must come up even if something beside it fails; the first failure is told afterwards.
      const failed: Problem[] = []
      const attempt = async (name: HookName): Promise<boolean> => {
        try {
          await hook(name, move, release)
          return true
        } catch (problem) {
          if (!(problem instanceof Problem)) throw problem
          failed.push(problem)
          return false
        }
      }
      await attempt('migrate')
      flip(move.to)
      // Once more: nothing else starts the old version, and what ended it may have been chance.
      const isStarted = (await attempt('restart')) || (await attempt('restart'))
      await attempt('post')
      const [first] = failed
      if (first === undefined) return
      const { code, message, hint, numbers } = first
      // `current` tells what is linked, and not what runs: that only `restart` can know.
      throw new Problem(code, message, {
        ...(hint !== undefined && { hint }),
        numbers: { ...numbers, isStarted },
      })
    },

    async prune(keep) {
      const age = (version: string) => statSync(releaseOf(version), { throwIfNoEntry: false })?.mtimeMs ?? 0
      const all = files.list(releases).filter((name) => isVersionName(name) && isKept(name))
      const newestFirst = all.toSorted((a, b) => age(b) - age(a))
      const runs = current()
      const others = newestFirst.filter((version) => version !== runs)
      const kept = new Set([...keep, ...others.slice(0, Math.max(0, config.keep - 1))])
      const dropped = others.filter((version) => !kept.has(version))
      const trash = join(releases, '.trash')
      files.removeTree(trash)
      for (const version of dropped) {
        // Renamed first: half of a release must never look like one.
        files.rename(releaseOf(version), trash)
        files.removeTree(trash)
      }
      return dropped
    },
  }
}
