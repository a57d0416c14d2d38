// Feeds a target with inputs, one seed after the other, until its runs or its time are over, and
// tells what broke: seed, smallest input, error. A crash of the process's own (an exception nobody
// caught) counts against the input under way.

import { Random } from '../../simulation/shared/random.ts'
import { judge } from './measure.ts'
import { minimize } from './minimize.ts'
import { BrokenPromiseError, defaultLimits, type Target } from './target.ts'
import { Watchdog } from './watchdog.ts'

export interface RunOptions {
  readonly seed: number
  /** Whichever ends first. */
  readonly runsMax: number
  readonly timeMaxMs: number
  readonly findingsMax?: number
  /** Called at once: what comes next may take long, or never end. */
  readonly onFinding?: (finding: Finding) => void
}

export interface Finding {
  readonly target: string
  /** Of this input alone. */
  readonly seed: number
  readonly input: Buffer
  readonly smallest: Buffer
  readonly error: Error
}

export interface Report {
  readonly runs: number
  readonly bytes: number
  readonly findings: readonly Finding[]
}

/** One is enough to fail; a few, so that one frequent fault does not hide another. */
const findingsMaxDefault = 3

export async function runTarget(target: Target, options: RunOptions): Promise<Report> {
  const limits = { ...defaultLimits, ...target.limits }
  const open = await target.open()
  // From here on: what it takes to open a target, a node perhaps, is no part of it.
  const endMs = performance.now() + options.timeMaxMs
  const crashes = catchCrashes()
  const watchdog = new Watchdog(target.name)
  const findings: Finding[] = []
  let runs = 0
  let bytes = 0
  const broken = async (input: Buffer): Promise<Error | null> => {
    try {
      await judge(open, input, limits)
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error))
    }
    return crashes.take()
  }
  try {
    const findingsMax = options.findingsMax ?? findingsMaxDefault
    while (runs < options.runsMax && performance.now() < endMs && findings.length < findingsMax) {
      const seed = options.seed + runs++
      watchdog.begins(seed)
      const input = open.make(new Random(seed))
      bytes += input.length
      const error = await broken(input)
      if (error === null) continue
      const smallest = await minimize(input, async (one) => {
        watchdog.begins(seed)
        return isAlike(await broken(one), error)
      })
      const finding = { target: target.name, seed, input, smallest, error }
      findings.push(finding)
      options.onFinding?.(finding)
    }
  } finally {
    crashes.stop()
    await watchdog.close()
    await open.close()
  }
  return { runs, bytes, findings }
}

/** Whether it is the same fault, and not another one that the input's remains have. */
function isAlike(error: Error | null, other: Error): boolean {
  return error !== null && faultOf(error) === faultOf(other)
}

function faultOf({ name, message }: Error): string {
  return `${name} ${message.replaceAll(/[0-9]+/g, '#')}`
}

function catchCrashes() {
  let crash: Error | null = null
  const remember = (error: unknown) => {
    crash ??= new BrokenPromiseError('an error that nobody caught', { cause: error })
  }
  process.on('uncaughtException', remember)
  process.on('unhandledRejection', remember)
  return {
    take() {
      const taken = crash
      crash = null
      return taken
    },
    stop() {
      process.off('uncaughtException', remember)
      process.off('unhandledRejection', remember)
    },
  }
}

const shownBytesMax = 2_048

/** What a reader needs to see it again, and to make a test of it. */
export function describeFinding({ target, seed, input, smallest, error }: Finding): string {
  const hex = smallest.subarray(0, shownBytesMax).toString('hex')
  const rest = smallest.length > shownBytesMax ? ` and ${smallest.length - shownBytesMax} more` : ''
  const cause = error.cause instanceof Error ? `\ncaused by ${error.cause.stack}` : ''
  return [
    `target ${target}, seed ${seed}: ${error.stack}${cause}`,
    `again: npm run fuzz -- --target ${target} --seed ${seed} --runs 1`,
    `smallest input (${smallest.length} bytes of ${input.length}): ${hex}${rest}`,
  ].join('\n')
}
