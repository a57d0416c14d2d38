// A controller in a process of its own, on a real disk, killed with SIGKILL in the middle of its
// work, again and again.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { NodeRaftDirectory } from '@samsa/raft/driver/node-directory'
import { afterAll, describe, expect, it } from 'vitest'
import { makeController, soleVoterLog } from '../../../support/controller/controllers.ts'

const program = new URL('../../../support/controller/controller-process.ts', import.meta.url)
  .pathname
const directory = mkdtempSync(join(tmpdir(), 'samsa-controller-'))
const children: ChildProcess[] = []
afterAll(() => {
  for (const child of children) child.kill('SIGKILL')
  rmSync(directory, { recursive: true, force: true })
})

/** Runs until so many topics were acknowledged, then kills; returns their names. */
async function workThenKill(firstNumber: number, count: number): Promise<string[]> {
  const child = spawn(process.execPath, [program, directory, String(firstNumber)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(child)
  const exited = once(child, 'exit')
  const acknowledged: string[] = []
  // What was written before the kill is read to its end: it was acknowledged.
  for await (const line of createInterface({ input: child.stdout })) {
    if (!line.startsWith('topic-')) continue
    acknowledged.push(line)
    if (acknowledged.length === count) child.kill('SIGKILL')
  }
  const [, signal] = await exited
  expect(signal).toBe('SIGKILL')
  return acknowledged
}

async function topicsAfterRestart(): Promise<Map<string, number>> {
  const controller = makeController({ log: soleVoterLog(new NodeRaftDirectory(directory)) })
  await controller.start()
  const topics = [...controller.image().topicsByName.values()]
  await controller.close()
  return new Map(topics.map(({ name, partitions }) => [name, partitions.length]))
}

describe('a controller killed in the middle of its work', () => {
  it('has every topic that it acknowledged, whole, each time', async () => {
    const acknowledged = new Set<string>()
    let clusterFiles = 0
    for (let round = 0; round < 4; round++) {
      for (const name of await workThenKill(round * 1_000_000, 100 * (round + 1))) {
        acknowledged.add(name)
      }
      const topics = await topicsAfterRestart()
      expect([...acknowledged].filter((name) => !topics.has(name))).toEqual([])
      expect(new Set(topics.values())).toEqual(new Set([3]))
      clusterFiles = readdirSync(directory).length
    }
    // A snapshot, one or two segments, the ballot twice, and the mark of the last clean stop.
    expect(clusterFiles).toBeLessThanOrEqual(6)
  })
})
