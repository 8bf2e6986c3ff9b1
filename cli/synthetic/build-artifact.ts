/**
 * An artifact of a rehearsal: a tar archive with one file, which says whose it is. It is new with every run, so that it is
 * really sent and stored; what the registry has already would not be.
 */

const block = 512

/** POSIX ustar, one plain file. */
export function buildArtifact(name: string, content: string): Buffer {
  const bytes = Buffer.from(content)
  const header = Buffer.alloc(block)
  header.write(name, 0, 100)
  header.write('0000644\0', 100)
  header.write('0000000\0', 108)
  header.write('0000000\0', 116)
  header.write(`${bytes.length.toString(8).padStart(11, '0')}\0`, 124)
  header.write('00000000000\0', 136)
  header.write('0', 156)
  header.write('ustar\x0000', 257, 'latin1')
  // The checksum is taken with blanks in its own place.
  header.fill(' ', 148, 156)
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  const padding = Buffer.alloc((block - (bytes.length % block)) % block)
  return Buffer.concat([header, bytes, padding, Buffer.alloc(2 * block)])
}
