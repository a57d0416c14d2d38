// Who may import whom: the layers of the house, from the wire up. THINK before changing this file:
// an import that it forbids is most likely in the wrong place. A path is that of a file or of a
// folder with all that is in it; a file is held to the entry with the longest path that matches.

import type { Layer } from './layer.ts'
import { operator } from './operator-layers.ts'
import { productFolders } from './source-files.ts'

const wire: readonly Layer[] = [
  { path: 'proto/wire', packages: ['node:util'] },
  { path: 'proto/kafka', values: ['proto/wire'] },
  {
    path: 'proto/record',
    values: ['proto/wire'],
    packages: ['node:zlib', 'node:module', '@node-rs/crc32', 'lz4-napi', 'snappy'],
  },
  { path: 'proto/grpc', packages: ['@grpc/grpc-js', 'node:module', 'protobufjs'] },
]

const raft: readonly Layer[] = [
  // Pure: no clock, chance, disk or socket, and nothing else of the house.
  { path: 'raft/core' },
  { path: 'raft' },
  // Loops, storage and transport around the core, behind interfaces; checksums are pure.
  { path: 'raft/driver', values: ['raft/core'], packages: ['node:zlib'] },
  // The transport between processes; where voters are and who they are is told to it.
  {
    path: 'raft/grpc',
    values: ['raft/core', 'proto/grpc'],
    types: ['raft/driver'],
    packages: ['@grpc/grpc-js', 'node:net'],
  },
  {
    path: 'raft/driver/node-directory.ts',
    values: ['raft/driver'],
    packages: ['node:fs', 'node:fs/promises', 'node:path'],
  },
]

const controller: readonly Layer[] = [
  // Decides and replays on what it is given. Digests and checksums are pure.
  {
    path: 'controller',
    values: ['proto/wire', 'proto/kafka/errors.ts'],
    packages: ['node:crypto', 'node:zlib'],
  },
  // Under the metadata log: the Raft quorum, and how a node comes to be part of one.
  {
    path: 'controller/quorum',
    values: ['controller', 'raft', 'proto/grpc'],
    packages: ['@grpc/grpc-js', 'node:zlib'],
  },
  // Requests and answers as bytes; streams and sockets around the pure sessions.
  { path: 'controller/remote', values: ['controller', 'proto/wire', 'proto/kafka/errors.ts'] },
  { path: 'controller/sessions', values: ['controller/assert.ts'], types: ['controller/image.ts'] },
  {
    path: 'controller/service',
    values: ['controller', 'proto/grpc', 'proto/kafka/errors.ts'],
    packages: ['@grpc/grpc-js'],
  },
]

/** Small things of the broker that any of its layers may use. */
const common = ['broker/assert.ts', 'broker/errors.ts', 'broker/uuid.ts']
const commonTypes = ['broker/clock.ts']

const broker: readonly Layer[] = [
  { path: 'broker/assert.ts' },
  { path: 'broker/clock.ts' },
  { path: 'broker/errors.ts', values: ['proto/kafka/errors.ts'] },
  { path: 'broker/uuid.ts', packages: ['node:crypto'] },
  { path: 'broker/system-time.ts', types: commonTypes },
  { path: 'broker/garbage.ts', types: commonTypes, packages: ['node:v8', 'node:vm'] },
  { path: 'broker/young-memory.ts', values: ['broker/garbage.ts'] },
  {
    path: 'broker/config',
    values: [...common, 'controller/image.ts'],
    types: ['proto/kafka/errors.ts', 'controller'],
    packages: ['node:net'],
  },
  // The only one that knows that there are files.
  { path: 'broker/disk', packages: ['node:fs', 'node:fs/promises', 'node:path'] },
  // The lock of a directory is a socket: see there.
  { path: 'broker/disk/directory-lock.ts', packages: ['node:fs/promises', 'node:net'] },
  {
    path: 'broker/log',
    values: ['broker/disk', 'proto/record', ...common],
    types: ['broker/config', ...commonTypes],
    packages: ['node:path'],
  },
  // Keys are told apart by a digest, which is pure.
  {
    path: 'broker/log/cleaner',
    values: ['broker/disk', 'broker/log', 'proto/record', ...common],
    types: commonTypes,
    packages: ['node:crypto', 'node:path'],
  },
  // The cleaner, in a thread of its own.
  {
    path: 'broker/cleaner-thread',
    values: ['broker/disk', 'broker/log/cleaner', 'broker/system-time.ts'],
    types: commonTypes,
    packages: ['node:os', 'node:worker_threads'],
  },
  {
    path: 'broker/replica',
    values: ['broker/log', 'proto/record', 'controller/image.ts', ...common],
    types: [
      'broker/coordinator/partition-writer.ts',
      'controller/requests.ts',
      'proto/kafka/errors.ts',
      ...commonTypes,
    ],
  },
  // Coordinators see a PartitionWriter, and neither logs nor sockets.
  {
    path: 'broker/coordinator',
    values: ['proto/kafka', 'proto/wire', ...common],
    types: ['broker/config', ...commonTypes],
  },
  {
    path: 'broker/coordinator/group/topic-regexes.ts',
    types: ['broker/coordinator/group'],
    packages: ['re2js'],
  },
  {
    path: 'broker/handlers',
    values: [
      'broker/coordinator/group/consumer/describe.ts',
      'broker/coordinator/group/streams/describe.ts',
      'broker/coordinator/group/streams/status.ts',
      'proto/kafka',
      'proto/record',
      'proto/wire',
      'controller',
      'broker/config',
      'broker/replica',
      'broker/authorization/acl.ts',
      'broker/authorization/authorizer.ts',
      'broker/security/sasl/scram.ts',
      ...common,
    ],
    types: [
      'broker/security',
      'broker/log',
      'broker/network',
      'broker/coordinator',
      'broker/telemetry',
      'broker/services.ts',
      ...commonTypes,
    ],
  },
  {
    path: 'broker/handlers/list-transactions.ts',
    values: ['broker/handlers', 'proto/kafka'],
    packages: ['re2js'],
  },
  {
    path: 'broker/handlers/registry.ts',
    values: ['broker/handlers', 'broker/request/api-table.ts'],
  },
  // What clients are held to: pure, on the metadata and a time that is passed in.
  { path: 'broker/quota', types: ['controller/image.ts'] },
  // Frames and sockets, encrypted or not; nothing of the protocol, and of no user.
  {
    path: 'broker/network',
    values: ['broker/quota/token-bucket.ts', ...common],
    types: commonTypes,
    packages: ['node:net', 'node:tls'],
  },
  // Who may do what: pure, on the requests and responses of handlers.
  {
    path: 'broker/authorization',
    values: ['proto/kafka/errors.ts', ...common],
    types: ['broker/handlers/handler.ts', 'controller/image.ts', 'proto/kafka'],
  },
  // Who a client is. The mechanisms are pure.
  {
    path: 'broker/security',
    values: ['broker/config', 'broker/network', 'controller/security.ts', ...common],
    types: ['broker/disk', 'controller/image.ts', ...commonTypes],
    packages: ['node:crypto', 'node:net', 'node:tls', 'node:util'],
  },
  // Tokens of others: their signatures, and the keys that those are held to.
  {
    path: 'broker/security/sasl/oauth',
    values: ['broker/security/sasl/mechanism.ts'],
    types: ['broker/config', 'broker/disk'],
    packages: ['jose', 'node:http', 'node:https', 'node:url'],
  },
  {
    path: 'broker/request',
    values: ['proto/kafka', 'proto/wire', 'broker/authorization', ...common],
    types: [
      'broker/handlers',
      'broker/network',
      'broker/security',
      'broker/services.ts',
      ...commonTypes,
    ],
  },
  {
    path: 'broker/admin',
    values: ['broker/quota/limits.ts', ...common],
    types: [
      'controller/image.ts',
      'broker/log/cleaner',
      'broker/network',
      'broker/quota',
      'broker/replica',
      'broker/request',
      ...commonTypes,
    ],
    packages: ['node:http', 'node:module', 'node:net', 'node:perf_hooks', '@prometheus-io/client'],
  },
  // What clients tell of themselves; nothing of requests and connections.
  {
    path: 'broker/telemetry',
    values: ['broker/config', 'proto/record', ...common],
    types: ['controller/image.ts', ...commonTypes],
  },
  {
    path: 'broker/telemetry/selectors.ts',
    types: ['broker/telemetry'],
    packages: ['re2js'],
  },
  // The API for everybody over gRPC: beside the handlers, on the same replicas and coordinators.
  {
    path: 'broker/storage',
    values: [
      'proto/grpc',
      'proto/kafka',
      'proto/record',
      'proto/wire',
      'controller',
      'broker/replica',
      'broker/young-memory.ts',
      ...common,
    ],
    types: ['broker/log', 'broker/coordinator', 'broker/services.ts', ...commonTypes],
    packages: ['@grpc/grpc-js'],
  },
  // Links to other nodes, each from its own end; nothing of clients.
  {
    path: 'broker/peer',
    values: [
      'controller',
      'proto/grpc',
      'proto/kafka/errors.ts',
      'proto/record',
      'broker/config',
      'broker/security/tls/node-names.ts',
      ...common,
    ],
    types: [
      'broker/log',
      'broker/network',
      'broker/replica',
      'broker/security',
      'broker/young-memory.ts',
      ...commonTypes,
    ],
    packages: ['@grpc/grpc-js', 'node:net', 'node:tls'],
  },
  // Mutual TLS to other nodes; loaded where it is configured.
  {
    path: 'broker/peer/node-credentials.ts',
    values: ['proto/grpc', 'broker/security/tls/node-names.ts'],
    types: ['broker/security'],
    packages: ['@grpc/grpc-js', 'node:crypto', 'node:net', 'node:tls'],
  },
  // The controller, in a thread of its own.
  {
    path: 'broker/controller-thread',
    values: [
      'controller',
      'raft',
      'proto/grpc',
      'broker/config',
      'broker/disk',
      'broker/peer',
      'broker/garbage.ts',
      'broker/log/file-names.ts',
      'broker/system-time.ts',
      'broker/wiring/endpoints.ts',
      'broker/wiring/node-keys.ts',
      ...common,
    ],
    types: commonTypes,
    packages: [
      '@grpc/grpc-js',
      'node:events',
      'node:os',
      'node:path',
      'node:perf_hooks',
      'node:worker_threads',
    ],
  },
  // The parts of a node, put together for node.ts: real clocks, disks and sockets.
  {
    path: 'broker/wiring',
    values: ['broker', 'controller', 'raft', 'proto'],
    packages: ['node:crypto', 'node:os', 'node:path', 'node:worker_threads'],
  },
  { path: 'broker/producer-ids.ts', values: ['controller', ...common], types: commonTypes },
  { path: 'broker/services.ts', types: ['broker', 'controller'] },
  {
    path: 'broker/node.ts',
    values: ['broker', 'controller', 'raft', 'proto'],
    packages: ['node:crypto', 'node:os', 'node:path'],
  },
]

const cli: readonly Layer[] = [
  // The entry: everything behind it is loaded by name, when it is needed.
  { path: 'cli', values: ['cli/command'], packages: ['node:fs'] },
  {
    path: 'cli/client',
    values: ['proto', 'cli/errors.ts', 'cli/units.ts', 'cli/version.ts', 'cli/assert-never.ts'],
    types: ['cli/format/record.ts'],
    packages: ['node:net', 'node:timers/promises', 'node:tls'],
  },
  {
    path: 'cli/client/log-in.ts',
    values: ['cli/client'],
    packages: ['node:crypto', 'node:util'],
  },
  // Passwords are salted before they leave.
  { path: 'cli/client/scram.ts', values: ['cli/client'], packages: ['node:crypto', 'node:util'] },
  // What the Kafka protocol has no request for.
  {
    path: 'cli/client/controller-ask.ts',
    values: ['cli/client', 'controller/remote', 'proto/grpc'],
    packages: ['@grpc/grpc-js', 'node:crypto', 'node:tls'],
  },
  {
    path: 'cli/command',
    values: ['cli/client', 'cli/commands', 'cli/kube', 'cli/errors.ts', 'cli/units.ts'],
    packages: ['node:util', 'node:stream'],
  },
  // Properties and JAAS are read as the node reads them.
  {
    path: 'cli/command/client-config.ts',
    values: ['cli/client', 'cli/errors.ts', 'broker/config/jaas.ts', 'broker/config/properties.ts'],
    packages: ['node:fs'],
  },
  // Pure: plans are computed from what is given.
  { path: 'cli/plan', values: ['cli/errors.ts'] },
  {
    path: 'cli/format',
    values: ['cli/command/io.ts', 'cli/errors.ts', 'cli/units.ts'],
    types: ['cli/plan'],
    packages: ['node:buffer'],
  },
  {
    path: 'cli/commands',
    values: ['cli'],
    packages: ['node:fs', 'node:path', 'node:stream'],
  },
  // Keys and certificates as files, made by what the operator makes them by.
  {
    path: 'cli/certs',
    values: ['operator/pki/issue.ts', 'cli/command', 'cli/errors.ts'],
    packages: ['node:crypto', 'node:fs', 'node:path'],
  },
  // Commands on the resources of Kubernetes; the operator does what they ask for.
  {
    path: 'cli/kube',
    values: ['cli', 'operator/kube', 'operator/desired'],
    types: ['operator/resources'],
    packages: ['node:fs', 'node:path'],
  },
  {
    path: 'cli/serve',
    values: ['broker/node.ts', 'broker/config', 'cli/command/io.ts', 'cli/errors.ts'],
    packages: ['node:child_process', 'node:fs', 'node:path', 'node:readline', 'pino'],
  },
  {
    path: 'cli/serve/serve-operator.ts',
    values: ['cli/serve', 'cli/command/io.ts', 'operator', 'broker/garbage.ts'],
    packages: ['node:crypto', 'node:os'],
  },
]

const client: readonly Layer[] = [
  // A library of its own: the wire and nothing of the broker.
  {
    path: 'client',
    values: ['proto/grpc', 'proto/record'],
    packages: ['@grpc/grpc-js', 'node:timers/promises'],
  },
]

/** Nothing that ships imports these; they may use all that Node has and all of the product. */
const tools: readonly Layer[] = [
  { path: 'scripts', values: productFolders, packages: ['*'] },
  // Runs the simulation of the tests for as long as somebody likes.
  { path: 'scripts/chaos.ts', values: [...productFolders, 'test/support'], packages: ['*'] },
  { path: 'scripts/fuzz.ts', values: [...productFolders, 'test/fuzz'], packages: ['*'] },
  { path: 'scripts/in-sandbox.ts', values: [...productFolders, 'test/support'], packages: ['*'] },
  { path: 'scripts/with-kube.ts', values: [...productFolders, 'test/support'], packages: ['*'] },
  { path: 'scripts/sim.ts', values: [...productFolders, 'test/simulation'], packages: ['*'] },
  { path: 'bench', values: [...productFolders, 'scripts', 'test/support'], packages: ['*'] },
  { path: 'test', values: [...productFolders, 'scripts', 'bench'], packages: ['*'] },
]

export const layers: readonly Layer[] = [
  ...wire,
  ...raft,
  ...controller,
  ...broker,
  ...cli,
  ...client,
  ...operator,
  ...tools,
]

export function layerOf(path: string): Layer | undefined {
  let best: Layer | undefined
  for (const layer of layers) {
    if (isWithin(path, layer.path) && layer.path.length > (best?.path.length ?? -1)) best = layer
  }
  return best
}

/** Why an import is forbidden; undefined when it is not. */
export function forbidden(
  from: string,
  imported: { readonly target: string; readonly isOwn: boolean; readonly isType: boolean },
): string | undefined {
  const layer = layerOf(from)
  if (layer === undefined) return 'its folder has no entry in import-rules.ts'
  const { values = [], types = [], packages = [] } = layer
  if (!imported.isOwn) {
    // A type costs nothing at run time and opens nothing.
    if (imported.isType || packages.includes('*') || packages.includes(imported.target)) {
      return undefined
    }
    return `${layer.path} may not use ${imported.target}`
  }
  const allowed = imported.isType ? [...values, ...types] : values
  if ([layer.path, ...allowed].some((path) => isWithin(imported.target, path))) return undefined
  const how = imported.isType ? 'types of ' : ''
  return `${layer.path} may not import ${how}${imported.target}`
}

function isWithin(path: string, folderOrFile: string): boolean {
  return path === folderOrFile || path.startsWith(`${folderOrFile}/`)
}
