// Starts `samsa` from its TypeScript source. Plain JavaScript that old Nodes can run: they would
// otherwise answer the .ts file with a stack trace. The compiled program opens with main.js itself,
// which makes the same check.

const majorMin = 22
const minorMin = 19
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)

if (major > majorMin || (major === majorMin && minor >= minorMin)) {
  await import('./main.ts')
} else {
  process.stderr.write(
    `samsa: Node ${process.versions.node} is too old: ${majorMin}.${minorMin} or newer is ` +
      'needed. ' +
      "'npm ci' (without --ignore-scripts) brings one for 'npm start' and 'npm run samsa'.\n",
  )
  process.exitCode = 1
}
