// A module that is loaded when first used and kept: two native modules and zlib are 8 ms and 6.5 MB
// together (November 2026) that a broker of uncompressed topics never needs. Synchronous, which
// import() is not.

import { createRequire } from 'node:module'
import type * as Zlib from 'node:zlib'
import type * as Lz4 from 'lz4-napi'
import type * as Snappy from 'snappy'

interface Modules {
  'node:zlib': typeof Zlib
  'lz4-napi': typeof Lz4
  snappy: typeof Snappy
}

export function lazyModule<Name extends keyof Modules>(name: Name): () => Modules[Name] {
  let loaded: Modules[Name] | undefined
  return () => (loaded ??= createRequire(import.meta.url)(name) as Modules[Name])
}
