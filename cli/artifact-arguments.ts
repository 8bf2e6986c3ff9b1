/** Artifacts as they are named on a command line: `FILE`, `PLATFORM=FILE`, `PLATFORM=URL,SHA256,SIZE`. */
import { resolve } from 'node:path'
import { Problem } from '../shared/domain/problem.ts'

export interface ArtifactFile {
  readonly platform: string
  readonly path: string
}

export interface RemoteArtifact {
  readonly platform: string
  readonly url: string
  readonly sha256: string
  /** Bytes. */
  readonly size: number
}

const platformForm = /^[a-z0-9][a-z0-9._/-]{0,62}$/

/** A plain file fits every platform. A file name with `=` in it is written with a folder: `./a=b.tgz`. */
export function parseArtifactFile(text: string, cwd: string): ArtifactFile {
  const cut = text.indexOf('=')
  const platform = text.slice(0, Math.max(0, cut))
  const isNamed = cut > 0 && platformForm.test(platform)
  const path = isNamed ? text.slice(cut + 1) : text
  if (path === '') throw new Problem('invalid_input', `--artifact "${text}" names no file.`)
  return { platform: isNamed ? platform : 'any', path: resolve(cwd, path) }
}

/** The address may have commas in it; the digest and the size are what stands behind the last two. */
export function parseRemoteArtifact(text: string): RemoteArtifact {
  const [, platform = '', url = '', sha256 = '', size = ''] =
    /^([^=]*)=(.*),([^,]*),([^,]*)$/.exec(text) ?? []
  const wrong = [
    platformForm.test(platform) ? '' : `the platform "${platform}" is none such as linux/amd64 or any`,
    /^https?:\/\//.test(url) && URL.canParse(url) ? '' : `"${url}" is not an http or https address`,
    /^[0-9a-f]{64}$/.test(sha256) ? '' : `"${sha256}" is not a sha256 (64 hexadecimal digits, lower case)`,
    /^\d{1,15}$/.test(size) ? '' : `"${size}" is not a size in bytes`,
  ].filter((why) => why !== '')
  if (wrong.length > 0) {
    throw new Problem(
      'invalid_input',
      `--artifact-url "${text}" is not of the form PLATFORM=URL,SHA256,SIZE: ${wrong.join('; ')}.`,
    )
  }
  return { platform, url, sha256, size: Number(size) }
}
