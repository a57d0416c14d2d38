// The server-side assignors against Kafka's own: what its classes made of random groups, through
// joins, leaves and new partitions (test/vectors, npm run gen:assignments).

import { readFileSync } from 'node:fs'
import { brotliDecompressSync } from 'node:zlib'
import { expect, it } from 'vitest'
import { assignors } from '../../../../../../broker/coordinator/group/assignors/assignors.ts'
import {
  inJavaOrder,
  javaStringHash,
} from '../../../../../../broker/coordinator/group/assignors/java-order.ts'
import type { Partitions } from '../../../../../../broker/coordinator/group/consumer/partitions.ts'

type Listed = Readonly<Record<string, readonly number[]>>

interface Case {
  readonly assignor: string
  readonly homogeneous: boolean
  readonly counts: Readonly<Record<string, number>>
  readonly members: readonly {
    readonly id: string
    readonly instance: string | null
    readonly topics: readonly string[]
    readonly before: Listed
    readonly after: Listed
  }[]
}

const file = new URL('../../../../../vectors/assignments-4.3.1.jsonl.br', import.meta.url)

function cases(): Case[] {
  const lines = brotliDecompressSync(readFileSync(file)).toString().trim().split('\n')
  return lines.map((line) => JSON.parse(line) as Case)
}

function partitionsOf(listed: Listed): Partitions {
  return new Map(Object.entries(listed).map(([topic, indexes]) => [topic, new Set(indexes)]))
}

function listed(partitions: Partitions | undefined): Listed {
  const entries = [...(partitions ?? [])].map(
    ([topic, indexes]) => [topic, [...indexes].sort((a, b) => a - b)] as const,
  )
  return Object.fromEntries(entries)
}

function assigned({ assignor, homogeneous, counts, members }: Case): Record<string, Listed> {
  const byId = new Map(members.map((member) => [member.id, member]))
  const inOrder = inJavaOrder(byId.values(), ({ id }) => javaStringHash(id))
  const targets = assignors.get(assignor)?.({
    homogeneous,
    partitionCount: (topicId) => counts[topicId] ?? 0,
    members: inOrder.map(({ id, instance, topics, before }) => ({
      memberId: id,
      instanceId: instance,
      topics: new Set(topics),
      target: partitionsOf(before),
    })),
  })
  return Object.fromEntries(members.map(({ id }) => [id, listed(targets?.get(id))]))
}

it.each([
  ['uniform', true],
  ['uniform', false],
  ['range', true],
  ['range', false],
])('%s assigns as Kafka does, all subscribed to the same topics: %s', (name, homogeneous) => {
  const chosen = cases().filter(
    (each) => each.assignor === name && each.homogeneous === homogeneous,
  )
  expect(chosen.length).toBeGreaterThan(50)
  for (const each of chosen) {
    const after = Object.fromEntries(each.members.map(({ id, after }) => [id, after]))
    expect(assigned(each)).toEqual(after)
  }
})
