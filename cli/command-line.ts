/** Command lines as text to paste: what the hints, the confirmations and `Next:` are made of. */

/** Words of a command line, quoted for a POSIX shell where it is needed. */
export function commandLine(words: readonly string[]): string {
  return words.map(quoted).join(' ')
}

/** The command line of this run with one option set otherwise: to confirm it, to go on behind a page. */
export function againWith(argv: readonly string[], option: string, value: string): string {
  const kept = argv.filter(
    (word, index) => word !== option && !word.startsWith(`${option}=`) && argv[index - 1] !== option,
  )
  return commandLine(['headgate', ...kept, option, value])
}

export function quoted(word: string): string {
  return /^[A-Za-z0-9_@%+=:,./~^-]+$/.test(word) && !word.startsWith('~')
    ? word
    : `'${word.replaceAll("'", "'\\''")}'`
}
