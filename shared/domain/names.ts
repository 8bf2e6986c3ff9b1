/** Names of apps, channels and racks. They become TUF role names and paths, so the form is narrow. */
import { Problem } from './problem.ts'

const form = /^[a-z0-9](?:[a-z0-9.-]{0,61}[a-z0-9])?$/

/** Raises `invalid_input`. `what` is the noun: `app`, `channel`, `rack`. */
export function checkName(what: string, name: string): string {
  // Facts by channel are plain objects, in which `constructor` is there before anybody wrote it.
  const isUsable = form.test(name) && !/^\d+$/.test(name) && !name.includes('..') && !(name in {})
  if (isUsable) return name
  const shown = name.length > 70 ? `${name.slice(0, 70)}…` : name
  throw new Problem(
    'invalid_input',
    `"${shown}" is not a name for ${what === 'app' ? 'an' : 'a'} ${what}: 1 to 63 of a-z, 0-9, "." and "-", starting and ending with a letter or digit, not only digits, not "constructor".`,
    { numbers: { length: name.length } },
  )
}
