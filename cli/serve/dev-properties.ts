// The server.properties of a node that `samsa dev` runs. What dev decides (identity, ports, places)
// is written anew at each start; any other line is the user's and is kept.

const marker = '# Written by samsa dev.'

export interface DevNode {
  readonly id: number
  readonly host: string
  readonly kafkaPort: number
  readonly grpcPort: number
  readonly httpPort: number
  /** Absolute: the file is used from any working directory. */
  readonly logDir: string
}

export function isDevProperties(text: string): boolean {
  return text.startsWith(marker)
}

/** `existing`: the file as it is, where there is one. */
export function devProperties(node: DevNode, existing: string | undefined): string {
  const owned = ownedSettings(node)
  if (existing === undefined) return format(owned, firstSettings())
  const kept = existing
    .split('\n')
    .filter((line) => !line.startsWith('#') && line.trim() !== '' && !owned.has(keyOf(line)))
  return format(owned, kept)
}

function format(owned: ReadonlyMap<string, string>, others: readonly string[]): string {
  const lines = [...owned].map(([key, value]) => `${key}=${value}`)
  return `${marker} The node keeps its process id in the file pid beside this one.
# The next start of samsa dev writes these lines again:
${lines.join('\n')}

# These are yours to change:
${others.join('\n')}
`
}

function ownedSettings(node: DevNode): Map<string, string> {
  const { host } = node
  return new Map([
    ['process.roles', 'broker,controller'],
    ['node.id', String(node.id)],
    ['listeners', `PLAINTEXT://${host}:${node.kafkaPort}`],
    ['advertised.listeners', `PLAINTEXT://${host}:${node.kafkaPort}`],
    ['samsa.grpc.listener', `${host}:${node.grpcPort}`],
    ['samsa.http.listener', `${host}:${node.httpPort}`],
    ['log.dirs', node.logDir.replaceAll('\\', '\\\\')],
  ])
}

/** One node holds every replica, and nobody wants to wait for more consumers to join. */
function firstSettings(): string[] {
  return [
    'offsets.topic.replication.factor=1',
    'transaction.state.log.replication.factor=1',
    'transaction.state.log.min.isr=1',
    'group.initial.rebalance.delay.ms=0',
  ]
}

function keyOf(line: string): string {
  return line.split(/[=:\s]/, 1)[0] ?? ''
}
