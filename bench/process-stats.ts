// What the kernel says of a process: CPU time and resident memory (Linux, /proc).

import { readFileSync } from 'node:fs'

/** USER_HZ: the unit of CPU times in /proc, the same on every Linux that Node runs on. */
const ticksPerSecond = 100

export interface CpuTime {
  userSeconds: number
  systemSeconds: number
}

export function cpuTime(pid: number): CpuTime {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // The name in brackets may hold spaces; utime and stime are the 12th and 13th fields after it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const [user = Number.NaN, system = Number.NaN] = [fields[11], fields[12]].map(Number)
  return { userSeconds: user / ticksPerSecond, systemSeconds: system / ticksPerSecond }
}

export function cpuSince(pid: number, before: CpuTime): CpuTime {
  const now = cpuTime(pid)
  return {
    userSeconds: now.userSeconds - before.userSeconds,
    systemSeconds: now.systemSeconds - before.systemSeconds,
  }
}

/** CPU time of several processes together. */
export function sumCpu(times: readonly CpuTime[]): CpuTime {
  return {
    userSeconds: times.reduce((sum, { userSeconds }) => sum + userSeconds, 0),
    systemSeconds: times.reduce((sum, { systemSeconds }) => sum + systemSeconds, 0),
  }
}

export interface Memory {
  residentMb: number
  peakMb: number
}

export function memory(pid: number): Memory {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const kilobytes = (field: string) =>
    Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1])
  return { residentMb: kilobytes('VmRSS') / 1024, peakMb: kilobytes('VmHWM') / 1024 }
}
