// Who is fenced when, and who must not be: brokers and controllers moved by hand.

import { describe, expect, it } from 'vitest'
import { SessionCluster } from '../../../support/controller/sessions.ts'

describe('a broker that is heard of', () => {
  it('stays in, however long', () => {
    const cluster = new SessionCluster(3)
    cluster.run(60_000)
    expect(cluster.fencings).toEqual([])
    expect(cluster.tracker.counts()).toEqual({ connected: 3, fenced: 0, unfenced: 3 })
  })

  it('is fenced a session after its last heartbeat', () => {
    const cluster = new SessionCluster(3)
    cluster.run(1_000)
    const silentSinceMs = cluster.nowMs
    cluster.broker(2).alive = false
    cluster.run(2_000)
    expect(cluster.fencings).toMatchObject([{ brokerId: 2, reason: 'session timed out' }])
    const afterMs = (cluster.fencings[0]?.atMs ?? 0) - silentSinceMs
    expect(afterMs).toBeGreaterThan(800)
    expect(afterMs).toBeLessThanOrEqual(1_050)
  })

  it('comes in again after a pause, once it knows that it was out', () => {
    const cluster = new SessionCluster(3)
    cluster.run(500)
    const broker = cluster.broker(2)
    broker.alive = false
    cluster.run(1_500)
    broker.alive = true
    cluster.run(1_000)
    expect(broker.fenced).toBe(true)
    broker.appliedOffset = cluster.offset
    cluster.run(250)
    expect(broker.fenced).toBe(false)
    expect(cluster.fencings).toHaveLength(1)
  })
})

describe('a broken stream', () => {
  it('fences at once where the address refuses connections', () => {
    const cluster = new SessionCluster(3)
    cluster.run(1_000)
    cluster.kill(3)
    expect(cluster.fencings).toEqual([
      { brokerId: 3, atMs: cluster.nowMs, reason: 'connection refused' },
    ])
  })

  it('fences as soon as the address refuses, where it still took connections at first', () => {
    const cluster = new SessionCluster(3)
    cluster.breakStream(1)
    Object.assign(cluster.broker(1), { alive: false, refuses: true })
    cluster.run(100)
    expect(cluster.fencings).toMatchObject([{ brokerId: 1, reason: 'connection refused' }])
  })

  it('fences nobody who comes back in time', () => {
    const cluster = new SessionCluster(3)
    cluster.breakStream(1)
    cluster.run(700)
    cluster.connect(1)
    cluster.run(5_000)
    expect(cluster.fencings).toEqual([])
  })

  it('does not count when its news comes after the broker is back', () => {
    const cluster = new SessionCluster(2)
    cluster.input({ type: 'probed', brokerId: 1, epoch: 1, refused: true })
    cluster.input({ type: 'closed', brokerId: 1, epoch: 0 })
    expect(cluster.asked).toEqual([])
  })

  it('fences after a session where the address does not answer', () => {
    const cluster = new SessionCluster(3)
    cluster.run(1_000)
    cluster.broker(1).alive = false
    cluster.breakStream(1)
    cluster.run(900)
    expect(cluster.fencings).toEqual([])
    cluster.run(200)
    expect(cluster.fencings).toMatchObject([{ brokerId: 1, reason: 'session timed out' }])
  })

  it('fences a mass of dead processes at once', () => {
    const cluster = new SessionCluster(5)
    for (const id of [1, 2, 3, 4]) cluster.kill(id)
    expect(cluster.fencings).toHaveLength(4)
  })
})

describe('silence that may be the own one of the controller', () => {
  it('counts against nobody while the controller was paused', () => {
    const cluster = new SessionCluster(3)
    cluster.run(1_000)
    cluster.pauseController(30_000)
    cluster.run(5_000)
    expect(cluster.fencings).toEqual([])
  })

  it('does not save a broker that died in that pause', () => {
    const cluster = new SessionCluster(3)
    cluster.run(1_000)
    cluster.broker(1).alive = false
    cluster.pauseController(30_000)
    cluster.run(1_100)
    expect(cluster.fencings).toMatchObject([{ brokerId: 1, reason: 'session timed out' }])
  })

  it('gives one more session where most brokers are silent at once (KAFKA-15019)', () => {
    const cluster = new SessionCluster(5)
    cluster.run(1_000)
    for (const id of [1, 2, 3]) cluster.broker(id).alive = false
    cluster.run(1_500)
    expect(cluster.fencings).toEqual([])
    for (const id of [1, 2]) cluster.broker(id).alive = true
    cluster.run(1_500)
    expect(cluster.fencings.map(({ brokerId }) => brokerId)).toEqual([3])
  })

  it('fences them when they stay silent, but for the last one: nobody could take its place', () => {
    const cluster = new SessionCluster(5)
    for (const id of [1, 2, 3, 4, 5]) cluster.broker(id).alive = false
    cluster.run(2_300)
    expect(cluster.fencings).toHaveLength(4)
    const [last = 0] = [1, 2, 3, 4, 5].filter((id) => !cluster.broker(id).fenced)
    cluster.breakStream(last)
    cluster.run(100)
    expect(cluster.fencings).toHaveLength(5)
  })
})

describe('a new active controller', () => {
  it('fences nobody who comes to it', () => {
    const cluster = new SessionCluster(3)
    cluster.run(1_000)
    cluster.activate()
    cluster.run(60)
    for (const id of [1, 2, 3]) cluster.connect(id)
    cluster.run(5_000)
    expect(cluster.fencings).toEqual([])
  })

  it('looks for brokers that do not come, and fences the dead ones', () => {
    const cluster = new SessionCluster(3)
    Object.assign(cluster.broker(1), { alive: false, refuses: true })
    cluster.activate()
    for (const id of [2, 3]) cluster.connect(id)
    cluster.run(150)
    expect(cluster.fencings).toMatchObject([{ brokerId: 1, reason: 'connection refused' }])
  })

  it('gives those that cannot be reached a session', () => {
    const cluster = new SessionCluster(3)
    cluster.broker(1).alive = false
    cluster.activate()
    for (const id of [2, 3]) cluster.connect(id)
    cluster.run(950)
    expect(cluster.fencings).toEqual([])
    cluster.run(150)
    expect(cluster.fencings).toMatchObject([{ brokerId: 1, reason: 'session timed out' }])
  })

  it('counts the silence of the node that led before it, but for half a session', () => {
    for (const silentMs of [400, 500, 2_000]) {
      const cluster = new SessionCluster(3)
      cluster.broker(1).alive = false
      cluster.activate({ brokerId: 1, silentMs })
      const activatedMs = cluster.nowMs
      for (const id of [2, 3]) cluster.connect(id)
      cluster.run(2_000)
      expect(cluster.fencings).toMatchObject([{ brokerId: 1, reason: 'session timed out' }])
      const leftMs = Math.max(500, 1_000 - silentMs)
      const tookMs = (cluster.fencings[0]?.atMs ?? 0) - activatedMs
      expect(tookMs).toBeGreaterThan(leftMs)
      expect(tookMs).toBeLessThanOrEqual(leftMs + cluster.options.tickMs)
    }
  })

  it('holds nothing against it after a long time without any leader', () => {
    const cluster = new SessionCluster(3)
    cluster.broker(1).alive = false
    cluster.activate({ brokerId: 1, silentMs: 2_001 })
    for (const id of [2, 3]) cluster.connect(id)
    cluster.run(1_000)
    expect(cluster.fencings).toEqual([])
  })

  it('fences nobody who led before it and comes to it', () => {
    const cluster = new SessionCluster(3)
    cluster.activate({ brokerId: 1, silentMs: 2_000 })
    for (const id of [2, 3]) cluster.connect(id)
    cluster.run(450)
    cluster.connect(1)
    cluster.run(5_000)
    expect(cluster.fencings).toEqual([])
  })

  it('holds no silence against the node that led before it while the others do not come', () => {
    const cluster = new SessionCluster(3)
    cluster.activate({ brokerId: 1, silentMs: 2_000 })
    cluster.run(1_400)
    for (const id of [1, 2, 3]) cluster.connect(id)
    cluster.run(5_000)
    expect(cluster.fencings).toEqual([])
  })

  it('does nothing once it is not the active one any more', () => {
    const cluster = new SessionCluster(3)
    cluster.input({ type: 'deactivated' })
    for (const broker of cluster.brokers.values()) broker.alive = false
    cluster.run(10_000)
    expect(cluster.asked).toEqual([])
    expect(cluster.tracker.counts()).toEqual({ connected: 0, fenced: 0, unfenced: 0 })
  })
})

describe('another process with the id of a broker', () => {
  it('waits while the first one is heard of', () => {
    const cluster = new SessionCluster(3)
    cluster.run(1_000)
    expect(cluster.tracker.isAlive(1, cluster.nowMs)).toBe(true)
    expect(cluster.tracker.isAlive(9, cluster.nowMs)).toBe(false)
  })

  it('may come when the stream of the first is broken, or silent for a session', () => {
    const cluster = new SessionCluster(3)
    cluster.run(1_000)
    cluster.breakStream(1)
    expect(cluster.tracker.isAlive(1, cluster.nowMs)).toBe(false)
    cluster.broker(2).alive = false
    cluster.run(1_100)
    expect(cluster.tracker.isAlive(2, cluster.nowMs)).toBe(false)
  })

  it('waits for those that a new active controller has yet to see', () => {
    const cluster = new SessionCluster(3)
    cluster.activate()
    expect(cluster.tracker.isAlive(1, cluster.nowMs)).toBe(true)
    cluster.run(100)
    expect(cluster.tracker.isAlive(1, cluster.nowMs)).toBe(false)
  })

  it('starts fenced with a session of its own, and is taken in once it has caught up', () => {
    const cluster = new SessionCluster(3)
    cluster.kill(1)
    const broker = cluster.broker(1)
    const appliedOffset = cluster.offset
    Object.assign(broker, { epoch: 7, fenced: true, alive: true, refuses: false })
    cluster.offset++
    cluster.commit()
    cluster.connect(1)
    cluster.run(1_000)
    expect(broker.fenced).toBe(true)
    broker.appliedOffset = appliedOffset + 1
    cluster.run(1_000)
    expect(broker.fenced).toBe(false)
    expect(cluster.tracker.state({ brokerId: 1, epoch: 7 })).toEqual({
      epoch: 7,
      fenced: false,
      mayStop: false,
    })
    expect(cluster.tracker.state({ brokerId: 1, epoch: 1 })).toBeNull()
  })
})

describe('a broker that wants to stop', () => {
  it('may when it leads nothing any more and the others know it', () => {
    const cluster = new SessionCluster(3)
    cluster.run(1_000)
    cluster.remainingLeaders = 2
    cluster.broker(1).wantsShutdown = true
    const mayStop = () => cluster.tracker.state({ brokerId: 1, epoch: 1 })?.mayStop
    cluster.run(400)
    expect(mayStop()).toBe(false)
    cluster.remainingLeaders = 0
    cluster.run(400)
    expect(mayStop()).toBe(false)
    for (const id of [2, 3]) cluster.broker(id).appliedOffset = cluster.offset
    cluster.run(400)
    expect(mayStop()).toBe(true)
    cluster.breakStream(1)
    expect(cluster.fencings).toMatchObject([{ brokerId: 1, reason: 'stopped' }])
  })

  it('may at once while it is fenced, and is not taken in', () => {
    const cluster = new SessionCluster(1)
    cluster.broker(1).fenced = true
    cluster.broker(1).wantsShutdown = true
    cluster.commit()
    cluster.broker(1).appliedOffset = cluster.offset
    cluster.run(400)
    expect(cluster.tracker.state({ brokerId: 1, epoch: 1 })?.mayStop).toBe(true)
    expect(cluster.asked).toEqual([])
  })
})

describe('what the controller could not do', () => {
  it('is asked for again', () => {
    const cluster = new SessionCluster(3)
    cluster.commits = false
    cluster.kill(1)
    cluster.run(200)
    expect(cluster.effects.filter(({ type }) => type === 'fence').length).toBeGreaterThan(1)
    expect(cluster.broker(1).fenced).toBe(false)
    cluster.commits = true
    cluster.run(100)
    expect(cluster.broker(1).fenced).toBe(true)
  })
})
