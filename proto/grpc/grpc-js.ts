// grpc-js, loaded when it is first used: with HTTP/2 beneath it costs 9 MB in each thread, and a
// node that is alone may never speak gRPC. Everything else imports its types only.

import { createRequire } from 'node:module'
import type * as GrpcJs from '@grpc/grpc-js'

const require = createRequire(import.meta.url)
/** Built, it is one file beside the others. */
const name = import.meta.url.endsWith('.ts') ? '@grpc/grpc-js' : './grpc-js.cjs'

/** Some 60 ms the first time, and nothing afterwards. */
export function grpcJs(): typeof GrpcJs {
  return require(name) as typeof GrpcJs
}
