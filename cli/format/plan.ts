// A plan as people and programs read it: what moves where, and what each broker carries before and
// after. The JSON has Kafka's own form of a reassignment in it, so that Kafka's tools, too, take it
// back.

import type { Io } from '../command/io.ts'
import { write } from '../command/io.ts'
import type { BrokerLoad, Plan } from '../plan/model.ts'
import { formatSize } from '../units.ts'
import { printTable } from './print.ts'

/** More moves than this are only counted. */
const shownMax = 40

export function planJson(plan: Plan): object {
  const { moves, before, after, copiedBytes } = plan
  return {
    moves: moves.map(({ partition, to }) => ({
      topic: partition.topic,
      partition: partition.index,
      from: partition.replicas,
      to,
      sizeBytes: partition.sizeBytes,
    })),
    copiedBytes,
    brokers: before.map(({ id, ...load }, index) => {
      const { id: _, ...afterwards } = after[index] ?? { id, ...load }
      return { id, before: load, after: afterwards }
    }),
    version: 1,
    partitions: moves.map(({ partition, to }) => ({
      topic: partition.topic,
      partition: partition.index,
      replicas: to,
    })),
  }
}

export async function printPlan(io: Io, plan: Plan): Promise<void> {
  const { moves, copiedBytes } = plan
  if (moves.length === 0) return await write(io.stdout, 'nothing to move\n')
  const copies = copiedBytes === 0 ? 'nothing to copy' : `${formatSize(copiedBytes)} to copy`
  const partitions =
    moves.length === 1 ? '1 partition changes' : `${moves.length} partitions change`
  await write(io.stdout, `${partitions}, ${copies}\n`)
  await printTable(
    io,
    [
      { title: 'PARTITION', value: ({ partition }) => `${partition.topic}-${partition.index}` },
      { title: 'FROM', value: ({ partition }) => partition.replicas.join(',') },
      { title: 'TO', value: ({ to }) => to.join(',') },
      { title: 'SIZE', value: ({ partition }) => formatSize(partition.sizeBytes) },
    ],
    moves.slice(0, shownMax),
  )
  if (moves.length > shownMax) {
    await write(io.stdout, `and ${moves.length - shownMax} more, which --json shows\n`)
  }
  await write(io.stdout, '\n')
  await printLoads(io, plan)
}

async function printLoads(io: Io, { before, after }: Plan): Promise<void> {
  const rows = before.map((load, index) => ({ load, later: after[index] ?? load }))
  const change = (valueOf: (load: BrokerLoad) => string) => (row: (typeof rows)[number]) => {
    const [from, to] = [valueOf(row.load), valueOf(row.later)]
    return from === to ? from : `${from} -> ${to}`
  }
  await printTable(
    io,
    [
      { title: 'BROKER', value: ({ load }) => load.id },
      { title: 'REPLICAS', value: change(({ replicas }) => String(replicas)) },
      { title: 'PREFERRED LEADER', value: change(({ leaders }) => String(leaders)) },
      { title: 'DATA', value: change(({ sizeBytes }) => formatSize(sizeBytes)) },
      { title: 'LED', value: change(({ leaderBytes }) => formatSize(leaderBytes)) },
    ],
    rows,
  )
}
