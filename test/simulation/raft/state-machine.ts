// What the simulated voters replicate: a chain of checksums over all entries, so that two states
// are equal only if they came from the same entries. Its snapshots are as long as a test wants
// them.

import { crc32 } from 'node:zlib'
import { assert, assertNever } from '@samsa/raft/core/assert'
import type { Entry } from '@samsa/raft/core/types'

export function entryDigest(entry: Entry): string {
  switch (entry.type) {
    case 'data':
      return `${entry.term} ${entry.data.toString()}`
    case 'noop':
      return `${entry.term}`
    case 'configuration':
      return `${entry.term} ${JSON.stringify(entry.configuration)}`
    default:
      return assertNever(entry)
  }
}

export class StateMachine {
  index = 0
  hash = 0

  apply(entry: Entry): void {
    assert(entry.index === this.index + 1, `entry ${entry.index} follows ${this.index}`)
    this.index = entry.index
    this.hash = crc32(`${entry.index} ${entryDigest(entry)}`, this.hash)
  }

  snapshot(sizeBytes: number): Buffer {
    const head = Buffer.from(`${this.index} ${this.hash} `)
    return Buffer.concat([head, Buffer.alloc(sizeBytes, `${this.hash}.`)])
  }

  restore(snapshot: Buffer): void {
    const [index, hash] = snapshot.toString().split(' ')
    this.index = Number(index)
    this.hash = Number(hash)
    const head = `${this.index} ${this.hash} `
    const expected = this.snapshot(Math.max(0, snapshot.length - head.length))
    assert(expected.equals(snapshot), 'a snapshot is restored as it was made')
  }
}
