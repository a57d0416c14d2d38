// Carries a plan out: asks for the moves, shows how far they are, and cleans up after them. The
// cluster does the moving: a plan that was begun goes on when this command ends.

import type { Cluster } from '../client/cluster.ts'
import { StoppedError } from '../client/errors.ts'
import { replicaSizes } from '../client/log-dirs.ts'
import {
  alterReassignments,
  describePartitions,
  electLeaders,
  listReassignments,
  type PartitionName,
  type Reassignment,
  type Refused,
} from '../client/partitions.ts'
import { pause } from '../client/retry.ts'
import { removeThrottles, setThrottles } from '../client/throttles.ts'
import { type Io, write } from '../command/io.ts'
import { CommandError } from '../errors.ts'
import { note } from '../format/print.ts'
import { StatusLine } from '../format/status-line.ts'
import type { Plan } from '../plan/model.ts'
import { counted, formatSize } from '../units.ts'

const pollMs = 500
/** Asking every broker for the sizes of its replicas costs more. */
const sizesMs = 3_000

export interface MoveOptions {
  /** Bytes a second that each broker copies at most. */
  readonly throttle: number | undefined
  /** Begin only; clean-up is left to `samsa partition reassign --status`. */
  readonly noWait: boolean
  /** stdout has the plan as JSON, and nothing else is to be on it. */
  readonly json: boolean
}

/** Throws for what was refused, once all else is done. */
export async function carryOut(
  cluster: Cluster,
  io: Io,
  plan: Plan,
  { throttle, noWait, json }: MoveOptions,
): Promise<void> {
  const moves = plan.moves.map(({ partition, to }) => {
    const { topic, index, replicas: from } = partition
    return { topic, index, from, to }
  })
  if (throttle !== undefined) await setThrottles(cluster, moves, throttle)
  const refused = await alterReassignments(cluster, moves)
  const isRefused = (move: PartitionName) => refused.some((one) => isSame(one, move))
  const begun = moves.filter((move) => !isRefused(move))
  await note(io, `${begun.length} of ${moves.length} moves have begun`)
  if (!noWait) {
    await waitForMoves(cluster, io, begun)
    const done = await finish(cluster, begun)
    await write(json ? io.stderr : io.stdout, done)
  }
  throwRefused(refused)
}

/** Shows how far the moves are until none of them is under way. */
export async function waitForMoves(
  cluster: Cluster,
  io: Io,
  moves: readonly PartitionName[],
): Promise<void> {
  const line = new StatusLine(io)
  const sizes = new SizeWatch(cluster)
  try {
    for (;;) {
      const underWay = (await listReassignments(cluster)).filter((one) =>
        moves.some((move) => isSame(one, move)),
      )
      if (underWay.length === 0) return
      const done = moves.length - underWay.length
      line.show(`${done} of ${moves.length} partitions have moved${await sizes.copied(underWay)}`)
      await pause(pollMs, cluster.signal)
    }
  } catch (error) {
    if (!(error instanceof StoppedError)) throw error
    throw new CommandError(
      'stopped watching; the moves go on. samsa partition reassign --status shows them and cleans ' +
        'up after them, --cancel takes them back',
    )
  } finally {
    line.close()
  }
}

/** How much of what is under way has been copied, looked at now and then. */
class SizeWatch {
  readonly #cluster: Cluster
  #atMs = Number.NEGATIVE_INFINITY
  #text = ''

  constructor(cluster: Cluster) {
    this.#cluster = cluster
  }

  async copied(underWay: readonly Reassignment[]): Promise<string> {
    if (performance.now() - this.#atMs < sizesMs) return this.#text
    this.#atMs = performance.now()
    const brokers = this.#cluster.brokers.map(({ id }) => id)
    const sizes = await replicaSizes(this.#cluster, brokers)
    let [copiedBytes, wantedBytes] = [0, 0]
    for (const { topic, index, adding, replicas } of underWay) {
      const sizeOn = (id: number) => sizes.get(id)?.sizes.get(`${topic}-${index}`) ?? 0
      const wholeBytes = Math.max(0, ...replicas.map(sizeOn))
      wantedBytes += wholeBytes * adding.length
      copiedBytes += adding.reduce((sum, id) => sum + sizeOn(id), 0)
    }
    this.#text = `; of the others ${formatSize(copiedBytes)} of ${formatSize(wantedBytes)}`
    return this.#text
  }
}

/** Takes limits away, has the first replicas lead, and says what was done. */
async function finish(cluster: Cluster, moved: readonly PartitionName[]): Promise<string> {
  const topics = [...new Set(moved.map(({ topic }) => topic))]
  await removeThrottles(cluster, topics)
  const partitions = await describePartitions(cluster, topics)
  const wanted = partitions.filter(
    (one) =>
      one.leader !== one.replicas[0] &&
      one.isr.includes(one.replicas[0] ?? -1) &&
      moved.some((move) => isSame(one, move)),
  )
  const { elected, refused } = await electLeaders(cluster, 'preferred', wanted)
  const leaders = elected.length === 0 ? '' : `, ${elected.length} with another leader`
  throwRefused(refused)
  return `${counted(moved.length, 'partition')} moved${leaders}\n`
}

export function throwRefused(refused: readonly Refused[]): void {
  const [first] = refused
  if (first === undefined) return
  const more = refused.length === 1 ? '' : `; and ${refused.length - 1} more`
  throw new CommandError(`${first.error.message}${more}`, 1, { cause: first.error })
}

function isSame(one: PartitionName, other: PartitionName): boolean {
  return one.topic === other.topic && one.index === other.index
}
