// The assignor of streams groups against Kafka's own: what its class made of random groups, through
// joins, leaves and changes of the standbys asked for (test/vectors, npm run gen:assignments).

import { readFileSync } from 'node:fs'
import { brotliDecompressSync } from 'node:zlib'
import { expect, it } from 'vitest'
import {
  inJavaOrder,
  javaStringHash,
} from '../../../../../../broker/coordinator/group/assignors/java-order.ts'
import {
  assignTasks,
  type TaskSets,
} from '../../../../../../broker/coordinator/group/assignors/sticky-tasks.ts'

type Listed = Readonly<Record<string, readonly number[]>>

interface ListedTasks {
  readonly active: Listed
  readonly standby: Listed
}

interface Case {
  readonly standbys: number
  readonly topology: readonly {
    readonly id: string
    readonly tasks: number
    readonly stateful: boolean
  }[]
  readonly members: readonly {
    readonly id: string
    readonly process: string
    readonly before: ListedTasks
    readonly after: ListedTasks
  }[]
}

const file = new URL('../../../../../vectors/task-assignments-4.3.1.jsonl.br', import.meta.url)

function cases(): Case[] {
  const lines = brotliDecompressSync(readFileSync(file)).toString().trim().split('\n')
  return lines.map((line) => JSON.parse(line) as Case)
}

function setsOf(listed: Listed): TaskSets {
  return new Map(Object.entries(listed).map(([id, indexes]) => [id, new Set(indexes)]))
}

function listed(tasks: TaskSets): Listed {
  const entries = [...tasks].map(
    ([id, indexes]) => [id, [...indexes].sort((a, b) => a - b)] as const,
  )
  return Object.fromEntries(entries)
}

function assigned({ standbys, topology, members }: Case): Record<string, ListedTasks> {
  const made = assignTasks({
    members: inJavaOrder(members, ({ id }) => javaStringHash(id)).map(
      ({ id, process, before }) => ({
        memberId: id,
        processId: process,
        active: setsOf(before.active),
        standby: setsOf(before.standby),
      }),
    ),
    subtopologies: topology.map(({ id, tasks, stateful }) => ({
      subtopologyId: id,
      taskCount: tasks,
      isStateful: stateful,
    })),
    standbyReplicas: standbys,
  })
  const entries = Array.from(made, ([id, { active, standby }]) => [
    id,
    { active: listed(active), standby: listed(standby) },
  ])
  return Object.fromEntries(entries) as Record<string, ListedTasks>
}

it.each([0, 1, 2])('assigns as Kafka does, with %i standbys of each stateful task', (standbys) => {
  const chosen = cases().filter((each) => each.standbys === standbys)
  expect(chosen.length).toBeGreaterThan(100)
  for (const each of chosen) {
    const after = Object.fromEntries(each.members.map(({ id, after }) => [id, after]))
    expect(assigned(each)).toEqual(after)
  }
})
