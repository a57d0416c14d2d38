// Appends go through in the order of decisions; after one that was refused, nothing that was
// decided on top of it does.

import { setImmediate as turn } from 'node:timers/promises'
import { LeavingError, LostLeadershipError, NotLeaderError } from '@samsa/controller/metadata-log'
import { AppendGate } from '@samsa/controller/quorum/append-gate'
import * as raft from '@samsa/raft/driver/errors'
import { describe, expect, it } from 'vitest'

const mebibyte = 1024 * 1024

function setUp() {
  const reopened: number[] = []
  const later: (() => void)[] = []
  const clock = {
    soon: (call: () => void) => void setImmediate(call),
    after(_: number, call: () => void) {
      later.push(call)
      return () => undefined
    },
  }
  const gate = new AppendGate((epoch) => void reopened.push(epoch), clock)
  gate.open(3)
  const timePasses = () => {
    for (const call of later.splice(0)) call()
  }
  return { gate, reopened, timePasses }
}

describe('the gate of appends', () => {
  it('lets through what is of its epoch, and nothing else', async () => {
    const { gate } = setUp()
    await expect(gate.append(3, 10, () => Promise.resolve('done'))).resolves.toBe('done')
    const never = () => expect.unreachable('it was proposed')
    await expect(gate.append(2, 10, never)).rejects.toThrow(NotLeaderError)
    gate.close()
    await expect(gate.append(3, 10, never)).rejects.toThrow(NotLeaderError)
  })

  it('proposes at once, so that the order of appends is that of decisions', () => {
    const { gate } = setUp()
    const order: string[] = []
    for (const name of ['a', 'b', 'c']) {
      void gate.append(3, 1, () => {
        order.push(name)
        return Promise.resolve()
      })
    }
    expect(order).toEqual(['a', 'b', 'c'])
  })

  it('shuts when the quorum refuses, until nothing is under way and the decider was told', async () => {
    const { gate, reopened } = setUp()
    const slow = Promise.withResolvers<string>()
    const first = gate.append(3, 1, () => slow.promise)
    const refused = gate.append(3, 1, () =>
      Promise.reject(new raft.RefusedError('tooManyUncommitted')),
    )
    await expect(refused).rejects.toThrow(NotLeaderError)
    const onTop = gate.append(3, 1, () => expect.unreachable('it was decided on top of a refusal'))
    await expect(onTop).rejects.toThrow(NotLeaderError)
    await turn()
    expect(reopened).toEqual([])
    slow.resolve('first')
    await expect(first).resolves.toBe('first')
    await turn()
    await turn()
    expect(reopened).toEqual([3])
    await expect(gate.append(3, 1, () => Promise.resolve('again'))).resolves.toBe('again')
  })

  it('stays shut for a while when the leadership is being handed over, and says so', async () => {
    const { gate, reopened, timePasses } = setUp()
    const leaving = () => Promise.reject(new raft.RefusedError('transferring'))
    await expect(gate.append(3, 1, leaving)).rejects.toThrow(LeavingError)
    const onTop = gate.append(3, 1, () => expect.unreachable('it was decided on top of a refusal'))
    await expect(onTop).rejects.toThrow(LeavingError)
    await turn()
    await turn()
    expect(reopened).toEqual([])
    timePasses()
    expect(reopened).toEqual([3])
    await expect(gate.append(3, 1, () => Promise.resolve('again'))).resolves.toBe('again')
  })

  it('refuses by itself when too much is under way, but never the only one', async () => {
    const { gate, reopened } = setUp()
    const slow = Promise.withResolvers<string>()
    const large = gate.append(3, 100 * mebibyte, () => slow.promise)
    const more = gate.append(3, 1, () => expect.unreachable('too much is under way'))
    await expect(more).rejects.toThrow(NotLeaderError)
    slow.resolve('done')
    await expect(large).resolves.toBe('done')
    await turn()
    await turn()
    expect(reopened).toEqual([3])
  })

  it('reopens nothing once the term is over', async () => {
    const { gate, reopened } = setUp()
    const refused = gate.append(3, 1, () => Promise.reject(new raft.RefusedError('transferring')))
    await expect(refused).rejects.toThrow(NotLeaderError)
    gate.close()
    await turn()
    await turn()
    expect(reopened).toEqual([])
  })

  it('tells what is certainly not in the log from what may be', async () => {
    const { gate } = setUp()
    const lost = gate.append(3, 1, () => Promise.reject(new raft.LostLeadershipError('lost')))
    await expect(lost).rejects.toThrow(LostLeadershipError)
    const never = gate.append(3, 1, () => Promise.reject(new raft.NotLeaderError('never', null)))
    await expect(never).rejects.toThrow(NotLeaderError)
  })
})
