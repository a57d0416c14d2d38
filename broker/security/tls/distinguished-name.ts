// The name in a certificate as Kafka writes it: RFC 2253, the most specific part first, as Java's
// X500Principal.getName() gives it. Pure.

/** What Java writes by number, since RFC 2253 gives it no short name: its OID. */
const numbered: ReadonlyMap<string, string> = new Map([['emailAddress', '1.2.840.113549.1.9.1']])
const ia5StringTag = 0x16

/**
 * @param subject node:crypto's form: one part a line, the most general first, escaped as RFC 2253
 *   asks.
 */
export function distinguishedName(subject: string): string {
  return subject
    .split('\n')
    .filter((line) => line !== '')
    .map(part)
    .toReversed()
    .join(',')
}

function part(line: string): string {
  const separator = line.indexOf('=')
  const oid = numbered.get(line.slice(0, separator))
  if (oid === undefined) return line
  const value = Buffer.from(line.slice(separator + 1).replace(/\\(.)/g, '$1'))
  const der = Buffer.concat([Buffer.from([ia5StringTag, value.length]), value])
  return `${oid}=#${der.toString('hex')}`
}
