/** The one problem of an archive that is not unpacked, so that every reason reads alike. */

import { Problem } from '../../../shared/domain/problem.ts'

export function refusedArchive(reason: string, numbers?: Readonly<Record<string, unknown>>): Problem {
  return new Problem('update_failed', `The archive is refused: ${reason}. Nothing of it was kept.`, {
    hint:
      'publish it again with plain files and directories only, for example: ' +
      'tar --dereference --hard-dereference -czf app.tgz -C build .',
    ...(numbers === undefined ? {} : { numbers }),
  })
}

/** A name from the archive as it may be shown: short, and without anything that moves a cursor. */
export function shownName(name: string): string {
  const short = name.length > 120 ? `${name.slice(0, 120)}…` : name
  return JSON.stringify(short.replaceAll(/\p{Cc}/gu, '?'))
}
