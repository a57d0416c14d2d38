// The server.properties of a node that `samsa dev` runs. What dev decides (identity, ports, places,
// who the controllers are) is written anew at each start; any other line is the user's and is kept.
// Lines that dev only began with follow the number of nodes until the user changes them.

const marker = '# Written by samsa dev.'
const controllerListener = 'CONTROLLER'

export interface DevCluster {
  readonly nodes: number
  readonly host: string
  /** Of the first node; node n has the ports n - 1 above. */
  readonly kafkaPort: number
  readonly grpcPort: number
  readonly controllerPort: number
  readonly httpPort: number
}

export interface DevNode {
  readonly cluster: DevCluster
  /** From 1. */
  readonly id: number
  /** Absolute: the file is used from any working directory. */
  readonly logDir: string
}

export function isDevProperties(text: string): boolean {
  return text.startsWith(marker)
}

/**
 * How many of the nodes are controllers: an odd number, since an even one survives no more losses
 * than the odd one below it. Two nodes have one controller: with two, either's end would stop both.
 */
export function controllerCount(nodes: number): number {
  if (nodes < 3) return 1
  return nodes < 5 ? 3 : 5
}

/** `existing`: the file as it is, where there is one. */
export function devProperties(node: DevNode, existing: string | undefined): string {
  const { nodes } = node.cluster
  const owned = ownedSettings(node)
  const first = firstSettings(nodes)
  if (existing === undefined) return format(nodes, owned, linesOf(first))
  const nodesBefore = nodesOf(existing)
  const before = firstSettings(nodesBefore)
  const ownedBefore = ownedSettings({ ...node, cluster: { ...node.cluster, nodes: nodesBefore } })
  const users = existing
    .split('\n')
    .filter((line) => !line.startsWith('#') && line.trim() !== '')
    .filter((line) => !owned.has(keyOf(line)) && !ownedBefore.has(keyOf(line)))
    .filter((line) => !isUntouched(line, before))
  const changed = new Set(users.map(keyOf))
  // A default of before that is gone was taken out by the user, and stays out.
  const present = new Set(existing.split('\n').map(keyOf))
  const kept = [...first].filter(
    ([key]) => !changed.has(key) && (present.has(key) || !before.has(key)),
  )
  return format(nodes, owned, [...linesOf(kept), ...users])
}

function format(
  nodes: number,
  owned: ReadonlyMap<string, string>,
  others: readonly string[],
): string {
  const count = nodes === 1 ? 'the only node' : `one of ${nodes} nodes`
  return `${marker} This is ${count}.
# It keeps its process id in the file pid beside this one.
# The next start of samsa dev writes these lines again:
${linesOf(owned).join('\n')}

# These are yours to change:
${others.join('\n')}
`
}

function linesOf(settings: Iterable<readonly [string, string]>): string[] {
  return [...settings].map(([key, value]) => `${key}=${value}`)
}

function ownedSettings({ cluster, id, logDir }: DevNode): Map<string, string> {
  const { host, nodes } = cluster
  const index = id - 1
  const kafka = `PLAINTEXT://${host}:${cluster.kafkaPort + index}`
  const controllers = controllerCount(nodes)
  const isController = id <= controllers
  const controller = `${controllerListener}://${host}:${cluster.controllerPort + index}`
  const settings = new Map([
    ['process.roles', isController ? 'broker,controller' : 'broker'],
    ['node.id', String(id)],
    ['listeners', nodes > 1 && isController ? `${kafka},${controller}` : kafka],
    ['advertised.listeners', kafka],
    ['samsa.grpc.listener', `${host}:${cluster.grpcPort + index}`],
    ['samsa.http.listener', `${host}:${cluster.httpPort + index}`],
    ['log.dirs', logDir.replaceAll('\\', '\\\\')],
  ])
  if (nodes === 1) return settings
  const voters = Array.from(
    { length: controllers },
    (_, voter) => `${voter + 1}@${host}:${cluster.controllerPort + voter}`,
  )
  return settings
    .set('controller.listener.names', controllerListener)
    .set('controller.quorum.voters', voters.join(','))
    .set('controller.quorum.auto.join.enable', 'true')
}

/** Three copies of everything where there are three nodes; and nobody waits for more consumers. */
function firstSettings(nodes: number): Map<string, string> {
  const copies = String(Math.min(3, nodes))
  const copiesInSync = nodes >= 3 ? '2' : '1'
  const settings = new Map([
    ['offsets.topic.replication.factor', copies],
    ['transaction.state.log.replication.factor', copies],
    ['transaction.state.log.min.isr', copiesInSync],
    ['group.initial.rebalance.delay.ms', '0'],
  ])
  if (nodes > 1) {
    settings.set('default.replication.factor', copies).set('min.insync.replicas', copiesInSync)
  }
  return settings
}

/** The number of nodes that a file was written for. */
function nodesOf(text: string): number {
  return Number(/ one of (\d+) nodes\./.exec(text)?.[1] ?? 1)
}

function isUntouched(line: string, settings: ReadonlyMap<string, string>): boolean {
  const key = keyOf(line)
  return line === `${key}=${settings.get(key) ?? ''}` && settings.has(key)
}

function keyOf(line: string): string {
  return line.split(/[=:\s]/, 1)[0] ?? ''
}
