// The loop of the micro benches: runs a function until it is warm, then several timed rounds, and
// prints the best, which is the one that the other tenants of the machine disturbed least.

import { arch, cpus } from 'node:os'

const roundMs = 300
const rounds = 5

/** Prints the time of one call of `work`, and per item where a call handles several. */
export function measure(name: string, work: () => void, itemsPerCall = 1, bytesPerCall = 0): void {
  run(work, roundMs)
  let bestNs = Number.POSITIVE_INFINITY
  for (let round = 0; round < rounds; round++) bestNs = Math.min(bestNs, run(work, roundMs))
  const perItem = bestNs / itemsPerCall
  const rate = bytesPerCall === 0 ? '' : `${(bytesPerCall / bestNs).toFixed(2)} GB/s`
  console.log(`${name.padEnd(46)} ${perItem.toFixed(1).padStart(12)} ns ${rate.padStart(12)}`)
}

export function printMachine(): void {
  const processors = cpus()
  console.log(
    `Node ${process.version}, ${arch()}, ${processors.length} x ${processors[0]?.model}\n`,
  )
}

/** Mean nanoseconds of a call, over about `durationMs`. */
function run(work: () => void, durationMs: number): number {
  const startNs = process.hrtime.bigint()
  const endNs = startNs + BigInt(durationMs * 1e6)
  let calls = 0
  let nowNs = startNs
  while (nowNs < endNs) {
    for (let index = 0; index < 10; index++) work()
    calls += 10
    nowNs = process.hrtime.bigint()
  }
  return Number(nowNs - startNs) / calls
}
