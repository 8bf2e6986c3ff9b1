/** Text of others (notes, reasons, names) on a terminal: no byte of it may steer the terminal. */

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this is about
const steering = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g

/** Control characters (escape sequences, carriage returns) and direction overrides become `?`; tabs and line ends stay. */
export function plainText(text: string): string {
  return text.replace(steering, '?')
}

/** On one line, for a cell of a table; at most `width` characters, cut with an ellipsis. */
export function oneLine(text: string, width = Number.POSITIVE_INFINITY): string {
  const line = plainText(text).replace(/\s+/g, ' ').trim()
  const characters = [...line]
  return characters.length <= width ? line : `${characters.slice(0, Math.max(1, width - 1)).join('')}…`
}
