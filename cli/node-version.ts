// Which Node this program needs. Imports nothing and uses nothing that old Nodes lack.

const majorMin = 22
const minorMin = 19

/** What to tell the user of a Node that is too old; undefined when it is new enough. */
export function checkNode(nodeVersion: string): string | undefined {
  const [major = 0, minor = 0] = nodeVersion.split('.').map(Number)
  if (major > majorMin || (major === majorMin && minor >= minorMin)) return undefined
  return (
    `Node ${nodeVersion} is too old: ${majorMin}.${minorMin} or newer is needed. ` +
    "'npm ci' (without --ignore-scripts) brings one for 'npm start' and 'npm run samsa'."
  )
}
