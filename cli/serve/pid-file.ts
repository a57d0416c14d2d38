// The file that holds the id of a node's process, for whoever has to signal it. A file left by a
// killed process names one that is gone, or by chance a stranger: it never keeps a node from
// starting unless a node holds it.

import { readFileSync, rmSync, writeFileSync } from 'node:fs'

export function writePidFile(file: string): void {
  writeFileSync(file, `${process.pid}\n`)
}

/** Removes the file, unless another process has put its own id there since. */
export function removePidFile(file: string): void {
  if (readPid(file) === process.pid) rmSync(file, { force: true })
}

/** The process that the file names, if it is alive and runs this program. */
export function runningNode(file: string): number | undefined {
  const pid = readPid(file)
  if (pid === undefined || pid === process.pid || !isAlive(pid)) return undefined
  const command = commandLine(pid)
  return command === undefined || /samsa|cli\/main\.[jt]s/.test(command) ? pid : undefined
}

function readPid(file: string): number | undefined {
  try {
    const pid = Number(readFileSync(file, 'utf8').trim())
    return Number.isInteger(pid) && pid > 1 ? pid : undefined
  } catch {
    return undefined // There is none.
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** undefined where the system does not tell (anything but Linux). */
function commandLine(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
  } catch {
    return undefined
  }
}
