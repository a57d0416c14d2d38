#!/usr/bin/env node
// `kubectl samsa ...`: kubectl finds this program on the PATH by its name. It is `samsa kube ...`.

process.argv.splice(2, 0, 'kube')
await import('./from-source.js')
