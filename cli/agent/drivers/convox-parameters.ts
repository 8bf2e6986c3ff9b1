/** Which of a rack's parameters cannot be known from what is shown of them. */

import type { Parameter } from './driver.ts'

/** Those that Convox itself hides from a terminal; a rack from before August 2016 shows them to everybody. */
export const secretParameters = {
  names: ['Password', 'HttpProxy'],
  /** What CloudFormation and the Convox CLI show instead of a value; a single "*" is an ordinary one. */
  masks: [/^\*{4,}$/],
}

export function isMasked(name: string, shown: string): boolean {
  return secretParameters.names.includes(name) || secretParameters.masks.some((mask) => mask.test(shown))
}

/** Without the version: it is a parameter of the stack as well, and moves with every update. */
export function parametersOf(shown: Readonly<Record<string, string>>): Readonly<Record<string, Parameter>> {
  const settings = Object.entries(shown).filter(([name]) => name !== 'Version')
  return Object.fromEntries(
    settings.map(([name, value]) => {
      const masked = isMasked(name, value)
      return [name, { value: masked ? null : value, masked }]
    }),
  )
}
